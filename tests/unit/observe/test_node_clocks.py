"""Stamps of a clock that was set become true times, line by line."""

import pytest

from jsquared.observe.node_clocks import NodeClock, node_clocks
from jsquared.records.event import Event
from jsquared.records.event_types import NodeClockSet, RoleChanged

HOUR_MS = 3_600_000.0


def change(at_ms: float, ahead_ms: float, rate_ppm: int = 0) -> Event:
    """A clock that is set."""
    return NodeClockSet(ahead_ms=ahead_ms, rate_ppm=rate_ppm, source="redis-n1", t_ms=at_ms)


def test_a_clock_that_nobody_set_is_right() -> None:
    """Every stamp is the time."""
    assert [NodeClock().true_ms(stamp) for stamp in (-5.0, 0.0, 7.5)] == [-5.0, 0.0, 7.5]


@pytest.mark.parametrize("step_ms", [HOUR_MS, -HOUR_MS, 700.0, -700.0])
def test_a_step_and_its_undo_are_taken_back(step_ms: float) -> None:
    """Lines before, during and after a step have their true times, in order."""
    clock = NodeClock([change(1000, step_ms), change(3000, 0)])
    shown = [500.0, 900.0, 2000 + step_ms, 2500 + step_ms, 3800.0]
    assert [clock.true_ms(stamp) for stamp in shown] == [500.0, 900.0, 2000.0, 2500.0, 3800.0]


def test_a_skew_is_taken_back() -> None:
    """A clock that runs twice as fast shows two seconds for each."""
    clock = NodeClock([change(1000, 0, 1_000_000), change(3000, 0)])
    assert [clock.true_ms(stamp) for stamp in (900.0, 3000.0, 4900.0, 6000.0)] == [900.0, 2000.0, 2950.0, 6000.0]


def test_a_stamp_that_fits_nowhere_is_taken_by_the_present_span() -> None:
    """A clock set by something else is not explained away."""
    clock = NodeClock([change(1000, HOUR_MS), change(3000, 0)])
    assert clock.true_ms(1500 + HOUR_MS) == 1500
    assert clock.true_ms(2 * HOUR_MS) == 2 * HOUR_MS


def test_clocks_are_those_of_their_nodes() -> None:
    """Only nodes whose clock was set have one; other events do not count."""
    clocks = node_clocks([change(1000, HOUR_MS), RoleChanged(role="primary", source="redis-n2", t_ms=5.0)])
    assert list(clocks) == ["redis-n1"]
    assert clocks["redis-n1"].true_ms(2000 + HOUR_MS) == 2000
