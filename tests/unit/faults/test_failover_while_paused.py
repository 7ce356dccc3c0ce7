"""A failover while writes are paused is proven by equal offsets before the order, and by another primary in a newer epoch."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from jsquared.errors import BadInputError
from jsquared.faults import failover_while_paused, manual_failover
from jsquared.faults.failover_while_paused import FailoverWhilePaused
from jsquared.resp.failures import ServerReplyError, Unreachable
from jsquared.running.deployment import RunningDeployment

NODES = [SimpleNamespace(name="sentinel-n1", role="sentinel"), SimpleNamespace(name="sentinel-n2", role="sentinel")]
DATA = [SimpleNamespace(name=f"redis-n{n}", role="data") for n in (1, 2, 3)]


class Deployment:
    """Three data nodes and a Sentinel that obeys. ``behind`` is how far the replicas are at each look."""

    master_name = "mymaster"

    def __init__(self, behind: list[int], refusal: str = "", obeys: bool = True) -> None:
        self.behind, self.refusal, self.obeys = list(behind), refusal, obeys
        self.number = 1
        self.asked: list[tuple[str | int, ...]] = []
        self.plan = SimpleNamespace(
            node=lambda name: next(node for node in [*NODES, *DATA] if node.name == name),
            nodes=[*NODES, *DATA],
            data_nodes=lambda: DATA,
            sentinels=lambda: NODES,
        )

    def last_primary(self) -> str:
        """The one before the order."""
        return "redis-n1"

    def ask(self, name: str, *words: str | int) -> Any:
        """The pause, the view, or the order."""
        self.asked.append((name, *words))
        if words[:2] == ("CLIENT", "PAUSE") and self.refusal:
            raise ServerReplyError(self.refusal)
        if words[:2] == ("CLIENT", "UNPAUSE") and self.refusal:
            raise Unreachable("no answer")
        if words[:2] == ("SENTINEL", "MASTER"):
            return ["ip", f"10.0.0.{self.number}", "port", "6379", "config-epoch", str(self.number)]
        if words[:2] == ("SENTINEL", "FAILOVER"):
            self.number += self.obeys
        return "OK"

    def role(self, name: str) -> Any:
        """Offsets, the replicas' coming nearer at each look."""
        if name == "redis-n1":
            return SimpleNamespace(primary=True, offset=1000, link_up=False)
        behind = self.behind.pop(0) if len(self.behind) > 1 else self.behind[0]
        return SimpleNamespace(primary=True, offset=1000 - behind, link_up=True)

    def node_at(self, address: str) -> str:
        """Which node that is."""
        return "redis-n" + address.partition(":")[0][-1]

    def primary(self) -> str:
        """Who is named."""
        return f"redis-n{self.number}"


def order(deployment: Deployment, target: str = "sentinel:1") -> Any:
    """Give the order."""
    return FailoverWhilePaused().inject(cast("RunningDeployment", deployment), (target,), {})


def words(deployment: Deployment) -> list[tuple[str | int, ...]]:
    """What was ordered, in order."""
    return [asked[1:3] for asked in deployment.asked if asked[1] == "CLIENT" or asked[2] == "FAILOVER"]


def test_order_comes_after_the_replicas_have_everything() -> None:
    """Pause, equal offsets, order; the pause is ended by healing."""
    deployment = Deployment([70, 30, 0])
    active = order(deployment)
    evidence = active.bit()
    assert evidence.ok
    assert "had all 1,000 bytes of the paused redis-n1" in evidence.sentence
    active.heal()
    assert words(deployment) == [("CLIENT", "PAUSE"), ("SENTINEL", "FAILOVER"), ("CLIENT", "UNPAUSE")]
    assert active.healed().ok


@pytest.mark.parametrize(
    ("deployment", "why"),
    [
        (Deployment([50]), "did not catch up"),
        (Deployment([0], refusal="NOPERM"), "refused the pause: NOPERM"),
        (Deployment([0], obeys=False), "still names"),
    ],
    ids=["behind", "refused", "ignored"],
)
def test_without_its_effect_it_did_not_bite(deployment: Deployment, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replicas that stay behind, a pause that is refused, an order without effect."""
    monkeypatch.setattr(failover_while_paused, "CATCH_UP_LIMIT_S", 0.02)
    monkeypatch.setattr(manual_failover, "CHANGE_LIMIT_S", 0.02)
    active = order(deployment)
    assert not active.bit().ok
    assert why in active.bit().sentence
    active.heal()


def test_one_sentinel_is_told_and_nothing_is_paused_otherwise() -> None:
    """A data node as target is refused before anything is done."""
    deployment = Deployment([0])
    with pytest.raises(BadInputError, match="one Sentinel"):
        order(deployment, "redis-n1")
    assert words(deployment) == []
