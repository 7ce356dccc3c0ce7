"""Full synchronisations with large keys: counted by the primary, taken back and ended."""

from typing import Any

import pytest

from jsquared.errors import BadInputError
from jsquared.faults import big_key_resync
from jsquared.faults.big_key_resync import DELAY, WAIT, BigKeyResync

REPLICAOF = ("REPLICAOF", "NO", "ONE")


@pytest.fixture(autouse=True)
def _short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not come is not waited for as long as in a trial."""
    monkeypatch.setattr(big_key_resync, "BEGIN_LIMIT_S", 0.02)
    monkeypatch.setattr(big_key_resync, "END_LIMIT_S", 0.02)
    monkeypatch.setattr(big_key_resync, "LOOK_S", 0.001)


@pytest.fixture
def replicas(nodes: Any) -> Any:
    """Replicas that begin to copy when their history is broken off."""
    primary = nodes["redis-n1"]
    primary.config |= {DELAY: "0", WAIT: "5"}

    def copy(node: Any, words: tuple[Any, ...]) -> None:
        if words == REPLICAOF:
            primary.info["sync_full"] += 1

    for name in nodes.replicas():
        nodes[name].info |= {"master_host": "10.0.0.1", "master_port": 6379, "master_sync_in_progress": 1}
        nodes[name].hooks["REPLICAOF"] = copy
    return nodes


def test_each_replica_copies_everything_and_comes_back(replicas: Any) -> None:
    """One transaction breaks the history off and follows the same primary again; the keys go when it is over."""
    active = replicas.inject(BigKeyResync(), "replicas", size_mb=1, keys=2)
    assert active.targets == ["redis-n2", "redis-n3"]
    assert active.details == {}
    told = [words[0] for words in replicas["redis-n2"].received]
    assert told[-4:] == ["MULTI", "REPLICAOF", "REPLICAOF", "EXEC"]
    assert ("REPLICAOF", "10.0.0.1", "6379") in replicas["redis-n2"].received
    bit = active.bit()
    assert bit.ok
    assert "began 2 full synchronisations for 2 replicas" in bit.sentence
    active.heal()
    assert active.healed().ok
    assert not replicas["redis-n1"].keys


def test_a_very_large_key_grows_in_pieces(replicas: Any) -> None:
    """No command carries more than a megabyte, and what is refused does not count."""
    primary = replicas["redis-n1"]
    assert replicas.inject(BigKeyResync(), "replica:1", size_mb=3).bit().ok
    assert [len(value) for value in primary.keys.values()] == [3 << 20]
    assert [words[0] for words in primary.received if words[0] in ("SET", "APPEND")] == ["SET", "APPEND", "APPEND"]
    primary.refused["APPEND"] = "OOM command not allowed"
    bit = replicas.inject(BigKeyResync(), "replica:2", size_mb=3).bit()
    assert not bit.ok
    assert "redis-n1 took 1,048,576 of 3,145,728 bytes" in bit.sentence


def test_a_copy_can_be_drawn_out(replicas: Any) -> None:
    """The pause after each key adds up to the time asked for, a replica must be in the midst of it, and the pause is taken back."""
    replicas["redis-n1"].keys = {f"k{number}": b"" for number in range(998)}
    active = replicas.inject(BigKeyResync(), "replica:1", size_mb=1, keys=2, slow_ms=5000)
    assert replicas["redis-n1"].config == {DELAY: "5000", WAIT: "0"}
    assert active.details == {"before": {"redis-n1": {DELAY: "0", WAIT: "5"}}}
    assert "redis-n2 says master_sync_in_progress:1" in active.bit().sentence
    assert active.bit().ok
    replicas["redis-n2"].info["master_sync_in_progress"] = 0
    assert not active.bit().ok
    active.heal()
    assert replicas["redis-n1"].config == {DELAY: "0", WAIT: "5"}
    assert active.healed().ok


def test_a_copy_that_began_again_was_one(replicas: Any) -> None:
    """Where the primary closes the replica in the midst of the copy, it need not be seen there."""
    active = replicas.inject(BigKeyResync(), "replica:1", size_mb=1, slow_ms=5000)
    replicas["redis-n1"].info["sync_full"] += 1
    replicas["redis-n2"].info["master_sync_in_progress"] = 0
    assert active.bit().ok


@pytest.mark.parametrize("deaf", ["REPLICAOF", "SET"])
def test_without_an_effect_it_did_not_bite(replicas: Any, deaf: str) -> None:
    """No further synchronisation, or keys that were not taken, prove nothing."""
    if deaf == "SET":
        replicas["redis-n1"].refused["SET"] = "OOM command not allowed"
    else:
        replicas["redis-n2"].hooks.clear()
    assert not replicas.inject(BigKeyResync(), "replica:1", size_mb=1).bit().ok


def test_a_replica_without_a_link_has_not_healed(replicas: Any) -> None:
    """Its link must be up again."""
    active = replicas.inject(BigKeyResync(), "replica:1", size_mb=1)
    active.heal()
    replicas["redis-n2"].link_up = False
    healed = active.healed()
    assert not healed.ok
    assert "redis-n2 has had no link to its primary" in healed.sentence


def test_a_replica_that_was_promoted_has_healed(replicas: Any) -> None:
    """It has no link to anybody, and needs none."""
    active = replicas.inject(BigKeyResync(), "replica:1", size_mb=1)
    replicas["redis-n1"].code = -9
    replicas["redis-n1"].primary, replicas["redis-n2"].primary = False, True
    active.heal()
    healed = active.healed()
    assert healed.ok
    assert "redis-n2 is the primary" in healed.sentence


@pytest.mark.parametrize("target", ["primary", "sentinel:1"])
def test_only_replicas_copy(replicas: Any, target: str) -> None:
    """Nobody else has a primary."""
    with pytest.raises(BadInputError, match="only replicas copy"):
        replicas.inject(BigKeyResync(), target)
