"""What a hunt found, in words that need no file to be understood."""

from jsquared.campaign.hunt_draw import Schedule
from jsquared.check.phrases import counted, listed
from jsquared.faults.schedule import Moment
from jsquared.records.plan import PlannedFault
from jsquared.records.verdict import LossGroup, TrialVerdict
from jsquared.report.words import duration


def faults_in_words(schedule: Schedule) -> str:
    """``cut primary and client:1 at 1 s for 9.5 s; kill replica:1 at 2 s for 7 s``."""
    return "; ".join(f"{fault.name} {_who(fault)}{_times(fault)}" for fault in schedule)


def _who(fault: PlannedFault) -> str:
    who = listed(list(fault.targets))
    settings = ", ".join(f"{name} {_value(value)}" for name, value in fault.parameters.items())
    return f"{who} ({settings})" if settings else who


def _value(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _times(fault: PlannedFault) -> str:
    start, heal = Moment.parse(fault.start), Moment.parse(fault.heal)
    began = f" at {duration(start.after_ms)}" if start.anchor == "load" else f" {start}"
    return f"{began} for {duration(heal.after_ms)}" if heal.anchor == "injection" else f"{began}, healed {heal}"


def hosts_in_words(verdict: TrialVerdict) -> str:
    """Whom the targets of each fault meant in a run: ``cut: n1, n2, c1``."""
    return "; ".join(f"{fault.id}: {', '.join(fault.targets)}" for fault in verdict.faults if fault.targets)


def largest_loss(verdict: TrialVerdict) -> LossGroup | None:
    """The cause that cost most."""
    return max(verdict.losses, key=lambda loss: loss.count, default=None)


def consequence(verdict: TrialVerdict) -> str:
    """What a violating run showed: the loss with its cause, or what did not recover."""
    writes = verdict.writes
    if writes.lost and any(o.name == "lost_writes" and o.outcome == "violated" for o in verdict.objectives):
        loss = largest_loss(verdict)
        cause = f" ({loss.cause}: {loss.explanation[:1].lower()}{loss.explanation[1:].rstrip('.')})" if loss else ""
        return f"{writes.lost:,} of {counted(writes.acknowledged, 'acknowledged write')} were lost{cause}"
    missed = [objective.reason for objective in verdict.objectives if objective.outcome == "violated"]
    return missed[0] if missed else "nothing was violated"
