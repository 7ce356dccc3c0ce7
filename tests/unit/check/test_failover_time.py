"""The failover's phases: marks from logs and pub/sub, missing and unordered marks, several failovers."""

import pytest

from jsquared.check.checker import FailoverTime, Findings
from jsquared.check.failover_time import FailoverTimeChecker
from jsquared.check.failovers import failovers, sentinel_events
from jsquared.check.timeline import Timeline
from jsquared.records import history as h
from support.records import Story, objective

N1, N2, N3 = "redis-n1", "redis-n2", "redis-n3"
S1, S2, S3 = "sentinel-n1", "sentinel-n2", "sentinel-n3"
M = "master mymaster 10.83.1.1 6379"
SWITCH = "mymaster 10.83.1.1 6379 10.83.2.1 6379"


def check(story: Story) -> Findings:
    """What the checker says of a story."""
    return FailoverTimeChecker().check(story.record())


def measured(story: Story) -> FailoverTime:
    """The failover that it found."""
    failover = check(story).failover
    assert failover is not None
    return failover


def crash(back_ms: float = 4500.0) -> Story:
    """A kill at 2 s; nothing of the failover yet; writes on n2 from ``back_ms``."""
    story = Story()
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.fault("crash", "kill", [N1], start_ms=2000, heal_ms=6000)
    story.writes("client-1", N2, back_ms, 9000)
    story.finish(N2, settle_ms=6000, end_ms=9000)
    return story


def test_phases_follow_the_marks_and_sum_up() -> None:
    """Each phase ends at its event; the sum is the failover."""
    story = crash()
    story.failover(N1, N2, sdown_ms=3500)
    failover = measured(story)
    assert (failover.old, failover.new, failover.fault) == (N1, N2, "crash")
    assert failover.phases_ms == {
        "detect": 1500.0, "agree": 50.0, "elect": 10.0, "promote": 240.0, "announce": 400.0, "reconnect": 301.0,
    }  # fmt: skip
    assert failover.total_ms == sum(failover.phases_ms.values()) == 2501.0
    assert failover.marks_ms["fault"] == 2000.0
    assert failover.marks_ms["reconnect"] == 4501.0


def test_the_log_s_stamp_outranks_the_arrival_of_pubsub() -> None:
    """Of the two copies of an event, the Sentinel's own stamp counts; pub/sub stands in where no log was kept."""
    story = crash()
    story.failover(N1, N2, sdown_ms=3500)
    story.sentinel(3300, S1, "+sdown", M, via="pubsub")
    assert measured(story).marks_ms["detect"] == 3500.0
    story.sentinel(3200, "sentinel-n9", "+sdown", M, via="pubsub")
    assert measured(story).marks_ms["detect"] == 3200.0


def test_a_client_that_is_told_early_ends_the_failover() -> None:
    """Marks after the first write are clamped: announce ends with it, reconnect is zero."""
    story = crash(back_ms=4000)
    story.failover(N1, N2, sdown_ms=3500)
    phases = measured(story).phases_ms
    assert phases is not None
    assert (phases["announce"], phases["reconnect"]) == (201.0, 0.0)
    assert sum(phases.values()) == pytest.approx(2001.0)


def test_missing_marks_make_phases_zero_and_a_fact() -> None:
    """Only the switch of one Sentinel is known: no majority, no election, no detection."""
    story = crash()
    story.sentinel(4200, S1, "+switch-master", SWITCH)
    findings = check(story)
    assert findings.failover is not None
    assert findings.failover.phases_ms == {
        "detect": 0.0, "agree": 0.0, "elect": 0.0, "promote": 2200.0, "announce": 0.0, "reconnect": 301.0,
    }  # fmt: skip
    assert (
        "no event marks the end of detect, agree, elect and announce, counted as 0 s in the failover's phases"
        in findings.facts
    )


def test_the_leader_is_the_one_that_was_elected() -> None:
    """Without +promoted-slave, the elected leader's own +odown is the mark, not another Sentinel's."""
    story = crash()
    for sentinel, at in ((S1, 3600), (S2, 3700)):
        story.sentinel(at, sentinel, "+odown", f"{M} #quorum 2/2")
    story.sentinel(3750, S2, "+elected-leader", M)
    for sentinel in (S1, S2):
        story.sentinel(4200, sentinel, "+switch-master", SWITCH)
    failover = measured(story)
    assert (failover.marks_ms["agree"], failover.marks_ms["elect"], failover.marks_ms["announce"]) == (3700, 3750, 4200)


