"""Lost writes as groups that share a cause, a fault, an acknowledging node and a client, with a sentence for each group."""

from collections import defaultdict
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from jsquared.check.loss_causes import Batch, Found, Times, Tracer
from jsquared.check.loss_patterns import pattern
from jsquared.check.timeline import Timeline
from jsquared.clock import NS_PER_MS
from jsquared.records import history as h
from jsquared.records.operations import NEVER
from jsquared.records.verdict import LossGroup
from jsquared.text import counted

_KEYS_SHOWN = 20
_PATTERNED = ("unexplained", "broken confirmation")
"""Causes that no fault accounts for: what the losses have in common is then the trace to follow."""


def explain_losses(
    timeline: Timeline,
    rows: NDArray[np.intp],
    found: NDArray[np.uint8],
    *,
    key_of: Callable[[int, int], bytes] | None = None,
) -> list[LossGroup]:
    """Group lost rows by cause, fault, acknowledging node and client, the largest group first. ``found`` is the final primary's.

    :param key_of: the key that a client's slot is about, where these are not unique writes.
    """
    name = key_of or (lambda client, slot: h.key_of(h.KEY_PREFIX, client, slot))
    operations = timeline.record.operations
    groups: list[LossGroup] = []
    pairs = operations.client[rows].astype(np.int64) * 256 + operations.node[rows]
    for pair in np.unique(pairs):
        mine = rows[pairs == pair]
        client, number = divmod(int(pair), 256)
        batch = Batch(_node_name(timeline, number), mine, _acknowledged_ms(timeline, mine))
        together: dict[tuple[str, str], list[Found]] = defaultdict(list)
        for cause, part in Tracer(timeline, found).causes(batch):
            together[cause.name, cause.fault].append((cause, part))
        groups.extend(_group(timeline, batch.node, client, parts, name) for parts in together.values())
    return sorted(groups, key=lambda group: (-group.count, group.first_ms))


def _node_name(timeline: Timeline, number: int) -> str:
    nodes = timeline.record.plan.data_nodes()
    return nodes[number].name if number < len(nodes) else "an unknown node"


def _acknowledged_ms(timeline: Timeline, rows: NDArray[np.intp]) -> Times:
    operations = timeline.record.operations
    completed = operations.completed_ns[rows]
    return np.where(completed == NEVER, operations.intended_ns[rows], completed) / NS_PER_MS


def _group(
    timeline: Timeline, node: str, client: int, parts: list[Found], key_of: Callable[[int, int], bytes]
) -> LossGroup:
    rows = np.concatenate([part for _, part in parts])
    at_ms = _acknowledged_ms(timeline, rows)
    slots = np.sort(timeline.record.operations.slot[rows])[:_KEYS_SHOWN]
    clients = timeline.record.plan.clients
    return LossGroup(
        cause=parts[0][0].name,
        explanation=_sentence(node, parts)
        + (_pattern(timeline, client, rows) if parts[0][0].name in _PATTERNED else ""),
        node=node,
        client=clients[client].name if client < len(clients) else f"client number {client}",
        count=len(rows),
        first_ms=float(at_ms.min()),
        last_ms=float(at_ms.max()),
        fault=parts[0][0].fault,
        keys=list(dict.fromkeys(key_of(client, int(slot)).decode() for slot in slots)),
    )


def _sentence(node: str, parts: list[Found]) -> str:
    if len(parts) == 1:
        return f"Acknowledged by {node} {parts[0][0].clause}."
    clauses = [f"{counted(len(rows), 'write')} {cause.clause}" for cause, rows in parts]
    return f"Acknowledged by {node}: {'; '.join(clauses)}."


def _pattern(timeline: Timeline, client: int, rows: NDArray[np.intp]) -> str:
    operations = timeline.record.operations
    own = np.flatnonzero((operations.client == client) & (operations.outcome == h.OK))
    ordered = rows[np.argsort(operations.slot[rows])]
    return pattern(operations.slot[ordered], _acknowledged_ms(timeline, ordered), _acknowledged_ms(timeline, own))
