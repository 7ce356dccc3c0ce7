"""The table of expected alerts speaks of alerts, faults and scenarios that there are, and follows the interval between scrapes."""

import msgspec
import pytest

from jsquared.faults.catalogue import FAULTS
from jsquared.monitor.alert_catalogue import ALERTS
from jsquared.monitor.expected_alerts import LASTING, MAY, MUST, OF_A_FAILOVER, expected_alerts, within_s
from jsquared.monitor.profile import PROFILES
from jsquared.records.alert_results import ExpectedAlert
from jsquared.records.plan import PlannedFault
from jsquared.reference.scenario_pages import example_plan
from jsquared.scenarios.catalogue import SCENARIOS, suite_named
from support.records import Story

CRASH = PlannedFault(
    id="crash", name="kill", targets=("primary",), start="2000 ms after load", heal="1000 ms after recovery"
)


def test_every_name_is_one() -> None:
    """A scenario, alert or fault that was renamed would never be asked for."""
    assert set(MUST) <= set(SCENARIOS)
    assert set(LASTING) <= set(MUST)
    assert {alert for alerts in MUST.values() for alert in alerts} | set(MAY) | OF_A_FAILOVER <= set(ALERTS)
    assert {fault for faults in MAY.values() for fault in faults} <= set(FAULTS)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
def test_a_failover_is_always_told(profile: object) -> None:
    """FailoverHappened must fire wherever the plan fails over, and nothing where nothing was broken for it."""
    plan = msgspec.structs.replace(Story(expect_failover=True).plan(), scenario="primary-crash", faults=(CRASH,))
    asked = expected_alerts(plan, profile)  # type: ignore[arg-type]
    assert {one.alert for one in asked.expected} == {"FailoverHappened", "RedisDown"}
    assert asked.knows("Watchdog")
    assert not asked.knows("MemoryNearMax")
    quiet = msgspec.structs.replace(plan, scenario="slow-command", expect_failover=False, faults=())
    assert expected_alerts(quiet, profile).expected == ()  # type: ignore[arg-type]
    assert not expected_alerts(quiet, profile).knows("FailoverHappened")  # type: ignore[arg-type]


def told(scenario: str, profile: str = "5s", **more: object) -> dict[str, ExpectedAlert]:
    """What is expected of the alerts of a scenario of the catalogue on the reference, by their names."""
    plan = msgspec.structs.replace(example_plan(scenario)[1], **more)
    return {one.alert: one for one in expected_alerts(plan, PROFILES[profile]).expected}


def test_a_dead_alertmanager_delays_the_arrival_alone() -> None:
    """What fires meanwhile is sent again after ten seconds, and its limit for firing stays as it is."""
    usual = told("primary-crash")["FailoverHappened"]
    late = told("alertmanager-down-then-crash")["FailoverHappened"]
    assert usual.arrival_ms == usual.within_ms
    assert late.within_ms == usual.within_ms + 1000  # the crash comes a second after the first fault
    assert late.arrival_ms >= late.within_ms + 10_000
    assert told("receiver-fails-then-crash")["NotificationsFailing"].arrival_ms > 60_000


def test_a_blind_prometheus_delays_everything() -> None:
    """Nothing fires while it stores nothing, so the fault that blinds it must not wait for that."""
    usual = told("primary-crash")["FailoverHappened"]
    blind = told("prometheus-disk-full-then-crash")["FailoverHappened"]
    assert (usual.after_heal, blind.after_heal) == (False, True)
    assert blind.within_ms > usual.within_ms + 10_000
    assert told("prometheus-restarts-in-crash")["FailoverHappened"].within_ms > usual.within_ms + 5000


def test_each_kind_of_fault_of_the_suite_is_told_by_an_alert() -> None:
    """Every scenario of the suite of alerts has one that must fire, and those that do not fail over one of their own."""
    for scenario in suite_named("alerts"):
        expected = told(scenario.name)
        assert expected, scenario.name
        assert set(expected) == {"FailoverHappened"} or set(expected) - {"FailoverHappened"}


def test_slower_scrapes_take_longer_to_notice() -> None:
    """How long a condition must last and how often is looked are both in it."""
    assert [within_s("RedisDown", 0, profile) for profile in PROFILES.values()] == [5, 25, 75]
