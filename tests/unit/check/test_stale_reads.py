"""Reads that gave less than was acknowledged are violated where nothing may be lost, and a fact elsewhere."""

import pytest

from jsquared.check.judge import judge
from jsquared.records.plan import PlannedObjective
from jsquared.testing.records import Story, objective

DETAIL = "t:app:versions:0:3: read version 0, 1 was acknowledged"


def story(*objectives: PlannedObjective) -> Story:
    """A quiet trial in which client-1 read too little twice."""
    told = Story(objectives=[objective("write_gap", 10_000), *objectives], expect_failover=False)
    told.load()
    told.writes("client-1", "redis-n1", 0, 5000)
    for at_ms in (2000, 2100):
        told.event(at_ms, "client-1", "client", action="stale-read", node="redis-n1", detail=DETAIL)
    told.finish("redis-n1", settle_ms=4000, end_ms=5000, converged_ms=4100)
    return told


def test_where_nothing_may_be_lost_it_is_violated() -> None:
    """The reason names client, node, how many, and the first."""
    verdict = judge(story(objective("lost_writes", 0, "writes")).record())
    assert verdict.outcome == "violated"
    assert verdict.reasons[0] == (
        f"client-1 read less from redis-n1 than had been acknowledged: 2 reads from 2.00 s on, the first of {DETAIL}"
    )


@pytest.mark.parametrize(
    "objectives", [[], [PlannedObjective(name="lost_writes", limit=0, unit="writes", reason="", clients=("client-2",))]]
)
def test_elsewhere_it_is_a_fact(objectives: list[PlannedObjective]) -> None:
    """Without a limit on losses, or with one that is about other clients."""
    verdict = judge(story(*objectives).record())
    assert not any("read less" in reason for reason in verdict.reasons)
    assert any("read less from redis-n1" in fact for fact in verdict.facts)
