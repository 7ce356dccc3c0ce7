"""Lost writes: the counts, and what is never called zero."""

import numpy as np
import pytest

from jsquared.check.lost_writes import LostWrites, tally
from jsquared.records import history as h
from jsquared.records.event_types import AgreementChanged
from support.records import Story

N1, N2 = "redis-n1", "redis-n2"


def story(**finish: object) -> Story:
    """A thousand acknowledged writes on n1, read back everywhere."""
    told = Story()
    told.load()
    told.writes("client-1", N1, 0, 2000)
    told.finish(N1, settle_ms=2000, end_ms=2000, **finish)  # type: ignore[arg-type]
    return told


def test_tally_counts_every_combination() -> None:
    """The one-pass count agrees with a count by hand, across batches."""
    rng = np.random.default_rng(1)
    outcome = rng.integers(0, 5, 600_000).astype(np.uint8)
    found = rng.integers(0, 4, 600_000).astype(np.uint8)
    counts = tally(outcome, found)
    for o in range(5):
        for f in range(4):
            assert counts.of(o, f) == np.count_nonzero((outcome == o) & (found == f))
        assert counts.of(o) == np.count_nonzero(outcome == o)


def test_nothing_lost() -> None:
    """All present: zero, and no doubt."""
    findings = LostWrites().check(story().record())
    assert findings.writes is not None
    assert (findings.writes.attempted, findings.writes.acknowledged, findings.writes.lost) == (1000, 1000, 0)
    assert findings.notes == []


def test_unknown_that_survived_is_counted() -> None:
    """An unknown outcome is neither lost nor acknowledged, whether or not it survived."""
    told = story()
    told.writes("client-1", N1, 2000, 2020, outcome=h.UNKNOWN, error="timeout", found=h.PRESENT)
    told.writes("client-1", N1, 2020, 2030, outcome=h.UNKNOWN, error="timeout")
    writes = LostWrites().check(told.record()).writes
    assert writes is not None
    assert (writes.unknown, writes.unknown_survived, writes.lost) == (15, 10, 0)


@pytest.mark.parametrize(
    ("count_ms", "words"), [(2, "1 write that had certainly failed is present"), (4, "2 writes that")]
)
def test_failed_but_present_puts_the_instrument_in_doubt(count_ms: int, words: str) -> None:
    """A refused write that is there breaks no promise, but it shows that a reply was misread: inconclusive."""
    told = story()
    told.writes("client-1", N1, 2000, 2000 + count_ms, outcome=h.FAIL, error="READONLY", found=h.PRESENT)
    findings = LostWrites().check(told.record())
    assert findings.writes is not None
    assert findings.writes.failed_but_present == count_ms // 2
    (note,) = findings.notes
    assert note.outcome == "inconclusive"
    assert note.text.startswith(words)


def test_a_foreign_value_is_a_loss_and_a_doubt() -> None:
    """An acknowledged key with another value is lost, and that anyone else wrote it is said."""
    told = story()
    told.missing(100, 102, found=h.DIFFERENT)
    findings = LostWrites().check(told.record())
    assert findings.writes is not None
    assert findings.writes.lost == 1
    assert [note.text for note in findings.notes] == ["1 key holds a value that no client wrote"]
    told.missing(200, 202, found=h.DIFFERENT)
    assert "2 keys hold" in LostWrites().check(told.record()).notes[0].text


def test_holes_in_the_read_back_are_not_zero_lost() -> None:
    """Where some acknowledged write was not read and none is proven lost, lost is not known."""
    told = story()
    told.missing(100, 110, found=h.NOT_READ)
    findings = LostWrites().check(told.record())
    assert findings.writes is not None
    assert findings.writes.lost is None
    assert findings.notes[0].text == f"5 acknowledged writes could not be read back from {N1}"


def test_a_proven_loss_counts_despite_holes() -> None:
    """A loss that was read is a loss, even where others could not be read."""
    told = story()
    told.missing(100, 110, found=h.NOT_READ)
    told.missing(200, 204)
    findings = LostWrites().check(told.record())
    assert findings.writes is not None
    assert findings.writes.lost == 2


def test_without_a_read_back_nothing_is_known() -> None:
    """A killed run's lost, survived and failed-but-present stay open, with the node named."""
    findings = LostWrites().check(story(read=[N2]).record())
    assert findings.writes is not None
    assert (findings.writes.lost, findings.writes.unknown_survived, findings.writes.failed_but_present) == (None,) * 3
    assert findings.notes[0].text == "no final primary is known, so it is unknown what was lost"
    told = story(read=[N2])
    told.event(AgreementChanged(primary=N1, votes={}, t_ms=1990))
    assert LostWrites().check(told.record()).notes[0].text.startswith(f"the final primary {N1} was never read back")


def test_the_last_agreement_stands_in_for_the_final_primary() -> None:
    """Where the read-back names no primary, the last agreed one counts; an agreement on nobody does not."""
    told = story(read=[N1])
    told._final = None
    told.event(AgreementChanged(primary=N1, votes={}, t_ms=10))
    told.event(AgreementChanged(primary="", votes={}, t_ms=20))
    findings = LostWrites().check(told.record())
    assert findings.writes is not None
    assert findings.writes.lost == 0
