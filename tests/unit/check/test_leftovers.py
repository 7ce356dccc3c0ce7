"""Keys that a node counts and does not show: few may have expired just now, many are kept for ever."""

from dataclasses import replace

import msgspec
import pytest

from jsquared.check.leftovers import Leftovers
from jsquared.records.event import Event
from jsquared.records.event_types import ContentsRead
from jsquared.records.plan import PlannedFault
from support.records import Story

N1, N3 = "redis-n1", "redis-n3"


def outcomes(
    more: int, *, given_until_ms: float = 2000, attached: bool = True, keys: bool = True, **plan: object
) -> list[str]:
    """What is noted where node 3 counts so many keys more than it shows, 10 s after the load began."""
    story = Story(expect_failover=False, **plan)  # type: ignore[arg-type]
    story.load()
    story.writes("client-1", N1, 0, 10_000)
    story.gives("client-1", N1, 0, given_until_ms)
    story.finish(N1, settle_ms=9_000, end_ms=10_000)
    record = story.record()

    def counting(event: Event) -> Event:
        if not isinstance(event, ContentsRead):
            return event
        shown = event.keys or 0
        counted = shown + (more if event.source == N3 else 0)
        return msgspec.structs.replace(event, keys=shown if keys else None, counted=counted, attached=attached)

    return [
        note.outcome for note in Leftovers().check(replace(record, events=list(map(counting, record.events)))).notes
    ]


def test_what_expired_long_ago_and_is_still_counted_is_found() -> None:
    """A replica that nobody tells to remove anything."""
    assert outcomes(20) == ["violated"]


def test_a_few_and_what_has_just_expired_may_be_counted() -> None:
    """A primary looks ten times a second, and not at every key."""
    assert outcomes(0) == outcomes(3) == []
    assert outcomes(8, given_until_ms=10_000) == []
    assert outcomes(60, given_until_ms=10_000) == ["violated"]


@pytest.mark.parametrize("unknown", [{"attached": False}, {"keys": False}])
def test_a_node_that_is_not_one_with_the_primary_is_not_judged(unknown: dict[str, bool]) -> None:
    """Nobody tells it anything, or nobody knows what it shows."""
    assert outcomes(20, **unknown) == []  # type: ignore[arg-type]


def test_where_clocks_were_moved_nothing_is_said() -> None:
    """Keys may expire at any time then."""
    step = PlannedFault(
        id="step", name="clock-step", targets=(N1,), start="1000 ms after load", heal="1000 ms after injection"
    )
    assert outcomes(20, faults=[step]) == []
