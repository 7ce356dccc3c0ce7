"""Replicas that copy everything again: planted ones are counted and named, and what is none is not."""

import pytest

from jsquared.check.judge import judge
from jsquared.records.event_types import LoggedLine
from jsquared.records.verdict import ObjectiveResult
from support.records import Story, objective

N1, N2, N3 = "redis-n1", "redis-n2", "redis-n3"
FULL = {
    "redis": "Full resync from master: 8371b4fb1155b71f4a04d3e1bc3e18c4a990aeeb:107542",
    "valkey": "Full resync from primary: 8371b4fb1155b71f4a04d3e1bc3e18c4a990aeeb:107542",
}
OTHERS = (
    "Full resync requested by replica 10.77.0.2:6379",
    "Successful partial resynchronization with master.",
    "MASTER <-> REPLICA sync: Finished with success",
)
"""Lines around a synchronisation that are not a replica's own word for a full one."""


def outage(limit: int = 0, *, stood_up: bool = True, whole: bool = True) -> Story:
    """A replica's links are cut from 2 to 6 s while the primary serves; it had copied everything when it stood up."""
    story = Story(objectives=[objective("full_syncs", limit, "full synchronisations")], expect_failover=False)
    story.load()
    story.writes("client-1", N1, 0, 9000)
    story.fault("outage", "cut", [N2], start_ms=2000, heal_ms=6000, sides=[["n2"], ["n1", "n3"]], links="replication")
    for node in (N2, N3) if stood_up else ():
        story.event(LoggedLine(level="notice", text=FULL["redis"], source=node, t_ms=-500))
    if whole:
        story.finish(N1, settle_ms=6000, end_ms=9000, converged_ms=6500)
    return story


def result(story: Story) -> ObjectiveResult:
    """What became of the objective."""
    [only] = judge(story.record()).objectives
    return only


@pytest.mark.parametrize("engine", FULL)
def test_a_planted_copy_is_found_and_named(engine: str) -> None:
    """One line after the fault is one copy, by whom and when, in the words of either engine."""
    story = outage()
    story.event(LoggedLine(level="notice", text=FULL[engine], source=N2, t_ms=6100))
    found = result(story)
    assert (found.outcome, found.value) == ("violated", 1)
    assert "redis-n2 at 6.10 s" in found.reason


def test_every_copy_of_a_loop_is_counted() -> None:
    """A replica that begins again and again counts each time."""
    story = outage(1)
    for at_ms in (3000, 3500, 4000):
        story.event(LoggedLine(level="notice", text=FULL["redis"], source=N3, t_ms=at_ms))
    assert (result(story).outcome, result(story).value) == ("violated", 3)


def test_a_clean_history_passes() -> None:
    """Copies from before the fault, partial synchronisations and the primary's own lines do not count."""
    story = outage()
    for text in OTHERS:
        story.event(LoggedLine(level="notice", text=text, source=N2, t_ms=6100))
    found = result(story)
    assert (found.outcome, found.value, found.reason) == ("pass", 0, "0 full synchronisations began")


def test_silent_logs_prove_nothing() -> None:
    """Logs that do not even tell of the copies at the start are no sign of none later."""
    found = result(outage(stood_up=False))
    assert (found.outcome, found.value) == ("inconclusive", None)
    assert "not even those at the start" in found.reason


def test_a_trial_cut_short_is_no_pass() -> None:
    """None so far is not none."""
    found = result(outage(whole=False))
    assert (found.outcome, found.value) == ("inconclusive", 0)
    assert "cut short" in found.reason
