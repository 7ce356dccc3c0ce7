"""What a client says: ready first, changes only, and never at the price of the load."""

import json
import os
from collections.abc import Iterator

import pytest

from jsquared.workload.reporter import BACKLOG_LINES, Reporter


class Pipe:
    """A reporter and the other end of its pipe."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()
        os.set_blocking(self.reading, False)
        self.reporter = Reporter(self.writing)
        self.closed = False

    def lines(self) -> list[tuple[str, int | None, str]]:
        """What has been said since the last call."""
        data = b""
        try:
            while part := os.read(self.reading, 65536):
                data += part
        except BlockingIOError:
            pass
        records = [json.loads(line) for line in data.splitlines()]
        return [(record["action"], record["node"], record["detail"]) for record in records]

    def close_reading(self) -> None:
        """Nobody listens any more."""
        os.close(self.reading)
        self.closed = True


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """A reporter whose words the test reads."""
    pipe = Pipe()
    yield pipe
    os.close(pipe.writing)
    if not pipe.closed:
        os.close(pipe.reading)


def test_ready_comes_first(pipe: Pipe) -> None:
    """What happened before ready is held back and follows it in order."""
    pipe.reporter.say("asked", detail="1 silent")
    pipe.reporter.say("adopted", 2)
    assert pipe.lines() == []
    pipe.reporter.say("ready", 2)
    assert pipe.lines() == [("ready", 2, ""), ("asked", None, "1 silent"), ("adopted", 2, "")]


def test_an_end_without_ready_is_said(pipe: Pipe) -> None:
    """A client that ends before it was ready still says what happened."""
    pipe.reporter.say("asked", detail="1 silent")
    pipe.reporter.say("ended", detail="end of input")
    assert pipe.lines() == [("asked", None, "1 silent"), ("ended", None, "end of input")]


def test_only_changes_are_said(pipe: Pipe) -> None:
    """The same words again are not said, unless a turning point lies between."""
    pipe.reporter.say("ready", 0)
    for _ in range(3):
        pipe.reporter.say("shortfall", 0, "1 of 2 replicas")
    pipe.reporter.say("shortfall", 0, "0 of 2 replicas")
    pipe.reporter.say("disconnected", 0, "timeout")
    pipe.reporter.say("shortfall", 0, "0 of 2 replicas")
    assert [action for action, _, _ in pipe.lines()] == [
        "ready",
        "shortfall",
        "shortfall",
        "disconnected",
        "shortfall",
    ]


def test_nobody_reading_blocks_nothing(pipe: Pipe) -> None:
    """A full pipe keeps a bounded number of lines for later and drops the rest."""
    pipe.reporter.say("ready", 0)
    for number in range(BACKLOG_LINES + 3000):
        pipe.reporter.say("shortfall", 0, f"{number:0200}")
    assert len(pipe.reporter._lines) == BACKLOG_LINES
    read = len(pipe.lines())
    pipe.reporter.flush()
    assert read
    assert len(pipe.lines()) > 0


def test_a_reader_that_left_is_no_failure(pipe: Pipe) -> None:
    """A closed pipe ends the talking, not the client."""
    pipe.reporter.say("ready", 0)
    pipe.close_reading()
    pipe.reporter.say("disconnected", 0)
    assert pipe.reporter._lines == []
