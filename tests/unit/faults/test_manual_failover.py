"""A failover by hand is proven by another primary in a newer epoch."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from jsquared.errors import BadInputError
from jsquared.faults import manual_failover
from jsquared.faults.manual_failover import ActiveManualFailover, ManualFailover
from jsquared.resp.failures import ServerReplyError
from jsquared.running.deployment import RunningDeployment

NODES = [SimpleNamespace(name=f"sentinel-n{n}", role="sentinel") for n in (1, 2)]
NODES.append(SimpleNamespace(name="redis-n1", role="data"))


class Sentinel:
    """A Sentinel that obeys, ignores or refuses."""

    master_name = "mymaster"

    def __init__(self, manner: str = "obeys") -> None:
        self.manner = manner
        self.number = 1
        self.asked: list[tuple[str | int, ...]] = []
        self.plan = SimpleNamespace(
            nodes=NODES,
            node=lambda name: next(node for node in NODES if node.name == name),
            sentinels=lambda: NODES[:2],
        )

    def ask(self, name: str, *words: str | int) -> Any:
        """The view, or the order."""
        self.asked.append(words)
        if words[1] == "MASTER":
            return ["ip", f"10.0.0.{self.number}", "port", "6379", "config-epoch", str(self.number)]
        if self.manner == "refuses":
            raise ServerReplyError("NOGOODSLAVE")
        self.number += self.manner == "obeys"
        return "OK"

    def node_at(self, address: str) -> str:
        """Which node that is."""
        return "redis-n" + address.partition(":")[0][-1]

    def primary(self) -> str:
        """Who is named."""
        return "" if self.manner == "split" else f"redis-n{self.number}"

    def role(self, name: str) -> Any:
        """It says so itself."""
        return SimpleNamespace(primary=True)


def order(sentinel: Sentinel, *, coordinated: bool = False, targets: tuple[str, ...] = ("sentinel:1",)) -> Any:
    """Give the order."""
    active = ManualFailover().inject(cast("RunningDeployment", sentinel), targets, {"coordinated": coordinated})
    assert isinstance(active, ActiveManualFailover)
    return active


def test_another_primary_in_a_newer_epoch() -> None:
    """The order was followed."""
    active = order(Sentinel())
    assert active.bit().ok
    active.heal()
    assert active.healed().ok


def test_without_an_effect_it_did_not_bite(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Sentinel that says OK and keeps its primary did nothing."""
    monkeypatch.setattr(manual_failover, "CHANGE_LIMIT_S", 0.02)
    assert not order(Sentinel("ignores")).bit().ok


def test_a_refusal_is_told() -> None:
    """The server's own words say why."""
    active = order(Sentinel("refuses"), coordinated=True)
    assert active.details == {"refusal": "NOGOODSLAVE"}
    assert "NOGOODSLAVE" in active.bit().sentence
    assert not active.bit().ok


@pytest.mark.parametrize("coordinated", [False, True])
def test_the_word_is_sent_when_asked_for(coordinated: bool) -> None:
    """COORDINATED is one more word of the command."""
    sentinel = Sentinel()
    order(sentinel, coordinated=coordinated)
    [words] = [words for words in sentinel.asked if words[1] == "FAILOVER"]
    assert words[2:] == (("mymaster", "COORDINATED") if coordinated else ("mymaster",))


@pytest.mark.parametrize("targets", [("redis-n1",), ("sentinels",)])
def test_one_sentinel_is_told(targets: tuple[str, ...]) -> None:
    """Neither a data node nor several Sentinels."""
    with pytest.raises(BadInputError, match="one Sentinel"):
        order(Sentinel(), targets=targets)


def test_without_a_majority_it_did_not_heal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is agreed on in time."""
    monkeypatch.setattr(manual_failover, "CHANGE_LIMIT_S", 0.02)
    assert not order(Sentinel("split")).healed().ok
