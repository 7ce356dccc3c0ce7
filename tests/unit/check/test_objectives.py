"""Every objective: met, missed, not measurable, and what a stall of the machine excuses."""

import pytest

from jsquared.check.judge import judge
from jsquared.check.objectives import MEASURES
from jsquared.records import history as h
from jsquared.records.event_types import Disturbed, LoggedLine, Starved
from jsquared.records.plan import PlannedObjective
from jsquared.records.verdict import ObjectiveResult
from support.records import Story, objective

N1, N2 = "redis-n1", "redis-n2"


def result(story: Story) -> ObjectiveResult:
    """The result of a story's only objective."""
    (only,) = judge(story.record()).objectives
    return only


def crash(asked: PlannedObjective, **plan: object) -> Story:
    """A kill at 2 s, healed at 6 s; a failover to n2, where writes come back at 4.5 s."""
    story = Story(objectives=[asked], **plan)  # type: ignore[arg-type]
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.writes("client-1", "", 2000, 4500, outcome=h.FAIL, error="connection refused")
    story.writes("client-1", N2, 4500, 9000)
    story.fault("crash", "kill", [N1], start_ms=2000, heal_ms=6000)
    story.failover(N1, N2, sdown_ms=3500)
    story.event(LoggedLine(level="notice", text="Full resync from master: 5f3a:1234", source=N1, t_ms=6500))
    story.finish(N2, settle_ms=6000, end_ms=9000, converged_ms=7500)
    return story


MET = {
    "lost_writes": (0, "writes", 0, "lost 0 of 3,250 acknowledged writes"),
    "failover": (2501, "ms", 2501, "the failover from redis-n1 to redis-n2 took 2.50 s"),
    "write_gap": (2502, "ms", 2502, "client-1 had no write acknowledged for 2.50 s (from 2.00 s to 4.50 s)"),
    "writes_resume_after_heal": (10, "ms", 1, "writes of client-1 resumed 0.001 s after healing began"),
    "convergence": (1500, "ms", 1500, "the deployment had converged 1.5 s after healing began"),
    "no_failover": (1, "failovers", 1, "1 failover happened (to redis-n2 at 4.20 s)"),
    "full_syncs": (1, "copies", 1, "1 full synchronisation began after the first fault (redis-n1 at 6.50 s)"),
    "all_failed_over": (2200, "ms", 2200, "every monitored primary was replaced: mymaster after 2.2 s"),
}


@pytest.mark.parametrize("name", MET)
def test_an_objective_at_its_limit_is_met(name: str) -> None:
    """The value is what was measured, and the limit itself is still within."""
    limit, unit, value, text = MET[name]
    found = result(crash(objective(name, limit, unit)))
    assert (found.outcome, found.value, found.reason) == ("pass", value, text)
    assert (found.name, found.limit, found.unit) == (name, limit, unit)


@pytest.mark.parametrize("name", [name for name in MET if name != "lost_writes"])
def test_an_objective_beyond_its_limit_is_violated(name: str) -> None:
    """Just below the measured value, the same trial violates, with the limit in the reason."""
    _, unit, value, text = MET[name]
    found = result(crash(objective(name, value - 1, unit)))
    assert found.outcome == "violated"
    assert found.reason.startswith(f"{text}, over the limit of ")


def test_every_objective_is_tried_here() -> None:
    """No objective without a test."""
    elsewhere = {"lost_operations", "missed_alerts", "false_alerts", "failed_steps"}
    assert set(MET) | elsewhere == set(MEASURES), (
        "test_lost_operations.py, test_missed_alerts.py and test_change_steps.py have these"
    )


def test_an_unknown_objective_is_inconclusive() -> None:
    """A name that nobody measures is never met."""
    found = result(crash(objective("lost writes", 0)))
    assert (found.outcome, found.value) == ("inconclusive", None)
    assert "'lost writes' is unknown (known: lost_writes, lost_operations, failover" in found.reason


def test_an_objective_that_crashes_is_inconclusive() -> None:
    """A client that is not in the plan makes one objective unmeasurable, not the whole verdict."""
    found = result(crash(objective("write_gap", 10_000, clients=["client-9"])))
    assert (found.outcome, found.reason) == ("inconclusive", "client-9 has no write gap, since it wrote nothing")
    verdict = judge(crash(objective("failover", 10_000, clients=["client-9"])).record())
    assert verdict.outcome == "inconclusive"


