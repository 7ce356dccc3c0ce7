"""Records of deployments whose Sentinels monitor several primaries: each trial is about one of them."""

import pytest

from jsquared.check.judge import judge
from jsquared.check.timeline import Timeline
from jsquared.records.event_types import SentinelEvent
from jsquared.records.events import master_of
from jsquared.records.plan import PlannedObjective
from jsquared.records.verdict import TrialVerdict
from support.record_plan import other_group, story_nodes
from support.records import Story, objective

N1, N2, M1, M2 = "redis-n1", "redis-n2", "redis-m1", "redis-m2"
ALL = objective("all_failed_over", 5000)


def two(
    *asked: PlannedObjective, own_ms: float | None = 3500, other_ms: float | None = None, bit: bool = True
) -> Story:
    """Both primaries are killed at 2 s and healed at 6 s; each is replaced from ``…_ms`` on, or never."""
    nodes = (*story_nodes(3, apart=False), *other_group("sessions"))
    story = Story(objectives=asked, nodes=nodes, master_name="mymaster", expect_failover=own_ms is not None)
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.writes("client-1", N2 if own_ms else N1, 4500, 9000)
    story.fault("crash", "kill", [N1, M1], start_ms=2000, heal_ms=6000, bit=bit)
    if own_ms is not None:
        story.failover(N1, N2, sdown_ms=own_ms)
    if other_ms is not None:
        story.failover(M1, M2, sdown_ms=other_ms, leader=2)
    story.finish(N2 if own_ms else N1, settle_ms=6000, end_ms=9000, converged_ms=7500)
    return story


def judged(story: Story) -> TrialVerdict:
    """The verdict on a story."""
    return judge(story.record())


def test_another_primarys_failover_is_not_the_subjects() -> None:
    """Its switch, its reign and its phases stay out; that it happened is a fact of one sentence."""
    story = two(objective("no_failover", 0, "failovers"), own_ms=None, other_ms=3500)
    verdict = judged(story)
    assert (verdict.objectives[0].value, verdict.failover_ms) == (0, None)
    assert (
        verdict.facts.count("sessions, another monitored primary, failed over too, from redis-m1 to redis-m2 at 4.20 s")
        == 1
    )
    assert (verdict.label, verdict.monitored_primaries) == ("story on mymaster", 2)
    assert [reign.node for reign in Timeline.of(story.record()).reigns] == [N1]


def test_phases_are_measured_from_the_subjects_events() -> None:
    """Another primary that is noticed, elected for and replaced earlier moves no mark."""
    alone, beside = judged(two(ALL)), judged(two(ALL, other_ms=2500))
    assert alone.phases_ms == beside.phases_ms
    assert alone.failover_ms == beside.failover_ms


def test_all_must_be_replaced() -> None:
    """The slowest of them is the value, from the first fault until a majority of the Sentinels gives the new address."""
    [met] = judged(two(ALL, other_ms=4500)).objectives
    assert (met.outcome, met.value) == ("pass", 3200)
    assert met.reason == "every monitored primary was replaced: mymaster after 2.2 s and sessions after 3.2 s"
    [late] = judged(two(objective("all_failed_over", 3000), other_ms=4500)).objectives
    assert late.outcome == "violated"


def test_one_that_is_never_replaced_violates() -> None:
    """The value is the time that the Sentinels had before the heal; what is not proven to have bitten is inconclusive."""
    [missing] = judged(two(ALL)).objectives
    assert (missing.outcome, missing.value) == ("violated", 4000)
    assert missing.reason == "no new primary was announced for sessions within 4 s (for mymaster after 2.2 s)"
    [unproven] = judged(two(ALL, bit=False)).objectives
    assert (unproven.outcome, unproven.value) == ("inconclusive", None)
    [neither] = judged(two(ALL, own_ms=None)).objectives
    assert neither.reason == "no new primary was announced for mymaster and sessions within 4 s"


def test_nodes_of_others_may_change_role() -> None:
    """A node of another group that becomes primary after convergence is no second primary of the subject's."""
    story = two(objective("convergence", 5000), other_ms=7600)
    assert judged(story).objectives[0].outcome == "pass"


@pytest.mark.parametrize(
    ("event", "payload", "master"),
    [
        ("+switch-master", "orders 10.0.0.1 6379 10.0.0.2 6379", "orders"),
        ("+sdown", "master orders 10.0.0.1 6379", "orders"),
        ("+odown", "master orders 10.0.0.1 6379 #quorum 2/2", "orders"),
        ("+sdown", "slave 10.0.0.2:6379 10.0.0.2 6379 @ orders 10.0.0.1 6379", "orders"),
        ("+config-update-from", "sentinel abc 10.0.0.3 26379 @ orders 10.0.0.1 6379", "orders"),
        ("+tilt", "#tilt mode entered", ""),
        ("+new-epoch", "4", ""),
        ("+vote-for-leader", "abc 4", ""),
        ("+monitor", "", ""),
        ("+odd", "word @", ""),
    ],
)
def test_events_name_their_primary(event: str, payload: str, master: str) -> None:
    """Sentinel's payloads name the monitored primary in three ways; what is about a Sentinel itself names none."""
    assert master_of(SentinelEvent(event=event, payload=payload, source="sentinel-n1", t_ms=0.0)) == master
