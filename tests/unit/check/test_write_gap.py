"""The write gap: where it begins and ends, per client and for all."""

import pytest

from jsquared.check.write_gap import ALL_CLIENTS, WriteGap
from jsquared.records import history as h
from support.records import Story

N1 = "redis-n1"


def test_the_gap_lies_between_two_acknowledgements() -> None:
    """From the last acknowledgement before the outage to the first after it."""
    story = Story()
    story.load()
    story.writes("client-1", N1, 0, 1000)
    story.writes("client-1", "", 1000, 4000, outcome=h.FAIL, error="no primary known")
    story.writes("client-1", N1, 4000, 6000)
    (gap,) = WriteGap().check(story.record()).gaps
    assert (gap.from_ms, gap.until_ms, gap.gap_ms, gap.resumed) == (999.0, 4001.0, 3002.0, True)


def test_the_gap_may_lie_before_the_first_acknowledgement() -> None:
    """Load began, the first acknowledgement came late."""
    story = Story()
    story.load(500)
    story.writes("client-1", N1, 400, 2000, outcome=h.UNKNOWN, error="timeout", latency_ms=50)
    story.writes("client-1", N1, 2000, 3000)
    (gap,) = WriteGap().check(story.record()).gaps
    assert (gap.from_ms, gap.until_ms) == (500.0, 2001.0)


def test_a_gap_until_the_end_did_not_resume() -> None:
    """Clients went on trying to the end: the gap ends with the load, and writes did not resume."""
    story = Story()
    story.load()
    story.writes("client-1", N1, 0, 1000)
    story.writes("client-1", "", 1000, 9000, outcome=h.FAIL, error="no primary known")
    (gap,) = WriteGap().check(story.record()).gaps
    assert (gap.from_ms, gap.until_ms, gap.resumed) == (999.0, pytest.approx(8999.0), False)


def test_all_clients_together_have_the_gap_that_they_share() -> None:
    """While one client writes, the deployment serves: the overall gap is the common one."""
    story = Story(clients=3)
    story.load()
    story.writes("client-1", N1, 0, 3000)
    story.writes("client-2", N1, 0, 1000)
    story.writes("client-2", N1, 3500, 5000)
    findings = WriteGap().check(story.record())
    assert [round(gap.gap_ms) for gap in findings.gaps] == [2, 2502]
    assert findings.overall_gap is not None
    assert (findings.overall_gap.client, round(findings.overall_gap.gap_ms)) == (ALL_CLIENTS, 502)
    assert "0.50 s (from 3.00 s to 3.50 s)" in findings.facts[0]


def test_nobody_wrote() -> None:
    """Without an operation there is no gap to speak of."""
    findings = WriteGap().check(Story().record())
    assert (findings.gaps, findings.overall_gap, findings.facts) == ([], None, [])
