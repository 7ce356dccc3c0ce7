"""Alerts on hand-written trials: missed, late, undelivered, without a reason, and trials of which nothing is known."""

from collections.abc import Callable

import pytest

from jsquared.check.judge import judge
from jsquared.records.alert_events import AlertChanged, AlertDelivered, ExporterSilent, MonitoringFailed, RuleHealth
from jsquared.records.alert_results import ExpectedAlert, PlannedAlerts
from jsquared.records.attempt_events import Repeated
from jsquared.records.event_types import Disturbed, Starved
from jsquared.records.plan import PlannedObjective
from jsquared.records.verdict import TrialVerdict
from support.records import Story, objective

N1, N2 = "redis-n1", "redis-n2"
PLANNED = PlannedAlerts(
    profile="5s",
    scrape_ms=5000,
    expected=(ExpectedAlert(alert="RedisDown", within_ms=20_000),),
    accepted=("FullResync", "Watchdog"),
)
LIMITS = [objective("missed_alerts", 0, "alerts"), objective("false_alerts", 0, "alerts")]


def fires(
    story: Story, at_ms: float, name: str = "RedisDown", *, delivered_ms: float | None = None, **labels: str
) -> None:
    """An alert fires, and arrives where that is said."""
    story.event(AlertChanged(alert=name, state="firing", labels=labels, t_ms=at_ms))
    if delivered_ms is not None:
        story.event(AlertDelivered(alert=name, status="firing", labels=labels, t_ms=delivered_ms))


def verdict(
    tell: Callable[[Story], object],
    planned: PlannedAlerts | None = PLANNED,
    *also: PlannedObjective,
    **more: object,
) -> TrialVerdict:
    """The verdict on a trial whose primary is killed at 10 s; ``also`` are further objectives."""
    limits = LIMITS if planned is not None and planned.judged else [objective("lost_writes", 0, "writes")]
    story = Story(objectives=[*limits, *also], expect_failover=True, alerts=planned, **more)  # type: ignore[arg-type]
    story.load()
    story.writes("client-1", N1, 0, 10_000)
    story.fault("crash", "kill", [N1], start_ms=10_000, heal_ms=30_000)
    tell(story)
    story.failover(N1, N2, sdown_ms=12_000)
    story.writes("client-1", N2, 13_500, 45_000)
    story.finish(N2, settle_ms=30_000, end_ms=45_000, converged_ms=40_000)
    return judge(story.record())


def test_what_fired_and_arrived_in_time_passes() -> None:
    """Its times are told from the fault on, and those of what may fire too."""

    def tell(story: Story) -> None:
        story.event(AlertChanged(alert="RedisDown", state="pending", t_ms=13_000))
        fires(story, 24_000, delivered_ms=24_020)
        fires(story, 31_000, "FullResync", delivered_ms=31_010)
        fires(story, 1000, "Watchdog")
        story.event(AlertChanged(alert="RedisDown", state="resolved", t_ms=36_000))

    done = verdict(tell)
    assert done.outcome == "pass", done.reasons
    down, copied = sorted(done.alerts, key=lambda one: one.alert, reverse=True)
    assert (down.pending_ms, down.fired_ms, down.delivered_ms, down.resolved_ms) == (3000, 14_000, 14_020, 26_000)
    assert (copied.alert, copied.expected, copied.false, copied.resolved_ms) == ("FullResync", False, False, None)


MISSED: list[tuple[Callable[[Story], object], str]] = [
    (lambda _: None, "RedisDown did not fire (allowed: 20 s)"),
    (
        lambda story: story.event(AlertChanged(alert="RedisDown", state="pending", t_ms=25_000)),
        "RedisDown did not fire, its condition was seen",
    ),
    (lambda story: fires(story, 24_000), "RedisDown fired after 14 s and did not arrive"),
    (lambda story: fires(story, 31_000, delivered_ms=31_010), "RedisDown fired after 21 s (allowed: 20 s)"),
    (lambda story: fires(story, 24_000, delivered_ms=32_000), "RedisDown arrived after 22 s"),
]


@pytest.mark.parametrize(("tell", "words"), MISSED)
def test_what_did_not_fire_or_arrive_in_time_is_missed(tell: Callable[[Story], object], words: str) -> None:
    """And the reason says how far it came."""
    done = verdict(tell)
    assert done.outcome == "violated"
    assert words in done.reasons[0]
    assert [one.alert for one in done.alerts if one.missed] == ["RedisDown"]


