"""The Sentinels of a trial's picture: who considered the primary down, who led the failover, and whom each one names."""

from dataclasses import dataclass, replace

from jsquared.records.event_types import AgreementChanged, SentinelEvent
from jsquared.records.events import master_of
from jsquared.records.plan import Plan
from jsquared.records.run_directory import TrialRecord
from jsquared.report.lanes import sentinel_changes, state_at
from jsquared.report.words import abort_reason

ABORT = "-failover-abort-"


@dataclass(frozen=True)
class Watcher:
    """A Sentinel: its state at the moment that is drawn (``up``, ``tilt``, ``down``, ``paused``), and what it said until then."""

    name: str
    state: str
    doubted: bool = False
    """It considered the primary down."""
    led: bool = False
    """It was elected, or promoted a replica."""
    names: str = ""
    """The node that it names as primary; empty where it names none."""
    reason: str = ""
    """Why it gave up a failover, in words; empty where it did not."""
    faults: tuple[str, ...] = ()


def watchers(
    record: TrialRecord, fault_ms: float | None, drawn_ms: float, tags: dict[str, tuple[str, ...]]
) -> list[Watcher]:
    """Every Sentinel of the plan, at the moment that is drawn."""
    votes = _votes(record, drawn_ms)
    found = {
        node.name: Watcher(
            name=node.name,
            state=state_at(sentinel_changes(record, node), drawn_ms) or "up",
            names=votes.get(node.name, ""),
            faults=tags.get(node.name, ()),
        )
        for node in record.plan.sentinels()
    }
    since_ms = drawn_ms if fault_ms is None else fault_ms
    for event in record.of(SentinelEvent):
        one = found.get(event.source)
        if one is not None and since_ms <= event.t_ms < drawn_ms and _concerns(record.plan, event):
            found[event.source] = _heard(one, event)
    return list(found.values())


def _heard(one: Watcher, event: SentinelEvent) -> Watcher:
    if event.event == "+sdown" and event.payload.startswith("master "):
        return replace(one, doubted=True)
    if event.event in ("+elected-leader", "+promoted-slave"):
        return replace(one, led=True)
    if event.event.startswith(ABORT):
        return replace(one, reason=abort_reason(event.event))
    return one


def _votes(record: TrialRecord, at_ms: float) -> dict[str, str]:
    """Return whom each Sentinel names as primary just before a moment."""
    said = [event for event in record.of(AgreementChanged) if event.t_ms < at_ms]
    return said[-1].votes if said else {}


def _concerns(plan: Plan, event: SentinelEvent) -> bool:
    return not plan.master_name or master_of(event) in ("", plan.master_name)