def test_the_leader_gives_the_new_address_from_its_promotion_on() -> None:
    """The leader's own +switch-master comes last, but it answers with the new address from +promoted-slave."""
    story = crash()
    story.sentinel(3800, S3, "+promoted-slave", "slave 10.83.2.1:6379 10.83.2.1 6379 @ mymaster 10.83.1.1 6379")
    for at, sentinel in ((4000, S1), (4400, S3), (4450, S2)):
        story.sentinel(at, sentinel, "+switch-master", SWITCH)
    failover = measured(story)
    assert (failover.marks_ms["promote"], failover.marks_ms["announce"]) == (3800, 4000)


def test_only_clients_in_scope_end_the_failover() -> None:
    """A client that the objective leaves out may come back earlier."""
    story = Story(clients=2, objectives=[objective("failover", 10_000, clients=["client-2"])])
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.fault("crash", "kill", [N1], start_ms=2000, heal_ms=6000)
    story.failover(N1, N2, sdown_ms=3500)
    story.writes("client-1", N2, 4500, 9000)
    story.writes("client-2", N2, 5500, 9000)
    story.finish(N2, settle_ms=6000, end_ms=9000)
    assert measured(story).total_ms == 3501.0


def test_nobody_wrote_on_the_new_primary() -> None:
    """The total is None, and how long the clients tried is kept."""
    story = Story()
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.writes("client-1", "", 2000, 9000, outcome=h.FAIL, error="no primary known")
    story.fault("crash", "kill", [N1], start_ms=2000, heal_ms=6000)
    story.failover(N1, N2, sdown_ms=3500)
    story.finish(N2, settle_ms=6000, end_ms=9000)
    failover = measured(story)
    assert (failover.total_ms, failover.phases_ms, failover.waited_ms) == (None, None, 6998.0)
    assert "reconnect" not in failover.marks_ms


def test_an_unplanned_new_primary_has_no_writes() -> None:
    """An address outside the plan cannot have served a client of the history."""
    story = crash()
    story.sentinel(4200, S1, "+switch-master", "mymaster 10.83.1.1 6379 192.0.2.9 6379")
    assert measured(story).total_ms is None


def test_no_failover_after_every_fault_bit_is_a_violation() -> None:
    """The schedule was played, the kill bit, and no Sentinel moved."""
    (note,) = check(crash()).notes
    assert (note.outcome, note.text) == (
        "violated",
        "the planned failover did not happen: no Sentinel announced a new primary",
    )


def test_no_failover_in_a_run_cut_short_proves_nothing() -> None:
    """It might still have come."""
    story = Story()
    story.load()
    story.fault("crash", "kill", [N1], start_ms=2000, heal_ms=None)
    (note,) = check(story).notes
    assert (note.outcome, note.text) == ("inconclusive", "the trial ended before the planned failover happened")


def test_no_failover_where_none_was_planned_is_fine() -> None:
    """Nothing is noted, and the count is zero."""
    story = Story(expect_failover=False)
    story.finish(N1, settle_ms=1, end_ms=2)
    findings = check(story)
    assert (findings.notes, findings.failovers, findings.failover) == ([], 0, None)


def test_a_failover_before_the_fault_is_not_the_planned_one() -> None:
    """It is a fact, and the planned one is still missing."""
    story = crash()
    story.sentinel(1000, S1, "+switch-master", SWITCH)
    findings = check(story)
    assert findings.failover is None
    assert f"a failover, from {N1} to {N2}, was announced at 1.00 s" in findings.facts
    assert findings.notes[0].outcome == "violated"


def test_further_failovers_aborts_and_tilt_are_facts() -> None:
    """What else the Sentinels did is told beside the measured failover."""
    story = crash()
    story.failover(N1, N2, sdown_ms=3500)
    story.failover(N2, N3, sdown_ms=7000)
    story.sentinel(3000, S3, "-failover-abort-not-elected", M)
    story.sentinel(3100, S2, "-failover-abort-not-elected", M)
    story.sentinel(2500, S3, "+tilt", "#tilt mode entered")
    findings = check(story)
    assert findings.failovers == 2
    facts = "\n".join(findings.facts)
    assert f"another failover, from {N2} to {N3}, was announced at 7.70 s" in facts
    assert f"2 failover attempts aborted (not-elected), the first at 3.00 s by {S3}" in facts
    assert f"{S3} entered TILT, first at 2.50 s" in facts