@pytest.mark.parametrize(("name", "at_ms"), [("MemoryNearMax", 15_000), ("FullResync", 4000)])
def test_what_nothing_justifies_is_false(name: str, at_ms: float) -> None:
    """Another alert than may fire here, or any before something was broken."""

    def tell(story: Story) -> None:
        fires(story, 24_000, delivered_ms=24_020)
        fires(story, at_ms, name)

    done = verdict(tell)
    assert done.outcome == "violated"
    assert f"1 alert fired though nothing justifies it: {name}" in done.reasons[0]


def test_where_monitoring_failed_nothing_is_known() -> None:
    """Neither that an alert was missed nor that it was not; the trial is inconclusive and says why."""
    done = verdict(
        lambda story: story.event(MonitoringFailed(part="exporter", detail="its process ended", t_ms=12_000))
    )
    assert done.outcome == "inconclusive"
    assert done.reasons[0] == "nothing is known of alerts: exporter failed at 12.00 s (its process ended)"
    assert [(one.alert, one.expected, one.missed, one.false) for one in done.alerts] == [
        ("RedisDown", True, None, None)
    ]


@pytest.mark.parametrize("failed", [False, True])
def test_what_is_not_proven_is_neither_missed_nor_false(failed: bool) -> None:
    """One that fired before the fault, and one that never fired, count only where the monitoring did its work."""

    def tell(story: Story) -> None:
        fires(story, 4000, "FullResync")
        if failed:
            story.event(MonitoringFailed(part="exporter", t_ms=12_000))

    done = verdict(tell)
    assert done.outcome == ("inconclusive" if failed else "violated")
    found = {one.alert: (one.missed, one.false) for one in done.alerts}
    no, yes = (None, None) if failed else (False, True)
    assert found == {"RedisDown": (yes, no), "FullResync": (no, yes)}


FAILED = MonitoringFailed(part="alertmanager", detail="it tells nobody", t_ms=32_000)


def test_a_failed_monitor_is_no_reason_to_run_a_trial_again() -> None:
    """Short stalls, which any trial has, must not make it one that is repeated until the monitoring works."""

    def tell(story: Story) -> None:
        story.event(FAILED)
        story.event(Disturbed(stall_ms=200, t_ms=15_000))

    for planned in (PLANNED, PlannedAlerts(profile="5s", scrape_ms=5000, judged=False)):
        assert verdict(tell, planned).disturbed_ms == 0


def test_a_failed_monitor_is_no_reason_against_it_either() -> None:
    """A trial that the machine disturbed for good is run again whatever became of its monitoring, and says both."""

    def tell(story: Story) -> None:
        story.event(FAILED)
        story.event(Disturbed(stall_ms=2000, t_ms=15_000))

    done = verdict(tell)
    assert done.disturbed_ms == 2000
    assert "alertmanager failed" in " ".join(done.reasons)


def test_what_else_the_machine_excuses_is_run_again() -> None:
    """A failover that is late for want of processors is repeated beside a failed monitor as it is without one."""

    def tell(story: Story) -> None:
        story.event(FAILED)
        for at_ms in (11_000, 12_000, 13_000):
            story.event(Starved(source=N1, window_ms=500, t_ms=at_ms))

    assert verdict(tell, PLANNED, objective("failover", 1000, "ms")).disturbed_ms == 1500
    assert verdict(tell).disturbed_ms == 0


def test_late_alerts_of_a_busy_machine_are_run_again() -> None:
    """What the machine excuses is not the monitoring's failure; nothing is proven of such an alert either."""

    def tell(story: Story) -> None:
        fires(story, 31_000, delivered_ms=31_010)
        story.event(Disturbed(stall_ms=2000, t_ms=15_000))

    done = verdict(tell)
    assert (done.outcome, done.disturbed_ms, done.alerts[0].missed) == ("inconclusive", 2000, None)


def test_earlier_attempts_are_in_the_verdict() -> None:
    """A verdict that is judged anew from the records still says that there were some, and why they do not count."""
    done = verdict(lambda story: story.event(Repeated(reason="attempt 1 was inconclusive", t_ms=0)))
    assert (done.attempts, done.repeats) == (2, ["attempt 1 was inconclusive"])


