"""What the events of a trial mean for somebody who waits for it: no line says more than its event proves."""

from jsquared.records.alert_events import MonitoringFailed
from jsquared.records.event import Event
from jsquared.records.event_types import (
    AgreementChanged,
    Converged,
    FaultBit,
    FaultHealed,
    FaultHealing,
    FaultStarted,
    Phase,
    Recovery,
    RoleChanged,
    StandUpFailed,
    StepBegan,
    StepEnded,
    WritesCounted,
)

_PHASE_WORDS = {
    "stand-up": "standing up",
    "monitoring": "waiting until Prometheus has scraped every server a few times",
    "load": "load is on",
    "change": "the change begins",
    "settle": "waiting for convergence",
    "load-end": "load has ended",
    "read-back": "reading everything back",
    "done": "judging",
    "interrupted": "interrupted, judging what was recorded",
    "ended-early": "ended early, judging what was recorded",
}
_RECOVERY_WORDS = {
    "writes": "writes are acknowledged by another primary",
    "promotion": "a majority of the Sentinels names another primary",
    "steady": "writes were acknowledged after the first 2.5 s of load",
}
"""By the plan's test of recovery: what it proves. Only the first says that writes are back."""


def rates(counted: WritesCounted) -> str:
    """Return what came of the writes, a second."""
    seconds = max(counted.window_ms, 1.0) / 1000
    acknowledged, failed, unknown = (
        f"{round(number / seconds):,}" for number in (counted.acknowledged, counted.failed, counted.unknown)
    )
    return f"writes a second: {acknowledged} acknowledged, {failed} refused or not sent, {unknown} unknown"


class TrialWords:
    """Turns the events of one trial, in their order, into words."""

    def __init__(self) -> None:
        self._not_injected: set[str] = set()
        self._roles: dict[str, str] = {}
        self._agreed: str | None = None

    def words_for(self, event: Event) -> str:
        """Return an event's meaning for a waiting user, empty if there is none."""
        match event:
            case FaultStarted() | FaultBit() | FaultHealing() | FaultHealed():
                return self._of_fault(event)
            case RoleChanged():
                return self._of_role(event)
            case AgreementChanged():
                return self._of_agreement(event)
        return _of_lab(event)

    def _of_fault(self, event: FaultStarted | FaultBit | FaultHealing | FaultHealed) -> str:
        words = ""
        match event:
            case FaultStarted() if event.targets:
                words = f"{event.name} {', '.join(event.targets)}"
            case FaultStarted():
                self._not_injected.add(event.fault)  # the proof that comes next says why
            case FaultHealing() if event.fault not in self._not_injected:
                words = f"healing {event.fault}"
            case FaultBit() if not event.ok:
                words = f"{event.fault}: no proof of its effect: {event.evidence}"
            case FaultHealed() if not event.ok:
                words = f"{event.fault}: no proof that it has healed: {event.evidence}"
        return words

    def _of_role(self, event: RoleChanged) -> str:
        before = self._roles.get(event.source, "primary")  # what a node is at first is no news
        self._roles[event.source] = event.role
        return f"{event.source} reports the role primary" if before != event.role == "primary" else ""

    def _of_agreement(self, event: AgreementChanged) -> str:
        before, self._agreed = self._agreed, event.primary
        if before is None or before == event.primary:
            return ""
        return (
            f"a majority of the Sentinels names {event.primary}" if event.primary else "the Sentinels have no majority"
        )


def _of_lab(event: Event) -> str:
    """The words for what the lab itself did or saw."""
    words = ""
    match event:
        case Phase():
            words = _PHASE_WORDS.get(event.phase, "")
        case Recovery():
            words = _of_recovery(event)
        case Converged():
            words = "converged" if event.ok else f"not converged: {event.detail}"
        case StandUpFailed():
            words = f"did not come up: {event.detail}"
        case WritesCounted():
            words = rates(event)
        case MonitoringFailed():
            words = f"nothing is known of alerts from now on: {event.part} failed ({event.detail})"
        case StepBegan():
            words = f"{'taking back ' if event.back else ''}step {event.number}: {event.does} {event.source}"
        case StepEnded() if not event.ok:
            words = f"step {event.number}: {event.reason}"
    return words


def _of_recovery(event: Recovery) -> str:
    proven = _RECOVERY_WORDS.get(event.test or "", "")
    if event.ok:
        return proven or "recovery was seen"
    awaited = f" ({proven})" if proven else ""
    within = "" if event.waited_ms is None else f" within {event.waited_ms / 1000:.0f} s"
    return f"recovery{awaited} was not seen{within}; the schedule goes on"
