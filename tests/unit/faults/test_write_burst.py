"""Bursts of large values: proven by the replication offset, and taken away again."""

from collections.abc import Callable
from typing import Any

import pytest

from jsquared.errors import BadInputError
from jsquared.faults.write_burst import WriteBurst


def test_a_burst_is_in_the_stream_and_gone_after_healing(nodes: Any) -> None:
    """The offset has risen by what was written; healing removes the keys."""
    active = nodes.inject(WriteBurst(), size_mb=2, keys=4)
    bit = active.bit()
    assert bit.ok
    assert bit.sentence == (
        "redis-n1 took 2,097,152 of 2,097,152 bytes (bursts: 1), and its replication offset rose by 2,097,152"
    )
    assert len(nodes["redis-n1"].keys) == 4
    active.heal()
    assert active.healed().ok
    assert not nodes["redis-n1"].keys


def test_bursts_follow_each_other_until_the_proof(nodes: Any, wait_until: Callable[..., None]) -> None:
    """With an interval they go on, and all of them count."""
    active = nodes.inject(WriteBurst(), size_mb=1, keys=1, every_ms=1)
    wait_until(lambda: sum(words[0] == "SET" for words in nodes["redis-n1"].received) > 2)
    bit = active.bit()
    assert bit.ok
    assert "(bursts: 1)" not in bit.sentence


@pytest.mark.parametrize("effect", ["deaf", "refused", "dead"])
def test_without_an_effect_it_did_not_bite(nodes: Any, effect: str) -> None:
    """Writes that are refused, swallowed or never arrive prove nothing, and refusals are no crash of the lab."""
    node = nodes["redis-n1"]
    if effect == "deaf":
        node.deaf.add("SET")
    elif effect == "refused":
        node.refused["SET"] = "NOREPLICAS Not enough good replicas to write."
    else:
        node.code = -9
    assert not nodes.inject(WriteBurst()).bit().ok


def test_keys_that_stay_are_found(nodes: Any) -> None:
    """Where the primary refuses to remove them, or does not, the fault has not healed."""
    active = nodes.inject(WriteBurst())
    active.bit()
    nodes["redis-n1"].refused["UNLINK"] = "NOREPLICAS Not enough good replicas to write."
    active.heal()
    healed = active.healed()
    assert (healed.ok, healed.sentence) == (False, "8 of 8 keys are left on the primary")


def test_keys_are_removed_where_the_primary_is_now(nodes: Any) -> None:
    """After a failover another node has them."""
    active = nodes.inject(WriteBurst())
    active.bit()
    nodes["redis-n2"].keys = dict(nodes["redis-n1"].keys)
    nodes["redis-n1"].primary, nodes["redis-n2"].primary = False, True
    active.heal()
    assert active.healed().ok
    assert not nodes["redis-n2"].keys


@pytest.mark.parametrize("targets", [("replicas",), ("sentinel:1",)])
def test_one_data_node_is_written_to(nodes: Any, targets: tuple[str, ...]) -> None:
    """Several, or a Sentinel, are refused."""
    with pytest.raises(BadInputError, match="one data node"):
        nodes.inject(WriteBurst(), *targets)
