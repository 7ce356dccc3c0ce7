"""The table of expected alerts speaks of alerts, faults and scenarios that there are, and follows the interval between scrapes."""

import msgspec
import pytest

from jsquared.faults.catalogue import FAULTS
from jsquared.monitor.alert_catalogue import ALERTS
from jsquared.monitor.expected_alerts import LASTING, MAY, MUST, OF_A_FAILOVER, expected_alerts, within_s
from jsquared.monitor.profile import PROFILES
from jsquared.records.plan import PlannedFault
from jsquared.scenarios.catalogue import SCENARIOS
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


def test_slower_scrapes_take_longer_to_notice() -> None:
    """How long a condition must last and how often is looked are both in it."""
    assert [within_s("RedisDown", 0, profile) for profile in PROFILES.values()] == [5, 25, 75]
