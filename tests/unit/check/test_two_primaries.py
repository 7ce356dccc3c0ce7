"""Two primaries at once: since when, how long, and why it did or did no harm."""

import pytest

from jsquared.check.judge import judge
from jsquared.check.timeline import Timeline
from jsquared.check.two_primaries import TwoPrimariesAtOnce, claims
from jsquared.records import history as h
from jsquared.records.event_types import ProcessChanged
from jsquared.records.verdict import TwoPrimaries
from support.records import Story, objective

N1, N2 = "redis-n1", "redis-n2"


def cut_off(*, demoted_ms: float = 15_000.0) -> Story:
    """The primary is cut off with client-1 at 2 s, n2 is promoted at 3.8 s, and the old one is demoted at 15 s."""
    story = Story(clients=2, objectives=[objective("lost_writes", 0, "writes")])
    story.load()
    story.role(1, N1, "primary")
    story.role(1, N2, "replica", link="up", of=N1)
    sides = (("n1", "c1"), ("n2", "n3", "c2"))
    story.fault("cut", "cut", ["n1", "c1"], start_ms=2000, heal_ms=12_000, sides=sides, links="all")
    story.failover(N1, N2, sdown_ms=3500)
    story.role(demoted_ms, N1, "replica", link="up", of=N2)
    for client in ("client-1", "client-2"):
        story.writes(client, N1, 0, 1990)
    story.writes("client-1", "", 1990, 16_000, outcome=h.FAIL, error="no primary known")
    story.writes("client-2", N2, 5000, 16_000)
    story.finish(N2, settle_ms=14_000, end_ms=16_000)
    return story


def only(story: Story) -> TwoPrimaries:
    """The one time that the checker found."""
    (found,) = TwoPrimariesAtOnce().check(story.record()).two_primaries
    return found


def test_a_deposed_primary_without_clients_is_harmless_and_said() -> None:
    """The trial passes, and says for how long two nodes were primary and why nothing came of it."""
    story = cut_off()
    found = only(story)
    assert (found.node, found.beside, found.from_ms, found.until_ms) == (N1, N2, 3800.0, 15_000.0)
    assert (found.acknowledged, found.lost) == (0, 0)
    assert found.explanation == (
        f"{N1} still called itself primary for 11.2 s (from 3.80 s to 15.00 s) beside {N2}: "
        "harmless here, since it acknowledged no write: no client wrote to it"
    )
    verdict = judge(story.record())
    assert verdict.outcome == "pass"
    assert found.explanation in verdict.facts
    assert verdict.two_primaries == [found]


def test_refusals_are_why_it_was_harmless() -> None:
    """A primary that was left alone refused, because of a line."""
    story = cut_off()
    story.writes("client-1", N1, 4000, 5000, outcome=h.FAIL, error="NOREPLICAS")
    assert only(story).explanation.endswith(
        f"it acknowledged no write: {N1} refused 500 writes with NOREPLICAS (min-replicas-to-write)"
    )


def test_silence_is_why_it_was_harmless() -> None:
    """Writes that it got and did not answer are not acknowledged either."""
    story = cut_off()
    story.writes("client-1", N1, 4000, 4010, outcome=h.UNKNOWN, error="timeout")
    assert only(story).explanation.endswith("5 writes sent to it got no reply that counts")


@pytest.mark.parametrize(
    ("found", "said", "lost"),
    [
        (h.PRESENT, "harmless here, since the 500 writes that it acknowledged in that time were all kept", 0),
        (h.ABSENT, "500 of the 500 writes that it acknowledged in that time were lost", 500),
        (h.NOT_READ, "it is unknown whether any of the 500 writes that it acknowledged in that time was lost", None),
    ],
)
def test_what_a_deposed_primary_acknowledged_decides(found, said, lost) -> None:
    """Kept, lost, or not known: the sentence and the numbers say which."""
    story = cut_off()
    story.writes("client-1", N1, 4000, 5000, found=found)
    one = only(story)
    assert one.explanation.endswith(said)
    assert (one.acknowledged, one.lost) == (500, lost)


def test_a_primary_that_returns_is_one_again() -> None:
    """After a restart it calls itself primary until it is told; the promoted one is the other."""
    story = Story()
    story.load()
    story.role(1, N1, "primary")
    story.fault("crash", "kill", [N1], start_ms=2000, heal_ms=8_000)
    story.restart(N1, 2000, 8000)
    story.failover(N1, N2, sdown_ms=3500)
    story.role(8100, N1, "primary")
    story.role(9100, N1, "replica", link="up", of=N2)
    story.finish(N2, settle_ms=8_000, end_ms=10_000)
    one = only(story)
    assert (one.node, one.beside, one.from_ms, one.until_ms) == (N1, N2, 8100.0, 9100.0)
    assert "called itself primary again for 1 s" in one.explanation


def test_the_moment_of_a_failover_is_not_two_primaries() -> None:
    """Less than half a second is how a failover looks by polling."""
    assert TwoPrimariesAtOnce().check(cut_off(demoted_ms=4200.0).record()).two_primaries == []


def test_a_stopped_primary_claims_nothing_until_it_continues() -> None:
    """SIGSTOP ends its claim and SIGCONT begins it again, although it never said otherwise; a restart needs its own word."""
    story = Story()
    story.role(1, N1, "primary")
    for at_ms, state in ((2000, "stopped"), (6000, "continued"), (7000, "exited"), (8000, "started")):
        story.event(ProcessChanged(state=state, pid=10, source=N1, t_ms=at_ms))
    story.role(9000, N1, "primary")
    story.phase(9500, "done")
    spans = [(claim.from_ms, claim.until_ms) for claim in claims(Timeline.of(story.record()))]
    assert spans == [(1, 2000), (6000, 7000), (9000, 9500)]
