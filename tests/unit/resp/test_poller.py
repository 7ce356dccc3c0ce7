"""Readiness: handlers are called for what is ready, never for what was closed meanwhile, and waits are fine-grained."""

import os
import time
from collections.abc import Iterator

import pytest

from jsquared.resp.poller import READABLE, WRITABLE, Poller


@pytest.fixture
def poller() -> Iterator[Poller]:
    """An empty poller."""
    poller = Poller()
    yield poller
    poller.close()


def test_what_is_ready_is_handled(poller: Poller) -> None:
    """A readable pipe calls its handler with the mask."""
    reading, writing = os.pipe()
    masks: list[int] = []
    poller.watch(reading, READABLE, masks.append)
    poller.run(0)
    assert masks == []
    os.write(writing, b"x")
    poller.run(50_000_000)
    poller.run(1_000_000)
    assert masks == [READABLE, READABLE]
    poller.forget(reading)
    os.close(reading)
    os.close(writing)


def test_other_events_can_be_asked_for(poller: Poller) -> None:
    """After a change only the new events count."""
    reading, writing = os.pipe()
    masks: list[int] = []
    poller.watch(writing, 0, masks.append)
    poller.run(0)
    poller.change(writing, WRITABLE)
    poller.run(0)
    assert masks == [WRITABLE]
    os.close(reading)
    os.close(writing)


def test_a_handler_may_forget_another(poller: Poller) -> None:
    """Events that were fetched for a descriptor which an earlier handler closed are dropped."""
    pipes = [os.pipe(), os.pipe()]
    handled: list[int] = []

    def handle(own: int, other: int) -> None:
        handled.append(own)
        if other in poller.handlers:
            poller.forget(other)

    for (reading, writing), (other, _) in zip(pipes, reversed(pipes), strict=True):
        os.write(writing, b"x")
        poller.watch(reading, READABLE, lambda _, own=reading, other=other: handle(own, other))
    poller.run(0)
    assert len(handled) == 1
    for reading, writing in pipes:
        os.close(reading)
        os.close(writing)


def test_short_waits_are_not_rounded_to_milliseconds(poller: Poller) -> None:
    """The shortest of several waits of a tenth of a millisecond is far below the millisecond that epoll alone would take."""
    waits = []
    for _ in range(50):
        begun = time.perf_counter_ns()
        poller.run(100_000)
        waits.append(time.perf_counter_ns() - begun)
    assert 100_000 <= min(waits) < 900_000
