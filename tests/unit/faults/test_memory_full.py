"""Too little maxmemory is proven by the limit that a node shows and by what it uses, and is set back."""

from typing import Any

import pytest

from jsquared.errors import LabError
from jsquared.faults.memory_full import MemoryFull

LIMIT = 1_000_000
USED = 1_500_000


@pytest.fixture
def full(nodes: Any) -> Any:
    """Every node uses more than the limit to come, and has another one now, each its own."""
    for number, node in enumerate(nodes.nodes.values(), 1):
        node.config["maxmemory"] = str(number * 10**9)
        node.info["used_memory"] = USED
    return nodes


def test_the_limit_falls_below_what_is_used_and_is_set_back(full: Any) -> None:
    """Each target shows the new limit and uses more; after healing each has its own old one."""
    active = full.inject(MemoryFull(), "primary", "replicas", bytes=LIMIT)
    bit = active.bit()
    assert bit.ok
    assert "redis-n2 has maxmemory 1000000, which was 2000000000" in bit.sentence
    assert bit.sentence.endswith("; redis-n3 uses 1500000 bytes")
    assert active.details == {"before": {f"redis-n{number}": number * 10**9 for number in (1, 2, 3)}}
    assert not active.healed().ok
    active.heal()
    assert active.healed().ok
    assert [node.config["maxmemory"] for node in full.nodes.values()] == ["1000000000", "2000000000", "3000000000"]


@pytest.mark.parametrize("used", [LIMIT - 1, LIMIT], ids=["less", "just as much"])
def test_a_node_that_may_use_what_it_uses_is_not_full(full: Any, used: int) -> None:
    """Servers refuse writes above their limit, not at it."""
    full["redis-n1"].info["used_memory"] = used
    bit = full.inject(MemoryFull(), bytes=LIMIT).bit()
    assert not bit.ok
    assert bit.sentence.endswith(f"redis-n1 uses {used} bytes")


def test_one_byte_more_is_enough(full: Any) -> None:
    """From there on a node is full."""
    full["redis-n1"].info["used_memory"] = LIMIT + 1
    assert full.inject(MemoryFull(), bytes=LIMIT).bit().ok


def test_every_target_must_use_more(full: Any) -> None:
    """One node that has room left disproves it for all."""
    full["redis-n2"].info["used_memory"] = LIMIT
    assert not full.inject(MemoryFull(), "primary", "replica:1", bytes=LIMIT).bit().ok


def test_a_node_that_does_not_say_what_it_uses_proves_nothing(full: Any) -> None:
    """INFO without the field is no measurement."""
    del full["redis-n1"].info["used_memory"]
    assert not full.inject(MemoryFull(), bytes=LIMIT).bit().ok


def test_without_an_effect_it_did_not_bite(full: Any) -> None:
    """A server that says OK and keeps its limit is found out, however much it uses."""
    full["redis-n1"].deaf.add("CONFIG")
    assert not full.inject(MemoryFull(), bytes=LIMIT).bit().ok


def test_an_undo_without_effect_did_not_heal(full: Any) -> None:
    """The old limit must be back."""
    active = full.inject(MemoryFull(), bytes=LIMIT)
    full["redis-n1"].deaf.add("CONFIG")
    active.heal()
    assert not active.healed().ok


def test_a_node_that_refuses_is_an_error(full: Any) -> None:
    """Nothing was changed then, so nothing can have bitten."""
    full["redis-n1"].refused["CONFIG"] = "NOPERM"
    with pytest.raises(LabError, match="NOPERM"):
        full.inject(MemoryFull(), bytes=LIMIT)
    assert full["redis-n1"].config["maxmemory"] == "1000000000"
