"""Reads that gave less than was acknowledged are violated where nothing may be lost, and a fact elsewhere."""

import pytest

from jsquared.check.judge import judge
from jsquared.records.event_types import ClientSaid
from jsquared.records.plan import PlannedFault, PlannedObjective
from support.records import Story, objective

DETAIL = "t:app:versions:0:3: read version 0, 1 was acknowledged"


def story(*objectives: PlannedObjective, action: str = "stale-read", faults: list[PlannedFault] | None = None) -> Story:
    """A quiet trial in which client-1 read twice what it must not."""
    told = Story(objectives=[objective("write_gap", 10_000), *objectives], expect_failover=False, faults=faults or [])
    told.load()
    told.writes("client-1", "redis-n1", 0, 5000)
    for at_ms in (2000, 2100):
        told.event(ClientSaid(action=action, node="redis-n1", detail=DETAIL, source="client-1", t_ms=at_ms))
    told.finish("redis-n1", settle_ms=4000, end_ms=5000, converged_ms=4100)
    return told


def test_where_nothing_may_be_lost_it_is_violated() -> None:
    """The reason names client, node, how many, and the first."""
    verdict = judge(story(objective("lost_writes", 0, "writes")).record())
    assert verdict.outcome == "violated"
    assert verdict.reasons[0] == (
        f"client-1 read an older state from redis-n1 than the acknowledged one: 2 reads from 2.00 s on, the first of {DETAIL}"
    )


@pytest.mark.parametrize(
    "objectives", [[], [PlannedObjective(name="lost_writes", limit=0, unit="writes", reason="", clients=("client-2",))]]
)
def test_elsewhere_it_is_a_fact(objectives: list[PlannedObjective]) -> None:
    """Without a limit on losses, or with one that is about other clients."""
    verdict = judge(story(*objectives).record())
    assert not any("read an older state" in reason for reason in verdict.reasons)
    assert any("read an older state from redis-n1" in fact for fact in verdict.facts)


def test_what_is_gone_before_its_end_is_a_loss() -> None:
    """Violated where nothing may be lost."""
    verdict = judge(story(objective("lost_writes", 0, "writes"), action="gone-early").record())
    assert verdict.reasons[0].startswith(
        "client-1 found keys missing on redis-n1 that had been acknowledged and had not expired: 2 reads"
    )
    assert any("found keys missing" in fact for fact in judge(story(action="gone-early").record()).facts)


def test_what_is_shown_after_its_end_is_violated_everywhere() -> None:
    """No level of acknowledgement allows it."""
    verdict = judge(story(action="read-late").record())
    assert verdict.outcome == "violated"
    assert verdict.reasons[0].startswith("client-1 read expired keys from redis-n1: 2 reads")


def test_what_was_never_accepted_is_violated_everywhere() -> None:
    """No loss makes a value that nobody wrote."""
    verdict = judge(story(action="read-foreign").record())
    assert verdict.outcome == "violated"
    assert verdict.reasons[0].startswith("client-1 read values from redis-n1 that it had never accepted: 2 reads")


@pytest.mark.parametrize("action", ["gone-early", "read-late"])
def test_where_clocks_were_moved_keys_may_expire_at_any_time(action: str) -> None:
    """It is a fact then."""
    step = PlannedFault(
        id="step", name="clock-step", targets=("redis-n1",), start="1000 ms after load", heal="1000 ms after injection"
    )
    verdict = judge(story(objective("lost_writes", 0, "writes"), action=action, faults=[step]).record())
    assert not any("client-1" in reason for reason in verdict.reasons)
    assert any("a fault moved clocks" in fact for fact in verdict.facts)
