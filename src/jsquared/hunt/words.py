"""The finds of a hunt, in words that can be understood without a file."""

from jsquared.hunt.attempt import LOSSES
from jsquared.hunt.draw import Schedule
from jsquared.records.plan import PlannedFault
from jsquared.records.verdict import LossGroup, TrialVerdict
from jsquared.scenario.moments import Moment
from jsquared.text import counted, duration, listed


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
    """Return the resolved targets of each fault in a run: ``cut: n1, n2, c1``."""
    return "; ".join(f"{fault.id}: {', '.join(fault.targets)}" for fault in verdict.faults if fault.targets)


def largest_loss(verdict: TrialVerdict) -> LossGroup | None:
    """The cause that cost most; of lost operations only where no write was lost."""
    return max(verdict.losses or verdict.operation_losses, key=lambda loss: loss.count, default=None)


def lost_in_words(verdict: TrialVerdict) -> str:
    """How many acknowledged writes, or else operations, were lost: ``3 of 700 acknowledged writes``; empty where none was."""
    for count, what in ((verdict.writes, "write"), (verdict.operations, "operation")):
        if count.lost:
            return f"{count.lost:,} of {counted(count.acknowledged, f'acknowledged {what}')}"
    return ""


def consequence(verdict: TrialVerdict) -> str:
    """Return the consequence in a violating run: the loss with its cause, or what did not recover."""
    lost = lost_in_words(verdict)
    if lost and any(o.name in LOSSES and o.outcome == "violated" for o in verdict.objectives):
        loss = largest_loss(verdict)
        cause = f" ({loss.cause}: {loss.explanation[:1].lower()}{loss.explanation[1:].rstrip('.')})" if loss else ""
        return f"{lost} were lost{cause}"
    missed = [objective.reason for objective in verdict.objectives if objective.outcome == "violated"]
    if not missed and verdict.outcome == "violated":
        missed = verdict.reasons
    return missed[0] if missed else "nothing was violated"
