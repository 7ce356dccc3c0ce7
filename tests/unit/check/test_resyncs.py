"""Which replicas copied everything after the first fault, as their logs tell."""

import pytest

from jsquared.check.resyncs import FullSync, full_syncs
from jsquared.check.timeline import Timeline
from jsquared.records.event_types import LoggedLine
from support.records import Story

N2, N3 = "redis-n2", "redis-n3"


def story(*lines: tuple[float, str, str], faulty: bool = True) -> Timeline:
    """A trial with these lines in the logs, and a cut from 2 to 6 s."""
    told = Story()
    if faulty:
        told.fault("outage", "cut", [N2], start_ms=2000, heal_ms=6000)
    for at_ms, node, text in lines:
        told.event(LoggedLine(level="notice", text=text, source=node, t_ms=at_ms))
    return Timeline.of(told.record())


@pytest.mark.parametrize("word", ["master", "primary"])
def test_copies_count_from_the_first_fault_on(word: str) -> None:
    """Those of the stand-up are known and not counted; the rest comes in order, in either engine's words."""
    full = f"Full resync from {word}: 8371b4:1075"
    others = ((2500, N2, "Successful partial resynchronization with master."), (2600, N3, "Full resync requested"))
    assert full_syncs(story((-500, N2, full), (6200, N3, full), (6100, N2, full), *others)) == [
        FullSync(N2, 6100),
        FullSync(N3, 6200),
    ]
    assert full_syncs(story((-500, N2, full), (6100, N2, full), faulty=False)) == []


def test_logs_that_tell_of_no_copy_tell_nothing() -> None:
    """Every replica says it once when a deployment stands up, so silence is not zero."""
    assert full_syncs(story((100, N2, "Ready to accept connections"))) is None
