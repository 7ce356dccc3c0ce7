"""Every monitored primary's own failover, from the Sentinels' events alone: clients write to one of them only."""

from dataclasses import dataclass

from jsquared.check.failovers import Failover, announced_ms, failovers, promoted_node, sentinel_events
from jsquared.check.timeline import Timeline
from jsquared.records.event_types import SentinelEvent
from jsquared.records.events import master_of
from jsquared.records.run_directory import TrialRecord
from jsquared.text import duration, listed


@dataclass(frozen=True)
class GroupFailover:
    """The first failover of one monitored primary after the first fault: ``took_ms`` until a majority of the Sentinels gave the new
    address, None while none did.
    """

    master: str
    took_ms: float | None


def group_failovers(timeline: Timeline) -> list[GroupFailover]:
    """One for each monitored primary, the trial's own first."""
    record = timeline.record
    events = sentinel_events(record)
    since = _fault_ms(timeline)
    found = []
    for master in record.plan.master_names:
        own = [event for event in events if master_of(event) == master and event.t_ms >= since]
        changes = failovers(record.placement, own)
        times = [at for change in changes if (at := _announced(record, change, own)) is not None]
        found.append(GroupFailover(master, times[0] - since if times else None))
    return found


def _fault_ms(timeline: Timeline) -> float:
    return min((span.start_ms for span in timeline.faults), default=float("inf"))


def _announced(record: TrialRecord, change: Failover, events: list[SentinelEvent]) -> float | None:
    promoters = (
        event.source
        for event in events
        if event.event == "+promoted-slave" and promoted_node(record.placement, event) == change.new
    )
    return announced_ms(record.plan, change, next(promoters, ""), events)


def waited_ms(timeline: Timeline) -> float:
    """Return the time that the Sentinels had before the first heal gave an old primary back."""
    healed = min((span.healing_ms for span in timeline.faults if span.healing_ms is not None), default=timeline.end_ms)
    return max(0.0, healed - _fault_ms(timeline))


def sentence(found: list[GroupFailover], waited: float) -> str:
    """Describe the fate of each primary; ``waited`` in ms is named where one was not replaced."""
    took = [f"{one.master} after {duration(one.took_ms)}" for one in found if one.took_ms is not None]
    missing = [one.master for one in found if one.took_ms is None]
    if not missing:
        return f"every monitored primary was replaced: {listed(took)}"
    others = f" (for {listed(took)})" if took else ""
    return f"no new primary was announced for {listed(missing)} within {duration(waited)}{others}"
