"""Plans of monitored trials: two objectives more, and faults that last until a rule can see them."""

from pathlib import Path

import msgspec
import pytest

from jsquared.campaign.monitored import AlertsChoice, monitored
from jsquared.monitor.profile import PROFILES
from jsquared.programs.find import Program
from jsquared.records.plan import Plan, PlannedFault
from jsquared.trial.order import MonitoringOrder
from support.records import Story

PROGRAM = Program("prometheus", Path("/p"), "2.42", "0" * 64, "PATH")


def choice(*, judged: bool = True) -> AlertsChoice:
    """A scrape every 5 s."""
    order = MonitoringOrder(exporter=PROGRAM, prometheus=PROGRAM, alertmanager=PROGRAM, rules={})
    return AlertsChoice(profile=PROFILES["5s"], monitoring=order, judged=judged, options=("--alerts",))


def plan(scenario: str, *heals: str, fails_over: bool = False) -> Plan:
    """A plan of a scenario whose faults are healed so."""
    faults = tuple(
        PlannedFault(id=f"f{number}", name="kill", targets=("replica:1",), start="2000 ms after load", heal=heal)
        for number, heal in enumerate(heals)
    )
    return msgspec.structs.replace(Story(expect_failover=fails_over).plan(), scenario=scenario, faults=faults)


@pytest.mark.parametrize(
    ("scenario", "heals", "lasting"),
    [
        ("replica-crash", ["5000 ms after injection"], ["25000 ms after injection"]),
        (
            "sentinel-majority-lost",
            ["8000 ms after f1", "6500 ms after f1"],
            ["27500 ms after f1", "26000 ms after f1"],
        ),
        ("primary-short-hang", ["1750 ms after injection"], ["1750 ms after injection"]),
        ("primary-crash", ["1000 ms after recovery"], ["1000 ms after recovery"]),
    ],
)
def test_what_must_fire_has_the_time_to(scenario: str, heals: list[str], lasting: list[str]) -> None:
    """Faults of four scenarios are healed all so much later that the slowest alert fits; those of others as ever."""
    watched = monitored(plan(scenario, *heals), choice())
    assert [fault.heal for fault in watched.faults] == lasting
    assert [objective.name for objective in watched.objectives][-2:] == ["missed_alerts", "false_alerts"]


def test_rules_of_the_users_own_change_nothing_but_who_watches() -> None:
    """No objective, no longer fault: nobody has said what must fire."""
    before = plan("replica-crash", "5000 ms after injection")
    watched = monitored(before, choice(judged=False))
    assert (watched.faults, watched.objectives) == (before.faults, before.objectives)
    assert watched.alerts is not None
    assert not watched.alerts.judged


def test_what_starts_no_server_is_not_watched() -> None:
    """A static check stays as it is."""
    before = msgspec.structs.replace(plan("config-quorum"), rules=("S1",))
    assert monitored(before, choice()) is before
