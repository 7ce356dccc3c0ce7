"""Alerts in the report: a lane each with what it was and when its receiver had it, and a table with all times."""

from jsquared.check.judge import judge
from jsquared.records.alert_events import AlertChanged, AlertDelivered
from jsquared.records.alert_results import ExpectedAlert, PlannedAlerts
from jsquared.report.alert_lanes import alert_lanes
from jsquared.report.chart_data import chart_data
from jsquared.report.series import Axis
from support.records import Story, objective

N1 = "redis-n1"
PLANNED = PlannedAlerts(profile="5s", scrape_ms=5000, expected=(ExpectedAlert(alert="Down", within_ms=20_000),))


def story(planned: PlannedAlerts | None = PLANNED) -> Story:
    """A replica is killed at 2 s, and two alerts tell of it."""
    told = Story(objectives=[objective("missed_alerts", 0, "alerts")], alerts=planned, expect_failover=False)
    told.load()
    told.writes("client-1", N1, 0, 20_000)
    told.fault("crash", "kill", ["redis-n2"], start_ms=2000, heal_ms=12_000)
    for at_ms, name, state, node in (
        (100, "Watchdog", "firing", ""),
        (5000, "Down", "pending", "a"),
        (6000, "Down", "pending", "b"),
        (10_000, "Down", "firing", "a"),
        (12_000, "Down", "inactive", "b"),
        (15_000, "Down", "resolved", "a"),
        (16_000, "Lag", "pending", "a"),
    ):
        told.event(AlertChanged(alert=name, state=state, labels={"instance": node}, t_ms=at_ms))
    told.event(AlertDelivered(alert="Down", status="firing", labels={"instance": "a"}, t_ms=10_100))
    told.event(AlertDelivered(alert="Down", status="resolved", labels={"instance": "a"}, t_ms=15_100))
    told.finish(N1, settle_ms=13_000, end_ms=20_000)
    return told


def test_a_lane_shows_the_worst_of_a_name() -> None:
    """Waiting, firing and gone, with a mark for what arrived; what always fires has no lane, and nothing lasts beyond the load."""
    record = story().record()
    down, lag = alert_lanes(record, Axis.until(20_000))
    assert (down["name"], lag["name"]) == ("Down", "Lag")
    assert [segment[:4] for segment in down["segments"]] == [
        [5000, 10_000, "starting", "pending"],
        [10_000, 15_000, "fault", "firing"],
    ]
    assert [mark[0] for mark in down["over"]] == [10_100]
    assert lag["segments"][0][1] <= 20_000


def test_only_a_trial_that_was_monitored_has_lanes_of_alerts() -> None:
    """The panel is there for it, and for no other."""
    for planned, shown in ((PLANNED, True), (None, False)):
        record = story(planned).record()
        groups = [group["name"] for group in chart_data(record, judge(record))["groups"]]
        assert ("alerts" in groups) is shown
