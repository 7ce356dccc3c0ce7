"""The events of a trial that is monitored: what became of its alerts, and of what monitors it."""

import msgspec

from jsquared.records.event import Event, Time


class AlertChanged(Event, tag="alert", frozen=True):
    """Prometheus saw an alert begin to wait, fire, or end."""

    alert: str
    """Its name."""
    state: str
    """Pending, firing, resolved, or inactive: it waited and did not fire."""
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    """What tells it from others of that name."""


class AlertDelivered(Event, tag="alert-delivered", frozen=True):
    """A receiver was told of an alert by Alertmanager."""

    alert: str
    """Its name."""
    status: str
    """Firing or resolved."""
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    """What tells it from others of that name."""


class MonitoringFailed(Event, tag="monitoring", frozen=True):
    """A part of the monitoring does not do its work, so that nothing is known of alerts from then on."""

    part: str
    """Exporter, Prometheus, Alertmanager, targets or receiver."""
    detail: str = ""
    """What happened to it."""


class ExporterSilent(Event, tag="exporter-silent", frozen=True):
    """The exporter did not answer for its own health until now, for so long that a scrape of every server may be lost."""

    silent_ms: Time
    """So long, at the most."""


class RuleHealth(Event, tag="rule", frozen=True):
    """Prometheus could not compute a rule, or could again."""

    rule: str
    """The name of its alert, or of what it records."""
    group: str = ""
    """The group that it is in."""
    ok: bool = False
    """Whether it is computed."""
    error: str = ""
    """What Prometheus says of it."""
