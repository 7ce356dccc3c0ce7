"""Writes that a server answered and did not acknowledge: which error, how often, and the line of the configuration behind it.

A client that gets such answers has found the primary and waits for it, so this time is not the client's. The history has each reply
by its first word; the line is that of the node's configuration as it ran, or the value that a fault had set instead.
"""

import numpy as np
from numpy.typing import NDArray

from jsquared.check.timeline import Timeline
from jsquared.clock import NS_PER_MS
from jsquared.records import history as h
from jsquared.records.event_types import FaultStarted
from jsquared.records.operations import NEVER
from jsquared.records.verdict import Refusal
from jsquared.text import listed

UNCONFIRMED = "too few replicas acknowledged"
"""The reply to WAIT or WAITAOF: the server has the write, and the client's level of acknowledgement was not reached."""
PAUSE_MS = 1_000.0
"""Refusals further apart than this are not one wait: the client was somewhere else in between."""
DIRECTIVES: dict[str, tuple[str, ...]] = {
    "NOREPLICAS": ("min-replicas-to-write", "min-slaves-to-write"),
    "READONLY": ("replica-read-only", "slave-read-only"),
    "MISCONF": ("stop-writes-on-bgsave-error",),
    "OOM": ("maxmemory",),
    "BUSY": ("busy-reply-threshold", "lua-time-limit"),
    "MASTERDOWN": ("replica-serve-stale-data", "slave-serve-stale-data"),
}
"""Errors to the directives that demand them, the present name first, then that of older versions."""
MEANINGS = {
    "NOREPLICAS": "too few replicas were attached to it",
    "READONLY": "it was a replica",
    "LOADING": "it was loading its data",
    "MISCONF": "its last snapshot had failed",
    "OOM": "its memory was used up",
    "BUSY": "a script kept it busy",
    "MASTERDOWN": "its own primary was away",
    "NOAUTH": "it wanted another password",
    "NOPERM": "its ACL forbids the command",
    UNCONFIRMED: "too few replicas confirmed in time",
}
_CODES = np.array([h.ERROR_CODES[name] for name in (*MEANINGS, "other error reply")], dtype=np.uint8)


def refusals(
    timeline: Timeline, clients: tuple[str, ...], from_ms: float, until_ms: float, node: str = ""
) -> list[Refusal]:
    """The refusals that these clients got between two moments, of one node or of all, by node and error; the most frequent first."""
    operations = timeline.record.operations
    rows = _refused_rows(timeline, clients, from_ms, until_ms, node)
    kinds = {(int(operations.node[row]), int(operations.error[row])) for row in _representatives(timeline, rows)}
    nodes = [planned.name for planned in timeline.record.plan.data_nodes()]
    found = []
    for number, code in kinds:
        own = rows[(operations.node[rows] == number) & (operations.error[rows] == code)]
        at_ms = operations.completed_ns[own] / NS_PER_MS
        name = nodes[number] if number < len(nodes) else ""
        error = h.ERROR_NAMES[code]
        found.append(
            Refusal(
                node=name,
                error=error,
                count=len(own),
                first_ms=float(at_ms.min()),
                last_ms=float(at_ms.max()),
                directive=responsible(timeline, name, error, float(at_ms.max())),
                meaning=MEANINGS.get(error, ""),
            )
        )
    return sorted(found, key=lambda one: (-one.count, one.node, one.error))


def refused_since_ms(
    timeline: Timeline, clients: tuple[str, ...], from_ms: float, until_ms: float, node: str
) -> float | None:
    """Return the start of the refusals of a node that lasted until a moment, None where it refused nothing just before."""
    rows = _refused_rows(timeline, clients, from_ms, until_ms, node)
    at_ms = np.sort(timeline.record.operations.completed_ns[rows]) / NS_PER_MS
    if not len(at_ms) or until_ms - at_ms[-1] > PAUSE_MS:
        return None
    pauses = np.flatnonzero(np.diff(at_ms) > PAUSE_MS)
    return float(at_ms[pauses[-1] + 1 if len(pauses) else 0])


def _refused_rows(
    timeline: Timeline, clients: tuple[str, ...], from_ms: float, until_ms: float, node: str
) -> NDArray[np.intp]:
    record = timeline.record
    operations = record.operations
    parts = []
    for client in clients:
        own = operations.rows_of(record.client_number(client))
        completed = operations.completed_ns[own]
        mask = np.isin(operations.error[own], _CODES) & (completed != NEVER) & (operations.node[own] != h.NO_NODE)
        mask &= (completed >= from_ms * NS_PER_MS) & (completed <= until_ms * NS_PER_MS)
        if node:
            mask &= operations.node[own] == timeline.number_of(node)
        parts.append(np.flatnonzero(mask) + own.start)
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.intp)


def _representatives(timeline: Timeline, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """A row of each combination of node and error."""
    operations = timeline.record.operations
    pairs = operations.node[rows].astype(np.int64) * len(h.ERROR_NAMES) + operations.error[rows]
    _, first = np.unique(pairs, return_index=True)
    return rows[first]


def responsible(timeline: Timeline, node: str, error: str, at_ms: float) -> str:
    """The line that demands an error: as a fault had set it at that moment, else as the node's configuration has it; else empty.

    The level of acknowledgement stands for a line where replicas did not confirm.
    """
    if error == UNCONFIRMED:
        return f"--ack {timeline.record.plan.ack}"
    names = DIRECTIVES.get(error, ())
    if not names:
        return ""
    return _set_by_fault(timeline, node, names[0], at_ms) or _written(timeline, node, names) or names[0]


def _set_by_fault(timeline: Timeline, node: str, directive: str, at_ms: float) -> str:
    """The directive as a fault set it at run time (only ``set-min-replicas`` sets one that refuses writes)."""
    if directive != "min-replicas-to-write":
        return ""
    spans = {span.id: span for span in timeline.faults}
    for event in timeline.record.of(FaultStarted):
        span = spans[event.fault]
        if event.name == "set-min-replicas" and node in event.targets and span.start_ms <= at_ms <= span.end_ms:
            return f"{directive} {event.parameters.get('replicas', 1)}, as set by the fault {span.id}"
    return ""


def _written(timeline: Timeline, node: str, names: tuple[str, ...]) -> str:
    """The last line of the node's configuration with one of these names, as it ran here."""
    text = timeline.record.placement.config_files.get(f"{node}.conf", "")
    lines = [
        " ".join(line.split()) for line in text.splitlines() if line.split()[:1] and line.split()[0].lower() in names
    ]
    return lines[-1] if lines else ""


def sentence(found: list[Refusal]) -> str:
    """Describe refusals: ``redis-n3 refused 2,252 writes with NOREPLICAS (min-replicas-to-write 1)``; empty where there are none."""
    return listed([clause(one) for one in found])


def clause(one: Refusal) -> str:
    """One of them: who refused how many writes, with which error, because of which line."""
    because = f" ({one.directive})" if one.directive else ""
    times = "1 write" if one.count == 1 else f"{one.count:,} writes"
    who = one.node or "an unknown node"
    if one.error == UNCONFIRMED:
        return f"too few replicas of {who} confirmed {times}{because}"
    return f"{who} refused {times} with {one.error}{because}"
