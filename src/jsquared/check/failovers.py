"""Failovers, as the Sentinels' own events tell them (source: sentinel.c; order of events in docs/concepts/sentinel-events.md).

The same event arrives up to twice, through pub/sub (stamped on arrival) and from the Sentinel's log (stamped by itself): of
each, the log's stamp counts. One failover is one change of the monitored address; every Sentinel announces it with ``+switch-master``
when it learns of it, some of them late, and a Sentinel that was away may jump over one.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from jsquared.records.event_types import SentinelEvent
from jsquared.records.events import master_of
from jsquared.records.placement import Placement
from jsquared.records.plan import Plan
from jsquared.records.run_directory import TrialRecord


@dataclass
class Failover:
    """One change of primary: node names, and when each Sentinel switched."""

    old: str
    new: str
    switched_ms: dict[str, float] = field(default_factory=dict)

    @property
    def first_ms(self) -> float:
        """Return the time of the first Sentinel's announcement."""
        return min(self.switched_ms.values())


def sentinel_events(record: TrialRecord) -> list[SentinelEvent]:
    """The Sentinels' events, each once: the log's stamps unless pub/sub saw more of the same."""
    copies: dict[tuple[str, str, str], dict[str, list[SentinelEvent]]] = defaultdict(lambda: {"log": [], "pubsub": []})
    for event in record.of(SentinelEvent):
        via = "log" if event.via == "log" else "pubsub"
        copies[event.source, event.event, event.payload][via].append(event)
    chosen = [max(both["log"], both["pubsub"], key=len) for both in copies.values()]
    return sorted((event for events in chosen for event in events), key=lambda event: event.t_ms)


def node_at(placement: Placement, address: str, port: str, *, floating: bool = False) -> str:
    """The name of the data node at an address (or host name) and port, else ``address:port``.

    :param floating: whether a floating address means who has it at the start; later on no one can tell from the address alone.
    """
    for node in placement.data:
        if node.is_at(address) and str(node.port) == port:
            return node.name
    for one in placement.floating if floating else ():
        for node in placement.data:
            if (one.address, one.starts_on, str(node.port)) == (address, node.host, port):
                return node.name
    return f"{address}:{port}"


def promoted_node(placement: Placement, event: SentinelEvent) -> str:
    """The node that a ``+promoted-slave`` or ``+selected-slave`` names: ``slave NAME IP PORT @ …``."""
    words = event.payload.split()
    return node_at(placement, words[2], words[3]) if len(words) >= 4 else ""


def concerns(plan: Plan, event: SentinelEvent) -> bool:
    """True if a Sentinel's event is about the primary that the trial is about (or a replica or Sentinel of it), or about none at all."""
    return not plan.master_name or master_of(event) in ("", plan.master_name)


def failovers_elsewhere(record: TrialRecord) -> dict[str, list[Failover]]:
    """The failovers of every other monitored primary, by its name."""
    plan, events = record.plan, sentinel_events(record)
    return {
        master: failovers(record.placement, [event for event in events if master_of(event) == master])
        for master in plan.master_names[1:]
    }


def is_about_primary(event: SentinelEvent) -> bool:
    """True if a ``±sdown`` or ``±odown`` is about a monitored primary: ``master NAME IP PORT …``."""
    return event.payload.startswith("master ")


def announced_ms(plan: Plan, change: Failover, leader: str, events: list[SentinelEvent]) -> float | None:
    """Return when a majority of the Sentinels had announced the new address (the leader from ``+promoted-slave`` on), if any."""
    switched = dict(change.switched_ms)
    for event in events:
        if event.source == leader and event.event == "+promoted-slave":
            switched[leader] = min(switched.get(leader, event.t_ms), event.t_ms)
            break
    times = sorted(switched.values())
    majority = len(plan.sentinels()) // 2 + 1
    return times[majority - 1] if len(times) >= majority else None


def failovers(placement: Placement, events: list[SentinelEvent]) -> list[Failover]:
    """All failovers in the order in which they were first announced. ``events`` are those of :func:`sentinel_events`."""
    found: list[Failover] = []
    reached: dict[str, int] = defaultdict(lambda: -1)
    for event in events:
        words = event.payload.split()
        if event.event != "+switch-master" or len(words) < 5:
            continue
        old = node_at(placement, words[1], words[2], floating=True)
        new = node_at(placement, words[3], words[4])
        index = _index_of(found, new, reached[event.source] + 1)
        if index is None:
            found.append(Failover(old, new))
            index = len(found) - 1
        found[index].switched_ms[event.source] = event.t_ms
        reached[event.source] = index
    return found


def _index_of(found: list[Failover], new: str, first: int) -> int | None:
    """The earliest failover to ``new`` that this Sentinel has not announced yet."""
    for index in range(first, len(found)):
        if found[index].new == new:
            return index
    return None
