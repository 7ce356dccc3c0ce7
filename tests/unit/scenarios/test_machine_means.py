"""A machine fault is declined with one sentence where a deployment or an engine cannot have it."""

from pathlib import Path

import pytest

from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.overrides import apply_overrides
from jsquared.records.plan import Ack, Engine
from jsquared.scenario.situation import Situation
from jsquared.scenarios.catalogue.machine import primary_cpu_starved, primary_disk_slow, sentinels_forget
from jsquared.scenarios.machine_means import impatient, needs_spare_sentinel, spare_host, unshimmed, without_aof

REFERENCE = load_deployment("reference")


def engine(path: Path | str = "") -> Engine:
    """An engine at a path."""
    return Engine(name="redis", version="7.0.15", path=str(path))


def deployment(folder: Path, text: str) -> Deployment:
    """A deployment from YAML."""
    file = folder / "mine.yaml"
    file.write_text(text)
    return load_deployment(str(file))


def test_a_static_engine_has_no_clock_of_its_own(tmp_path: Path) -> None:
    """A program without an interpreter is declined; one that starts another, or that is not there yet, is not."""
    static, script = tmp_path / "redis-server", tmp_path / "script"
    static.write_bytes(b"\x7fELF\x02\x01" + bytes(58))
    script.write_text("#!/bin/sh\n")
    assert "redis-server is linked statically" in unshimmed(REFERENCE, engine(static))
    assert unshimmed(REFERENCE, engine(script)) == unshimmed(REFERENCE, engine("/none")) == ""


def test_a_full_disk_needs_an_aof() -> None:
    """Without one nothing is written that could fail."""
    assert without_aof(REFERENCE, engine()) == ""
    assert "appendonly" in without_aof(apply_overrides(REFERENCE, ["redis.appendonly=no"]), engine())


@pytest.mark.parametrize(
    ("appendfsync", "patience_ms", "suits"), [("always", 3599, False), ("always", 3600, True), ("everysec", 100, True)]
)
def test_stalls_must_be_short_for_the_sentinels(appendfsync: str, patience_ms: int, suits: bool) -> None:
    """A slow fsync holds up clients and PINGs only where each write waits for it."""
    changes = [f"redis.appendfsync={appendfsync}", f"sentinel.down-after-milliseconds={patience_ms}"]
    found = primary_disk_slow.SCENARIO.unsuited(apply_overrides(REFERENCE, changes), engine())
    assert ("may rightly count as an outage" in found) is not suits
    assert impatient(REFERENCE, 100) == primary_cpu_starved.SCENARIO.unsuited(REFERENCE, engine()) == ""


@pytest.mark.parametrize(
    ("sentinels", "quorum", "words"),
    [
        ("[n1, n2, n3]", 2, ""),
        ("[n1, n2]", 1, "Sentinels can be spared"),
        ("[n1, n2, n3]", 3, "Sentinels can be spared"),
        ("[n1]", 1, "every"),
    ],
)
def test_one_sentinel_must_be_spared(sentinels: str, quorum: int, words: str, tmp_path: Path) -> None:
    """The others must be a majority and the quorum, and one must live away from the primary."""
    text = f"data: [n1, n2, n3]\nsentinels: {sentinels}\nquorum: {quorum}\n"
    found = needs_spare_sentinel(deployment(tmp_path, text), engine())
    assert words in found
    assert bool(found) == bool(words)


def test_the_spare_host_is_not_the_primarys() -> None:
    """It is the first other host with a Sentinel."""
    situation = Situation(deployment=REFERENCE, ack=Ack(), away=frozenset(), cut_off=frozenset())
    assert spare_host(situation) == "host:n2"


def test_a_forgotten_failover_needs_a_small_deployment() -> None:
    """With many replicas two primaries acknowledge side by side, and no limit on losses is fair."""
    assert sentinels_forget.SCENARIO.unsuited(REFERENCE, engine()) == ""
    assert "of 4 replicas" in sentinels_forget.SCENARIO.unsuited(load_deployment("five-hosts"), engine())
