"""Where the floating addresses of a trial were, as its verdict tells it."""

import msgspec

from jsquared.check.failovers import failovers, sentinel_events
from jsquared.check.floating_addresses import MOST_TOLD, FloatingAddresses
from jsquared.records.event_types import FloatingMoved
from jsquared.records.placement import PlacedFloating
from support.records import Story

VIP = PlacedFloating(
    address="10.77.9.1",
    written="10.5.0.100",
    hosts=("n1", "n2"),
    starts_on="n1",
    follows="primary",
    after_ms=2000,
)


def facts(*moves: tuple[float, list[str]], follows: str = "primary") -> list[str]:
    """What is told of these moves, each with the hosts that have it then."""
    story = Story(floating=(msgspec.structs.replace(VIP, follows=follows),))
    for at_ms, holders in moves:
        fields = {"address": "10.5.0.100", "here": "10.77.9.1", "holders": holders, "why": "n2 has been up for 2 s"}
        story.event(FloatingMoved(**fields, t_ms=at_ms))
    findings = FloatingAddresses().check(story.record())
    assert findings.notes == []
    return findings.facts


def test_its_course_is_told() -> None:
    """Every place with the time from which it was there, and nothing else where one host at a time had it."""
    assert facts((10, ["n1"]), (5000, []), (8000, ["n2"])) == [
        "the floating address 10.5.0.100 was at n1 from 0.01 s, nowhere from 5.00 s, at n2 from 8.00 s"
    ]
    assert facts((10, ["n1"]), follows="manual") == [
        "the floating address 10.5.0.100 was at n1 from 0.01 s (it is moved only by hand)"
    ]


def test_several_holders_are_told() -> None:
    """Where both sides of a cut have it, since when and why."""
    course, both = facts((10, ["n1"]), (5000, ["n1", "n2"]), (8000, ["n1"]))
    assert course.endswith("at n1 from 0.01 s, at n1 and n2 from 5.00 s, at n1 from 8.00 s")
    assert both == "n1 and n2 had 10.5.0.100 at the same time from 5.00 s: n2 has been up for 2 s"


def test_many_moves_are_counted() -> None:
    """An address that never rests does not fill the verdict."""
    moves = [(float(n), [f"n{n % 2 + 1}"]) for n in range(MOST_TOLD + 3)]
    (course,) = facts(*moves)
    assert course.count(" from ") == MOST_TOLD
    assert course.endswith(", and moved 3 times more")


def test_without_such_addresses_nothing_is_told() -> None:
    """A trial without them has no such facts, and neither has one that ended before any was placed."""
    assert FloatingAddresses().check(Story().record()).facts == []
    assert facts() == []


def test_the_first_change_of_primary_is_from_its_first_holder() -> None:
    """Who was replaced is known where Sentinels monitored the address from the start; who is promoted at it, nobody can tell."""
    story = Story(floating=(VIP,))
    port = story.placement().node("redis-n2").port
    there = f"{story.placement().node('redis-n2').address} {port}"
    story.sentinel(5000, "sentinel-n1", "+switch-master", f"mymaster 10.77.9.1 {port} {there}")
    story.sentinel(9000, "sentinel-n1", "+switch-master", f"mymaster {there} 10.77.9.1 {port}")
    changes = failovers(story.placement(), sentinel_events(story.record()))
    assert [(change.old, change.new) for change in changes] == [
        ("redis-n1", "redis-n2"),
        ("redis-n2", f"10.77.9.1:{port}"),
    ]