def test_rules_of_the_users_own_are_measured_and_not_judged() -> None:
    """Nobody has said when they must fire."""
    own = PlannedAlerts(profile="5s", scrape_ms=5000, judged=False)
    done = verdict(lambda story: fires(story, 15_000, "TheirAlert", delivered_ms=15_100), own)
    assert done.outcome == "pass", done.reasons
    assert [(one.alert, one.fired_ms, one.false) for one in done.alerts] == [("TheirAlert", 5000, False)]


def test_one_of_several_that_still_fires_has_not_ended() -> None:
    """An alert ends with the last of its kind."""

    def tell(story: Story) -> None:
        fires(story, 24_000, delivered_ms=24_020, instance="a")
        fires(story, 25_000, delivered_ms=25_020, instance="b")
        story.event(AlertChanged(alert="RedisDown", state="resolved", labels={"instance": "a"}, t_ms=30_000))

    [down] = verdict(tell).alerts
    assert (down.fired_ms, down.resolved_ms) == (14_000, None)


def test_a_trial_without_monitoring_has_no_alerts() -> None:
    """Nothing is said of them."""
    story = Story()
    story.load()
    story.finish(N1, settle_ms=1000, end_ms=2000)
    assert judge(story.record()).alerts == []


def test_nothing_is_known_of_rules_that_nobody_evaluated() -> None:
    """They are not judged, so the trial passes; but what the matrix tells of them is that nothing is known."""
    own = PlannedAlerts(profile="5s", scrape_ms=5000, judged=False)
    done = verdict(lambda story: story.event(MonitoringFailed(part="prometheus", detail="ended", t_ms=500)), own)
    assert done.outcome == "pass", done.reasons
    assert done.unmonitored == "nothing is known of alerts: prometheus failed at 0.50 s (ended)"
    assert done.unmonitored in done.facts
    assert verdict(lambda _: None, own).unmonitored == ""


def test_not_all_is_known_of_rules_in_a_trial_that_was_cut_short() -> None:
    """What had not fired by then might have."""
    own = PlannedAlerts(profile="5s", scrape_ms=5000, judged=False)
    story = Story(objectives=[objective("lost_writes", 0, "writes")], alerts=own)
    story.load()
    story.writes("client-1", N1, 0, 10_000)
    story.fault("crash", "kill", [N1], start_ms=10_000, heal_ms=30_000)
    assert judge(story.record()).unmonitored == "not all alerts are known, since the trial was cut short"


OWN = PlannedAlerts(profile="5s", scrape_ms=5000, judged=False)
ERROR = "found duplicate series"


def late(story: Story) -> None:
    """An alert comes a second too late."""
    fires(story, 31_000, delivered_ms=31_010)


def in_time(story: Story) -> None:
    """It comes in time."""
    fires(story, 24_000, delivered_ms=24_020)


def never(story: Story) -> None:
    """It does not fire."""


def without_reason(story: Story) -> None:
    """It comes in time, and another that nothing justifies."""
    in_time(story)
    fires(story, 24_000, "RedisUnresponsive", delivered_ms=24_010)


@pytest.mark.parametrize(
    ("tell", "silent_until_ms", "outcome"),
    [
        (in_time, 20_000, "pass"),
        (late, 20_000, "inconclusive"),
        (never, 20_000, "inconclusive"),
        (without_reason, 20_000, "inconclusive"),
        (late, 9_000, "violated"),
        (without_reason, 9_000, "violated"),
    ],
)
def test_a_scrape_that_may_be_lost_excuses_what_went_wrong(
    tell: Callable[[Story], object], silent_until_ms: float, outcome: str
) -> None:
    """It takes nothing from what went right, and excuses nothing where it was over before the fault."""

    def with_silence(story: Story) -> None:
        tell(story)
        story.event(ExporterSilent(silent_ms=6200, t_ms=silent_until_ms))

    done = verdict(with_silence)
    assert done.outcome == outcome, done.reasons
    words = "until 20.00 s the exporter did not answer /health for 6.2 s, which may have cost a scrape"
    assert (words in done.unmonitored) is (outcome == "inconclusive")
    assert outcome != "inconclusive" or {(one.missed, one.false) for one in done.alerts} == {(None, None)}


