"""An alert: a condition over what the exporter measures, how long it must last, and what whoever is woken by it should know.

Expressions are PromQL over two jobs: ``redis`` has the data nodes, with the labels ``deployment``, ``master_name`` and ``instance`` (the
node's address), and ``sentinel`` has the Sentinels, with ``deployment`` and ``instance``. Spans of time depend on how often is scraped and
are written as ``<window>``, ``<storm>``, ``<long>``, ``<short>`` and ``<moment>`` (:class:`jsquared.monitor.profile.Profile`).
"""

from dataclasses import dataclass, field
from enum import StrEnum

from jsquared.monitor.example import SCRAPES, Case, Series
from jsquared.monitor.profile import Profile


class Severity(StrEnum):
    """The urgency: somebody must act now, somebody should look today, or nobody need be told."""

    CRITICAL = "critical"
    WARNING = "warning"
    NONE = "none"


class Area(StrEnum):
    """The part of a team's work that an alert is about, by which it is routed."""

    INFRASTRUCTURE = "infrastructure"
    SECURITY = "security"
    APPLICATION = "application"
    UI = "ui"


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One alert with its runbook. ``look_at`` and ``do`` are steps, in order, as short sentences."""

    name: str
    severity: Severity
    area: Area = Area.INFRASTRUCTURE
    expr: str
    hold_scrapes: int = 0
    """The condition must last for so many scrapes before it fires."""
    least_hold_s: int = 0
    """It must last at least so many seconds, however often is scraped."""
    keep_firing_s: int = 0
    """It fires so many seconds longer than the condition lasts (Prometheus 2.42 or newer)."""
    summary: str
    """One line, with Prometheus' templates: ``{{ $labels.instance }} does not answer``."""
    means: str
    look_at: tuple[str, ...]
    do: tuple[str, ...]
    example: Series = field(default_factory=dict)
    """What changes in the series of a sound deployment (:mod:`jsquared.monitor.example`) so that it fires."""
    example_scrapes: str = str(SCRAPES)
    """How long that goes on, as in :class:`jsquared.monitor.example.Case`."""
    cases: tuple[Case, ...] = ()
    """Other situations in which it must fire, or must not."""

    def expression(self, profile: Profile) -> str:
        """Return the PromQL expression for a profile."""
        return profile.filled(self.expr)

    def hold_s(self, profile: Profile) -> int:
        """Return how long the condition must last, in seconds."""
        return max(self.hold_scrapes * profile.scrape_s, self.least_hold_s)
