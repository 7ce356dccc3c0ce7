"""Output buffers that overflow: the victims' connections from before are gone, and the limits come back."""

from collections.abc import Callable
from typing import Any

import pytest

from jsquared.errors import BadInputError
from jsquared.faults.output_buffer_overflow import OutputBufferOverflow

LIMITS = "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"


@pytest.fixture
def full(nodes: Any) -> Any:
    """A primary with two replicas and a subscriber, which closes whom a large value overflows."""
    node = nodes["redis-n1"]
    node.config |= {"client-output-buffer-limit": LIMITS, "repl-backlog-size": "1048576"}
    node.join("replica", 2)

    def overflow(kind: str) -> Callable[[Any, tuple[Any, ...]], None]:
        def close(node: Any, words: tuple[Any, ...]) -> None:
            limited = node.config["client-output-buffer-limit"].startswith(kind) and len(words[2]) > 65_536
            if limited and node.clients[kind]:
                node.info["sync_full"] += kind == "replica"
                node.clients[kind].clear()

        return close

    node.hooks |= {"SET": overflow("replica"), "PUBLISH": overflow("pubsub")}
    node.hooks["SUBSCRIBE"] = lambda node, words: node.join("pubsub")
    return nodes


def test_replicas_are_closed_and_the_limits_come_back(full: Any, wait_until: Callable[..., None]) -> None:
    """One large value closes all of them, and they begin anew."""
    active = full.inject(OutputBufferOverflow(), every_ms=1)
    node = full["redis-n1"]
    wait_until(lambda: not node.clients["replica"])
    node.join("replica")
    bit = active.bit()
    assert bit.ok
    assert bit.sentence.startswith("redis-n1 closed 2 of 2 replica connections and began ")
    assert active.details["before"]["redis-n1"]["client-output-buffer-limit"] == LIMITS
    active.heal()
    assert active.healed().ok
    assert node.config == {"client-output-buffer-limit": LIMITS, "repl-backlog-size": "1048576"}
    assert not node.keys


def test_a_subscriber_that_does_not_read_is_closed(full: Any, wait_until: Callable[..., None]) -> None:
    """The other victim is the fault's own connection."""
    active = full.inject(OutputBufferOverflow(), victim="subscriber", every_ms=1)
    wait_until(lambda: not full["redis-n1"].clients["pubsub"])
    assert active.bit().ok
    active.heal()
    assert active.healed().ok
    assert full.connections[0].closed


@pytest.mark.parametrize("victim", ["replicas", "subscriber"])
def test_without_an_effect_it_did_not_bite(full: Any, victim: str) -> None:
    """Connections that are still there were not closed, and that a server refuses values is no crash of the lab."""
    node = full["redis-n1"]
    node.hooks = {"SUBSCRIBE": node.hooks["SUBSCRIBE"]}
    node.refused = {"SET": "OOM command not allowed", "PUBLISH": "NOPERM"}
    active = full.inject(OutputBufferOverflow(), victim=victim)
    assert not active.bit().ok
    active.heal()


def test_limits_that_stay_have_not_healed(full: Any) -> None:
    """The old limits must be shown again."""
    active = full.inject(OutputBufferOverflow())
    full["redis-n1"].deaf.add("CONFIG")
    active.heal()
    assert not active.healed().ok


@pytest.mark.parametrize(("targets", "size_mb"), [(("replicas",), 1), (("sentinel:1",), 1), (("primary",), 0)])
def test_one_data_node_overflows(full: Any, targets: tuple[str, ...], size_mb: int) -> None:
    """Several, Sentinels, and values of nothing are refused."""
    with pytest.raises(BadInputError, match="one data node overflows"):
        full.inject(OutputBufferOverflow(), *targets, size_mb=size_mb)
