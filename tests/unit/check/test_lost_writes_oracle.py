"""The counts of writes, against an oracle that looks at each write alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jsquared.check.lost_writes import LostWrites, lost_rows
from jsquared.records import history as h
from jsquared.records.verdict import Writes
from support.records import Story

pytestmark = pytest.mark.unmeasured

N1 = "redis-n1"
OUTCOMES = (h.EMPTY, h.OK, h.FAIL, h.UNKNOWN)
FOUND = (h.NOT_READ, h.ABSENT, h.PRESENT, h.DIFFERENT)
WRITE = st.tuples(st.sampled_from(OUTCOMES), st.sampled_from(FOUND))


def oracle(writes: list[tuple[int, int]]) -> Writes:
    """Every count, write by write."""
    counts = Writes(lost=0, unknown_survived=0, failed_but_present=0)
    lost, hole = 0, False
    for outcome, found in writes:
        if outcome == h.EMPTY:
            continue
        counts.attempted += 1
        if outcome == h.OK:
            counts.acknowledged += 1
            lost += found in (h.ABSENT, h.DIFFERENT)
            hole = hole or found == h.NOT_READ
        elif outcome == h.UNKNOWN:
            counts.unknown += 1
            counts.unknown_survived = (counts.unknown_survived or 0) + (found == h.PRESENT)
        else:
            counts.failed_but_present = (counts.failed_but_present or 0) + (found == h.PRESENT)
    counts.lost = None if hole and not lost else lost
    return counts


def doubts(writes: list[tuple[int, int]]) -> set[str]:
    """What keeps the counts from proving anything, by a word of the sentence."""
    found = set()
    for outcome, seen in writes:
        if outcome == h.OK and seen == h.NOT_READ:
            found.add("could not be read back")
        if outcome == h.FAIL and seen == h.PRESENT:
            found.add("had certainly failed")
        if seen == h.DIFFERENT:
            found.add("that no client wrote")
    return found


@settings(max_examples=500)
@given(st.lists(WRITE, min_size=1, max_size=8))
def test_every_count_is_that_of_looking_at_each_write_alone(writes: list[tuple[int, int]]) -> None:
    """On random histories lost, unknown and failed writes are counted as one by one, and each doubt is said once."""
    story = Story()
    story.load()
    for number, (outcome, found) in enumerate(writes):
        story.writes("client-1", N1, number, number + 1, outcome=outcome, found=found)
    story.finish(N1, settle_ms=100, end_ms=200)
    record = story.record()
    findings = LostWrites().check(record)
    assert findings.writes == oracle(writes)
    assert sum(group.count for group in findings.losses) == (findings.writes.lost or 0)
    texts = [note.text for note in findings.notes]
    assert {note.outcome for note in findings.notes} <= {"inconclusive"}
    assert len(texts) == len(doubts(writes))
    assert all(any(words in text for text in texts) for words in doubts(writes))
    expected = [n for n, (outcome, found) in enumerate(writes) if outcome == h.OK and found in (h.ABSENT, h.DIFFERENT)]
    assert lost_rows(record.operations, record.operations.found[N1]).tolist() == expected


@settings(max_examples=500)
@given(st.lists(WRITE, max_size=40))
def test_rows_that_are_lost_are_those_of_looking_at_each(writes: list[tuple[int, int]]) -> None:
    """The columns give the rows that a loop over the writes gives."""
    story = Story()
    for number, (outcome, found) in enumerate(writes):
        story.writes("client-1", N1, number, number + 1, outcome=outcome, found=found)
    operations = story.operations()
    found = np.array([seen for _, seen in writes], dtype=np.uint8)
    expected = [n for n, (outcome, seen) in enumerate(writes) if outcome == h.OK and seen in (h.ABSENT, h.DIFFERENT)]
    assert lost_rows(operations, found).tolist() == expected