def test_failovers_are_told_apart_by_who_has_announced_what() -> None:
    """Back and forth are separate failovers; a Sentinel that comes late joins, one that was away jumps over."""
    there, back = SWITCH, "mymaster 10.83.2.1 6379 10.83.1.1 6379"
    onward = "mymaster 10.83.1.1 6379 10.83.3.1 6379"
    story = Story()
    for at, sentinel, payload in (
        (100, S1, there), (200, S1, back), (250, S2, there), (300, S1, there),
        (350, S2, back), (360, S2, there), (400, S1, back), (500, S1, onward), (600, S3, onward),
    ):  # fmt: skip
        story.sentinel(at, sentinel, "+switch-master", payload)
    record = story.record()
    changes = failovers(record.placement, sentinel_events(record))
    assert [(change.new, sorted(change.switched_ms)) for change in changes] == [
        (N2, [S1, S2]), (N1, [S1, S2]), (N2, [S1, S2]), (N1, [S1]), (N3, [S1, S3]),
    ]  # fmt: skip


def leading(story: Story) -> str:
    """The fault that led to the first failover."""
    timeline = Timeline.of(story.record())
    fault = timeline.leading_fault(timeline.failovers[0])
    return fault.id if fault else ""


def test_the_fault_that_led_is_the_one_that_took_the_primary_away() -> None:
    """A replication cut, a Sentinel's pause and a finished pause of the primary lead nowhere; the kill does."""
    story = crash()
    sides = [["n1"], ["n2", "n3"]]
    story.fault("repl", "cut", ["n1"], start_ms=1000, heal_ms=6000, sides=sides, links="replication")
    story.fault("hang", "pause", [N1], start_ms=500, heal_ms=900)
    story.fault("sentinels", "pause", [S1, S2], start_ms=1800, heal_ms=6000)
    story.failover(N1, N2, sdown_ms=3500)
    assert leading(story) == "crash"


def test_a_hang_that_becomes_a_crash_began_with_the_hang() -> None:
    """Of the faults still in effect when the Sentinels agreed, the earliest counts."""
    story = crash()
    story.fault("hang", "pause", [N1], start_ms=1500, heal_ms=6000)
    story.failover(N1, N2, sdown_ms=3500)
    assert leading(story) == "hang"


def test_a_restart_that_is_over_can_still_have_led() -> None:
    """Where nothing is in effect any more, the latest fault on the primary counts; else the latest of any kind."""
    story = Story()
    story.fault("restart", "restart", [N1], start_ms=1000, heal_ms=1100)
    story.fault("replica", "kill", [N3], start_ms=1200, heal_ms=1300)
    story.failover(N1, N2, sdown_ms=3500)
    assert leading(story) == "restart"
    other = Story()
    other.fault("replica", "kill", [N3], start_ms=1200, heal_ms=1300)
    other.failover(N1, N2, sdown_ms=3500)
    assert leading(other) == "replica"
    assert leading(_with_unknown_old()) == "replica"


def _with_unknown_old() -> Story:
    story = Story()
    story.fault("replica", "kill", [N3], start_ms=1200, heal_ms=1300)
    story.sentinel(3000, S1, "+switch-master", "mymaster 192.0.2.1 6379 10.83.2.1 6379")
    return story


def not_happened() -> Story:
    """A crash after which no one is promoted."""
    story = Story()
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.fault("crash", "kill", [N1], start_ms=2000, heal_ms=6000)
    story.finish(N1, settle_ms=6000, end_ms=9000)
    return story


def test_a_failover_that_sentinels_gave_up_has_their_reason() -> None:
    """The event with which they gave up stands beside the violation."""
    story = not_happened()
    for at_ms in (4000, 5000):
        story.sentinel(at_ms, S1, "-failover-abort-no-good-slave", M)
    said = "no Sentinel announced a new primary, -failover-abort-no-good-slave (2 times)"
    assert check(story).notes[0].text.endswith(said)


def test_a_failover_without_a_quorum_says_how_many_agreed() -> None:
    """One Sentinel alone considered the primary down."""
    story = not_happened()
    story.sentinel(3500, S1, "+sdown", M)
    said = "1 of 3 Sentinels considered the primary down (+sdown), and none saw the quorum of 2 agree (no +odown)"
    assert check(story).notes[0].text.endswith(said)