def test_a_scrape_that_may_be_lost_leaves_rules_of_the_users_own_unknown() -> None:
    """Nobody has said what they must do, so nothing shows that they would not have fired."""
    done = verdict(lambda story: story.event(ExporterSilent(silent_ms=6200, t_ms=20_000)), OWN)
    assert (done.outcome, "may have cost a scrape" in done.unmonitored) == ("pass", True)


def test_a_rule_of_ours_that_cannot_be_computed_leaves_nothing_proven() -> None:
    """Neither is its alert missed, nor do the others count."""

    def tell(story: Story) -> None:
        in_time(story)
        story.event(RuleHealth(rule="SentinelTilt", group="sentinel", error=ERROR, t_ms=12_000))

    done = verdict(tell)
    assert done.outcome == "inconclusive"
    assert done.unmonitored == f"not all alerts are known: Prometheus could not compute SentinelTilt ({ERROR})"
    assert {(one.missed, one.false) for one in done.alerts} == {(None, None)}


def test_rules_of_the_users_own_that_cannot_be_computed_are_facts() -> None:
    """With when they could not be; those that could be again before the fault are none, and the other alerts are known."""

    def tell(story: Story) -> None:
        fires(story, 24_000, "TheirAlert", delivered_ms=24_020)
        for rule, group, ok, t_ms in (
            ("Always", "a", False, 4000),
            ("Early", "a", False, 4000),
            ("Early", "a", True, 9000),
            ("Twice", "a", False, 12_000),
            ("Twice", "b", False, 13_000),
            ("Twice", "a", True, 14_000),
            ("While", "a", False, 12_000),
            ("While", "a", True, 17_000),
        ):
            story.event(RuleHealth(rule=rule, group=group, ok=ok, error="" if ok else ERROR, t_ms=t_ms))

    done = verdict(tell, OWN)
    assert (done.outcome, done.unmonitored) == ("pass", "")
    found = {one.rule: (one.failed_ms, one.computed_ms, one.error) for one in done.failed_rules}
    assert found == {"Always": (-6000, None, ERROR), "Twice": (2000, None, ERROR), "While": (2000, 7000, ERROR)}
    told = "so that its silence says nothing: found duplicate series"
    assert [fact for fact in done.facts if "compute" in fact] == [
        f"Prometheus could not compute Always from 6 s before the first fault to the end, {told}",
        f"Prometheus could not compute Twice from 2 s after the first fault to the end, {told}",
        f"Prometheus could not compute While from 2 s after the first fault until 7 s after it, {told}",
    ]
    assert [one.fired_ms for one in done.alerts] == [14_000]


def test_many_rules_that_cannot_be_computed_are_counted() -> None:
    """The first three with their errors; the verdict has all."""

    def tell(story: Story) -> None:
        for number in range(5):
            story.event(RuleHealth(rule=f"R{number}", error=ERROR, t_ms=12_000))

    done = verdict(tell)
    assert done.unmonitored.endswith(f"R0 ({ERROR}), R1 ({ERROR}) and R2 ({ERROR}), and 2 other rules")
    assert len(done.failed_rules) == 5


def test_what_was_delivered_has_fired_by_then() -> None:
    """A message may be there before Prometheus is asked again, and an alert that ends at once may never be seen to fire."""

    def tell(story: Story) -> None:
        fires(story, 24_149, delivered_ms=24_001)
        story.event(AlertDelivered(alert="FullResync", status="firing", t_ms=31_000))

    done = verdict(tell)
    assert done.outcome == "pass", done.reasons
    found = {one.alert: (one.fired_ms, one.delivered_ms) for one in done.alerts}
    assert found == {"RedisDown": (14_001, 14_001), "FullResync": (21_000, 21_000)}


def test_what_arrived_before_the_fault_had_fired_by_then() -> None:
    """Though nobody saw it fire it is without a reason, and it has not arrived for the fault's sake."""

    def tell(story: Story) -> None:
        in_time(story)
        story.event(AlertDelivered(alert="FullResync", status="firing", t_ms=4000))

    done = verdict(tell)
    early = next(one for one in done.alerts if one.alert == "FullResync")
    assert (early.fired_ms, early.delivered_ms, early.false) == (-6000, None, True)