def test_an_objective_s_own_crash_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug in one measurement does not take the others along."""

    def broken(_: object) -> None:
        raise RuntimeError("x")

    monkeypatch.setitem(MEASURES, "write_gap", broken)  # type: ignore[arg-type]
    found = result(crash(objective("write_gap", 10_000)))
    assert found.outcome == "inconclusive"
    assert found.reason.startswith("the checker 'write_gap' crashed (RuntimeError: x")


def test_a_tolerated_loss_over_its_limit_names_the_limit() -> None:
    """A limit above zero is part of the reason."""
    story = crash(objective("lost_writes", 2, "writes"))
    story.missing(1994, 2000)
    found = result(story)
    assert found.outcome == "violated"
    assert found.reason.endswith("asynchronous tail on redis-n1 between 2.00 s and 2.00 s, over the limit of 2 writes")


def stalled(asked: PlannedObjective, stall_ms: float) -> ObjectiveResult:
    """The crash with a stall of the machine at 3 s."""
    story = crash(asked)
    story.event(Disturbed(stall_ms=stall_ms, t_ms=3000))
    return result(story)


def test_a_miss_by_less_than_the_machine_stalled_is_inconclusive() -> None:
    """It might have been the machine; beyond the stall it was not; a short stall excuses no more than its own time, and no failover."""
    excused = stalled(objective("write_gap", 2000), 600)
    assert excused.outcome == "inconclusive"
    assert excused.reason.endswith("over the limit of 2 s, but the machine itself stalled for 0.6 s")
    assert stalled(objective("write_gap", 1800), 600).outcome == "violated"
    assert stalled(objective("write_gap", 2400), 200).outcome == "inconclusive"
    assert stalled(objective("write_gap", 2000), 400).outcome == "violated"
    assert stalled(objective("no_failover", 0, "failovers"), 400).outcome == "violated"
    assert stalled(objective("no_failover", 0, "failovers"), 600).outcome == "inconclusive"


def test_a_trial_that_short_stalls_excuse_counts_as_disturbed() -> None:
    """So it is run again; one that they do not excuse is not, nor is one that passes in spite of them."""
    for limit, outcome, disturbed_ms in ((2400, "inconclusive", 200), (2000, "violated", 0), (4000, "pass", 0)):
        story = crash(objective("write_gap", limit))
        story.event(Disturbed(stall_ms=200, t_ms=3000))
        verdict = judge(story.record())
        assert (verdict.outcome, verdict.disturbed_ms) == (outcome, disturbed_ms), verdict.reasons


@pytest.mark.parametrize(
    ("asked", "starved_s", "outcome"),
    [
        (objective("write_gap", 1000), 1.0, "inconclusive"),
        (objective("write_gap", 1000), 0.5, "violated"),
        (objective("no_failover", 0, "failovers"), 1.5, "inconclusive"),
        (objective("write_gap", 4000), 1.5, "pass"),
    ],
)
def test_a_machine_that_kept_servers_waiting_excuses_all_but_a_loss(
    asked: PlannedObjective, starved_s: float, outcome: str
) -> None:
    """How much a busy machine delayed is nobody's to know, so nothing is held against the deployment; what passed nevertheless, passed."""
    story = crash(asked)
    for number in range(round(starved_s / 0.5)):
        story.event(Starved(waited_ms=400, turns=2, window_ms=500, servers=3, source=N2, t_ms=2500 + 500 * number))
    verdict = judge(story.record())
    assert verdict.outcome == outcome, verdict.reasons
    assert bool(verdict.disturbed_ms) is (outcome == "inconclusive")
    if outcome == "inconclusive":
        assert f"for {starved_s:g} s servers, {N2} above all, repeatedly waited for a processor" in verdict.reasons[0]


def test_a_busy_machine_excuses_no_loss() -> None:
    """No waiting makes a server forget."""
    story = crash(objective("lost_writes", 0, "writes"))
    story.missing(1998, 2000)
    for at_ms in (2500, 3000, 3500):
        story.event(Starved(waited_ms=400, turns=2, window_ms=500, servers=3, source=N2, t_ms=at_ms))
    assert result(story).outcome == "violated"


def test_a_stall_excuses_no_loss() -> None:
    """A lost write is lost however slow the machine was."""
    story = crash(objective("lost_writes", 0, "writes"))
    story.missing(1998, 2000)
    story.event(Disturbed(stall_ms=5000, t_ms=3000))
    assert result(story).outcome == "violated"


def test_a_failover_that_was_not_planned_and_did_not_happen_is_not_measurable() -> None:
    """Nothing to measure is never a pass."""
    story = Story(objectives=[objective("failover", 10_000)], expect_failover=False)
    story.load()
    story.writes("client-1", N1, 0, 3000)
    story.finish(N1, settle_ms=2000, end_ms=3000)
    assert result(story).reason == "no failover happened, and none was planned"
    assert result(story).outcome == "inconclusive"


def silent(asked: PlannedObjective, *, done: bool = True, until_ms: float = 9000) -> Story:
    """After the kill at 2 s nothing is acknowledged any more, although a failover happens."""
    story = Story(objectives=[asked])
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.writes("client-1", "", 2000, until_ms, outcome=h.FAIL, error="no primary known")
    story.fault("crash", "kill", [N1], start_ms=2000, heal_ms=6000)
    story.failover(N1, N2, sdown_ms=3500)
    story.finish(N2, settle_ms=6000, end_ms=until_ms, done=done)
    return story


