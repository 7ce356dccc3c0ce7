"""Alerts of a trial: which ones its plan expects, and what became of each."""

import msgspec


class ExpectedAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that must fire in a trial, at most so long after its first fault."""

    alert: str
    within_ms: float
    arrives_within_ms: float = 0.0
    """So soon it must have arrived, where the way to its receiver is broken on purpose; 0: as soon as it must fire."""
    after_heal: bool = False
    """Whether it can fire only once what was broken is whole again, since what sees it is broken too."""

    @property
    def arrival_ms(self) -> float:
        """Return how soon it must have arrived."""
        return max(self.within_ms, self.arrives_within_ms)


class PlannedAlerts(msgspec.Struct, frozen=True, kw_only=True):
    """The monitoring of a trial, and the alerts that are asked of it."""

    profile: str
    """The interval between scrapes: ``5s``."""
    scrape_ms: int
    judged: bool = True
    """False for rules of the user's own, of which nobody has said when they must fire: they are measured and not judged."""
    expected: tuple[ExpectedAlert, ...] = ()
    accepted: tuple[str, ...] = ()
    """Alerts that may fire: their condition can hold for a while, or not long enough."""

    def knows(self, alert: str) -> bool:
        """True if an alert may fire in this trial."""
        return not self.judged or alert in self.accepted or any(one.alert == alert for one in self.expected)


class AlertResult(msgspec.Struct, kw_only=True):
    """One alert in one trial. Times are ms after the first fault; those of alerts that are not expected are facts."""

    alert: str
    expected: bool = False
    within_ms: float | None = None
    """So soon it had to fire; None where it is not expected."""
    arrives_within_ms: float | None = None
    """So soon it had to arrive."""
    pending_ms: float | None = None
    """When its condition was first seen; None: never."""
    fired_ms: float | None = None
    delivered_ms: float | None = None
    """When a receiver first had it."""
    resolved_ms: float | None = None
    """When it no longer fired anywhere; None: it still fired at the end, or never had."""
    missed: bool | None = False
    """Expected, and not fired and delivered in time, though everything that measures was alive; None where that is not proven."""
    false: bool | None = False
    """Fired though nothing in this trial justifies it; None where that is not proven."""


class FailedRule(msgspec.Struct, kw_only=True):
    """A rule that Prometheus could not compute after the first fault. Times are ms after that fault."""

    rule: str
    """The name of its alert, or of what it records."""
    error: str
    """What Prometheus said of it."""
    failed_ms: float
    """When that was first seen; negative before the fault."""
    computed_ms: float | None = None
    """When it was seen to be computed again; None: never."""
