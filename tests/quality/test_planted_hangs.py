"""Primaries that were kept busy, or refused everything, and then went on: what they acknowledged late is put down to that."""

import pytest

from jsquared.check.judge import judge
from jsquared.records import history as h
from support.records import Story, objective

N1, N2 = "redis-n1", "redis-n2"


def replaced(fault: str) -> Story:
    """A fault has the primary from 2 to 6 s; n2 is promoted at 3.8 s."""
    story = Story(objectives=[objective("lost_writes", 0, "writes"), objective("failover", 10_000)])
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.fault("held-up", fault, [N1], start_ms=2000, heal_ms=6000)
    story.failover(N1, N2, sdown_ms=3500)
    story.writes("client-1", N2, 4400, 9000)
    story.finish(N2, settle_ms=6000, end_ms=9000)
    return story


@pytest.mark.parametrize("fault", ["slow-command", "busy-script", "pause"])
def test_a_primary_that_wakes_and_acknowledges_is_found(fault: str) -> None:
    """Whatever kept it from noticing that it had been replaced, the loss is a paused primary's."""
    story = replaced(fault)
    story.writes("client-1", N1, 6050, 7000, every_ms=5, found=h.ABSENT)
    verdict = judge(story.record())
    assert verdict.outcome == "violated"
    assert [(loss.cause, loss.node, loss.fault) for loss in verdict.losses] == [("paused primary", N1, "held-up")]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("slow-command", "was kept busy"), ("busy-script", "was kept busy"), ("failing-bgsave", "refused writes"),
        ("slow-loading", "was restarted"), ("kill", "crashed"), ("pause", "hung"),
    ],
)  # fmt: skip
def test_the_end_of_a_reign_is_called_what_it_was(fault: str, words: str) -> None:
    """A tail that was never replicated is explained by what happened to the primary."""
    story = replaced(fault)
    story.missing(1990, 2000)
    [loss] = judge(story.record()).losses
    assert loss.cause == "asynchronous tail"
    assert f"before it {words} (held-up at 2.00 s)" in loss.explanation


@pytest.mark.parametrize("fault", ["slow-command", "failing-bgsave", "slow-loading"])
def test_a_clean_history_passes(fault: str) -> None:
    """Without a loss the failover is measured from the fault, and passes."""
    verdict = judge(replaced(fault).record())
    assert verdict.outcome == "pass", verdict.reasons
    assert verdict.failover_ms == pytest.approx(2400, abs=10)