@pytest.mark.parametrize(
    ("name", "words", "waited"),
    [
        ("failover", "no client in scope had a write acknowledged on it within 7.00 s", 6998),
        ("write_gap", "writes of client-1 never resumed: it waited 7 s (from 2.00 s to 9.00 s)", 7000),
        (
            "writes_resume_after_heal",
            "writes of client-1 never resumed after the heal at 6.00 s: it waited 3.00 s",
            2999,
        ),
    ],
)
def test_writes_that_never_resume_violate_with_the_time_waited(name: str, words: str, waited: float) -> None:
    """However short the wait was, in a whole trial it is a violation; in one cut short it proves nothing yet."""
    found = result(silent(objective(name, 10_000)))
    assert (found.outcome, found.value) == ("violated", pytest.approx(waited, abs=1.5))
    assert words in found.reason
    assert result(silent(objective(name, 10_000), done=False)).outcome == "inconclusive"
    assert result(silent(objective(name, 1000), done=False)).outcome == "violated"


def test_replies_in_flight_at_the_end_are_no_outage() -> None:
    """The time between the last acknowledgement and the end of the load is an ordinary gap while it is short."""
    story = Story(objectives=[objective("write_gap", 10_000)], expect_failover=False)
    story.load()
    story.writes("client-1", N1, 0, 1000)
    story.writes("client-1", N1, 1000, 2000, outcome=h.UNKNOWN, error="stopped in flight")
    story.finish(N1, settle_ms=2000, end_ms=2000)
    assert (result(story).outcome, round(result(story).value or 0)) == ("pass", 1000)


@pytest.mark.parametrize("name", ["write_gap", "writes_resume_after_heal"])
def test_a_client_that_wrote_nothing_is_not_measurable(name: str) -> None:
    """One silent client in scope leaves the objective open, and so does having no client."""
    found = result(crash(objective(name, 10_000, clients=["client-2"])))
    assert (found.outcome, found.value) == ("inconclusive", None)
    assert "client-2" in found.reason
    none = Story(clients=0, objectives=[objective(name, 10_000)])
    none.fault("crash", "kill", [N1], start_ms=2000, heal_ms=6000)
    assert result(none).reason == "there are no clients"


def test_resuming_needs_a_heal() -> None:
    """Where nothing was healed there is no moment to count from."""
    story = Story(objectives=[objective("writes_resume_after_heal", 10_000)], expect_failover=False)
    story.load()
    story.writes("client-1", N1, 0, 3000)
    story.finish(N1, settle_ms=2000, end_ms=3000)
    assert result(story).reason == "nothing was healed, so there is no time by which writes had to resume"


def test_the_slowest_client_counts_after_the_heal() -> None:
    """Of several clients in scope, the one that came back last."""
    story = crash(objective("writes_resume_after_heal", 10_000), clients=2)
    story.writes("client-2", N1, 0, 2000)
    story.writes("client-2", N2, 7000, 9000)
    assert (result(story).value, result(story).reason) == (
        1001,
        "writes of client-2 resumed 1.00 s after healing began",
    )


def test_what_a_deposed_primary_acknowledges_is_no_service() -> None:
    """After the heal the old primary may go on acknowledging for seconds: writes that are lost did not resume."""
    story = crash(objective("writes_resume_after_heal", 10_000))
    story.missing(4500, 8000)
    assert result(story).reason == "writes of client-1 resumed 2.00 s after healing began"
    unread = crash(objective("writes_resume_after_heal", 10_000))
    unread._read = ()
    assert result(unread).value == 1


def test_convergence_that_failed_or_was_not_looked_at() -> None:
    """Not converged violates with the time waited; not looked at is inconclusive."""
    for detail, outcome in (("redis-n1's link is down", "violated"), (None, "inconclusive")):
        story = Story(objectives=[objective("convergence", 30_000)], expect_failover=False)
        story.load()
        story.writes("client-1", N1, 0, 3000)
        story.fault("crash", "kill", [N2], start_ms=500, heal_ms=1000)
        story.finish(N1, settle_ms=2000, end_ms=3000, converged=detail)
        assert result(story).outcome == outcome
    story.finish(N1, settle_ms=2000, end_ms=3000, converged="x")
    assert result(story).reason == "the deployment did not converge: x (waited 2 s)"


def test_no_failover_so_far_is_no_proof() -> None:
    """A trial cut short may still have had one; a crashed checker leaves the count open."""
    story = Story(objectives=[objective("no_failover", 0, "failovers")])
    story.load()
    assert result(story).outcome == "inconclusive"
    assert result(story).reason == "0 failovers happened before the trial was cut short"
    (found,) = judge(story.record(), []).objectives
    assert (found.value, found.reason) == (None, "the number of failovers is unknown")


def test_an_empty_restart_has_its_time() -> None:
    """The reason says when the node was restarted, beside when the lost writes had been acknowledged."""
    story = Story(objectives=[objective("lost_writes", 0, "writes")])
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.fault("restart", "restart", [N1], start_ms=2000, heal_ms=2500)
    story.restart(N1, 2000, 2100)
    story.writes("client-1", N1, 2200, 5000)
    story.missing(0, 2000)
    story.finish(N1, settle_ms=4000, end_ms=5000)
    assert result(story).reason == (
        "lost 1,000 of 2,400 acknowledged writes: empty restart of redis-n1 at 2.10 s, acknowledged between 0.00 s and 2.00 s"
    )
