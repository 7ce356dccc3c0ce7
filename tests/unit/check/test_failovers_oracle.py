"""Failovers as the Sentinels tell them, against a course of events that is made up first and then told late, twice or not to the end."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jsquared.check.failovers import failovers, sentinel_events
from support.records import Story

pytestmark = pytest.mark.unmeasured

NODES = ("redis-n1", "redis-n2", "redis-n3")
MASTER = "mymaster"
EVERY_MS = 1000.0


@dataclass(frozen=True)
class Teller:
    """A Sentinel: how many of the failovers it tells, how late each, and whether the lab has it from its log, as published, or both."""

    tells: int
    late_ms: tuple[float, ...]
    via: str


@st.composite
def courses(draw: st.DrawFn) -> list[str]:
    """Primaries one after the other, each another one than that before."""
    course = [NODES[0]]
    for _ in range(draw(st.integers(0, 4))):
        course.append(draw(st.sampled_from([node for node in NODES if node != course[-1]])))
    return course[1:]


DELAYS = st.tuples(*[st.sampled_from([0.0, 10.0, 400.0, 1500.0, 5000.0])] * 4)
TELLERS = st.builds(Teller, st.integers(0, 4), DELAYS, st.sampled_from(["log", "pubsub", "both"]))


def told(course: list[str], tellers: list[Teller]) -> list[dict[str, float]]:
    """When each Sentinel tells each failover: the first Sentinel all of them at once, others never one before an earlier one."""
    moments: list[dict[str, float]] = [{} for _ in course]
    for number, teller in enumerate(tellers, 1):
        at_ms = 0.0
        for place in range(len(course) if number == 1 else min(teller.tells, len(course))):
            at_ms = max(at_ms + 1, EVERY_MS * (place + 1) + (0 if number == 1 else 1 + teller.late_ms[place]))
            moments[place][f"sentinel-n{number}"] = at_ms
    return moments


@settings(max_examples=500)
@given(courses(), st.tuples(TELLERS, TELLERS, TELLERS))
def test_failovers_that_are_told_late_and_twice_are_those_that_happened(
    course: list[str], tellers: tuple[Teller, ...]
) -> None:
    """Whatever the Sentinels' delays, there are as many failovers as happened, to the same nodes, each with all who told it."""
    story = Story()
    at = {name: f"{story.placement().node(name).address} {story.placement().node(name).port}" for name in NODES}
    moments = told(course, list(tellers))
    for place, (old, new) in enumerate(zip([NODES[0], *course], course, strict=False)):
        for number, teller in enumerate(tellers, 1):
            name = f"sentinel-n{number}"
            if name in moments[place]:
                payload = f"{MASTER} {at[old]} {at[new]}"
                if teller.via != "pubsub":
                    story.sentinel(moments[place][name], name, "+switch-master", payload, "log")
                if teller.via != "log":
                    late_ms = 0 if teller.via == "pubsub" else 700
                    story.sentinel(moments[place][name] + late_ms, name, "+switch-master", payload, "pubsub")
    record = story.record()
    found = failovers(record.placement, sentinel_events(record))
    assert [(change.old, change.new) for change in found] == list(zip([NODES[0], *course], course, strict=False))
    assert [change.switched_ms for change in found] == moments
