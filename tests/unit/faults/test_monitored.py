"""Faults on the monitoring itself: each proves that it bit and healed, and a trial that nothing monitors refuses it."""

import math
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jsquared.errors import BadInputError
from jsquared.faults import monitored, monitoring_down, prometheus_disk_full
from jsquared.faults.catalogue import FAULTS, complete
from jsquared.faults.fault import ActiveFault
from jsquared.faults.monitored import check_monitored
from jsquared.records.alert_results import PlannedAlerts
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.capability import Capability

OF_MONITORING = sorted(name for name, fault in FAULTS.items() if fault.of_monitoring)


class Watched:
    """Monitoring that does what it is told, or, with bound hands, nothing."""

    def __init__(self, *, bound: bool = False) -> None:
        self.bound = bound
        self.away: set[str] = set()
        self.tolerated: list[tuple[str, bool]] = []
        self.refusing = False
        self.refused = 0
        self.full = False
        self.storage = self

    def end(self, part: str) -> None:
        """A part goes."""
        if not self.bound:
            self.away.add(part)

    def bring_back(self, part: str) -> None:
        """A part returns."""
        self.away.discard(part)

    def answers(self, part: str) -> bool:
        """Whether it is there."""
        return part not in self.away

    def refuse(self, refuse: bool) -> None:
        """The receiver refuses, and is told something at once."""
        self.refused += int(refuse and not self.bound)
        self.refusing = refuse

    def tolerate(self, part: str, tolerate: bool) -> None:
        """Leave is given or taken back."""
        self.tolerated.append((part, tolerate))

    def newest_sample_age_s(self) -> float:
        """How old its newest sample is."""
        return math.inf if self.full else 0.1

    # --- The disk that it stores on.

    def fill(self, _: object) -> None:
        """No room."""
        self.full = not self.bound

    def make_room(self, _: object) -> None:
        """Room."""
        self.full = False

    def write_error(self, _: object) -> str:
        """What a write gives."""
        return "ENOSPC" if self.full else ""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here takes time, so nothing is waited for."""
    for module in (monitored, monitoring_down, prometheus_disk_full):
        monkeypatch.setattr(module, "RETURN_LIMIT_S", 0.0)
    monkeypatch.setattr(prometheus_disk_full, "LONGEST_BLIND_S", -7.5)


def deployment(watched: Watched | None) -> RunningDeployment:
    """A trial with that monitoring."""
    plan = SimpleNamespace(scenario="a", needs=(Capability.DISK,), alerts=PlannedAlerts(profile="5s", scrape_ms=5000))
    return cast(
        "RunningDeployment", SimpleNamespace(monitoring=watched, plan=plan, sandbox=SimpleNamespace(disk=watched))
    )


def injected(name: str, watched: Watched, given: Mapping[str, Any] | None = None) -> ActiveFault:
    """A fault that has been injected."""
    return FAULTS[name].inject(deployment(watched), (), complete(FAULTS[name], given or {}))


@pytest.mark.parametrize("name", OF_MONITORING)
def test_it_bites_and_heals(name: str) -> None:
    """Both are shown, and all is as before."""
    watched = Watched()
    active = injected(name, watched)
    assert active.bit().ok, active.bit().sentence
    active.heal()
    assert active.healed().ok, active.healed().sentence
    assert (watched.away, watched.refusing, watched.full) == (set(), False, False)
    assert not watched.tolerated or watched.tolerated[-1][1] is False


@pytest.mark.parametrize("name", OF_MONITORING)
def test_without_effect_it_does_not_claim_to_have_bitten(name: str) -> None:
    """Where the hands are bound, the proof fails."""
    assert not injected(name, Watched(bound=True)).bit().ok


def test_a_prometheus_that_has_ended_is_blind_too() -> None:
    """It may end for lack of room: that is proof enough, and it is brought back."""
    watched = Watched()
    active = injected("prometheus-disk-full", watched)
    watched.away.add("prometheus")
    assert active.bit().ok
    active.heal()
    assert watched.away == set()


@pytest.mark.parametrize("name", OF_MONITORING)
def test_a_trial_without_monitoring_refuses_it(name: str) -> None:
    """The hint says how a trial is monitored; targets make no sense."""
    with pytest.raises(BadInputError, match="nothing monitors this trial"):
        FAULTS[name].inject(deployment(None), (), complete(FAULTS[name], {}))
    with pytest.raises(BadInputError, match="it has no targets"):
        FAULTS[name].inject(deployment(Watched()), ("primary",), complete(FAULTS[name], {}))
    with pytest.raises(BadInputError, match="--alerts"):
        check_monitored([FAULTS[name]], is_monitored=False, where="scenario 'x'")
    check_monitored([FAULTS[name]], is_monitored=True, where="scenario 'x'")
    check_monitored([FAULTS["kill"]], is_monitored=False, where="scenario 'x'")
