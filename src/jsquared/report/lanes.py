"""Lanes: what each node, Sentinel and client was at every moment, as segments on the common time axis.

A segment is ``[from_ms, to_ms, state, label, detail]``. States of nodes: ``primary``, ``replica``, ``detached`` (a replica whose
link to its primary is down), ``down``, ``paused``, ``starting``, ``up`` (a Sentinel), ``tilt``; over them ``cut``; of other lanes:
``phase``, ``fault``, ``phase-0`` and ``phase-1`` (in turn), ``agreed``, ``split``, ``serves`` and over it ``gap``.
"""

from itertools import pairwise
from typing import Any

import numpy as np

from jsquared.records import history as h
from jsquared.records.event_types import (
    AgreementChanged,
    FaultEvent,
    FaultHealed,
    FaultHealing,
    FaultStarted,
    FloatingMoved,
    Phase,
    ProcessChanged,
    RoleChanged,
    SentinelEvent,
)
from jsquared.records.plan import PlannedNode
from jsquared.records.run_directory import TrialRecord
from jsquared.records.verdict import PHASES, REFUSED, FaultResult, TrialVerdict
from jsquared.report.series import Axis, done_ms
from jsquared.report.words import PHASE_WORDS, refused
from jsquared.text import duration

Segment = list[Any]
FastPath = dict[str, Any]
Change = tuple[float, str, str, str]
"""When, and the state, label and detail from then on."""

_PROCESS_STATES = {"exited": "down", "stopped": "paused"}
_LABELS = {"detached": "replica, link down", "up": "running", "tilt": "TILT"}
# Whose traffic a narrowed cut concerns (the ``links`` of faults/links_of.py).
_CUT_ROLES = {
    "replication": ("data",),
    "clients": ("data", "client"),
    "sentinels": ("data", "sentinel"),
    "watch": ("data", "sentinel"),
    "votes": ("sentinel",),
}


def segments(changes: list[Change], end_ms: float) -> list[Segment]:
    """Segments from ``(t_ms, state, label, detail)`` changes: each lasts until the next; equal neighbours become one."""
    merged: list[Change] = []
    for change in changes:
        if not merged or merged[-1][1:] != change[1:]:
            merged.append(change)
    bounded = [*merged, (end_ms, "", "", "")]
    return [
        [round(start[0], 1), round(stop[0], 1), *start[1:]]
        for start, stop in pairwise(bounded)
        if stop[0] > start[0] and start[1]
    ]


def phase_lane(record: TrialRecord, axis: Axis) -> FastPath:
    """Return the lane of the lab's phases: stand-up, load, break, heal, settle, read-back."""
    changes = [(event.t_ms, "phase", event.phase, "") for event in record.of(Phase)]
    changes = [(at, state if label != "done" else "", label, detail) for at, state, label, detail in changes]
    return {"name": "Lab", "segments": segments(changes, axis.end_ms)}


def fault_lanes(faults: list[FaultResult], axis: Axis) -> list[FastPath]:
    """A lane for each fault, from where it began to where it had healed (or the end)."""
    return [
        {
            "name": f"Fault {fault.id}",
            "segments": [
                [
                    round(fault.started_ms, 1),
                    round(axis.end_ms if fault.healed_ms is None else fault.healed_ms, 1),
                    "fault",
                    f"{fault.name} {', '.join(fault.targets)}",
                    fault.evidence,
                ]
            ],
        }
        for fault in faults
        if fault.started_ms is not None
    ]


def failover_lane(verdict: TrialVerdict) -> FastPath | None:
    """The failover's phases one after the other, None where there was no failover."""
    parts = failover_phases(verdict)
    if not parts:
        return None
    return {
        "name": "Failover",
        "segments": [
            [round(part["from"], 1), round(part["to"], 1), f"phase-{number % 2}", part["name"], part["words"]]
            for number, part in enumerate(parts)
            if part["to"] > part["from"]
        ],
    }


def failover_phases(verdict: TrialVerdict) -> list[dict[str, Any]]:
    """Name, start, end and length of each phase that was measured, on the trial's clock."""
    marks = verdict.phase_marks_ms
    if not verdict.phases_ms or "fault" not in marks:
        return []
    at_ms, parts = marks["fault"], []
    for name in (*PHASES, REFUSED):
        if name not in verdict.phases_ms:
            continue
        until_ms = marks.get(name, at_ms + verdict.phases_ms[name])
        took_ms = verdict.phases_ms[name]
        words = refused(verdict.refusals) if name == REFUSED and verdict.refusals else PHASE_WORDS[name]
        shown = "refused by the server" if name == REFUSED else name
        parts.append({"name": shown, "from": at_ms, "to": until_ms, "took": took_ms, "words": words})
        at_ms = until_ms
    return parts


def data_lane(record: TrialRecord, node: PlannedNode, axis: Axis) -> FastPath:
    """Role and health of a data node, from its role and process events."""
    return _server_lane(record, node, data_changes(record, node), axis)


def data_changes(record: TrialRecord, node: PlannedNode) -> list[Change]:
    """Return every change of a data node's state."""
    changes: list[Change] = []
    role, process = ("", ""), ""
    for event in record.events:
        if event.source != node.name or not isinstance(event, RoleChanged | ProcessChanged):
            continue
        if isinstance(event, ProcessChanged):
            process = _process(event.state)
            role = ("", "") if process == "starting" else role
        else:
            role = _role(event)
            process = "" if process == "starting" and role[0] != "down" else process
        state = process or role[0]
        changes.append((event.t_ms, state, _LABELS.get(state, state), "" if process else role[1]))
    return changes


def state_at(changes: list[Change], at_ms: float) -> str:
    """The state of a server just before a moment, empty before its first change."""
    return next((state for t_ms, state, _, _ in reversed(changes) if t_ms < at_ms), "")


def _server_lane(record: TrialRecord, node: PlannedNode, changes: list[Change], axis: Axis) -> FastPath:
    """The changes of a server's state as segments, with the cuts of its links over them."""
    return {
        "name": node.name,
        "segments": segments(changes, axis.end_ms),
        "over": _cuts(record, node.name, node.host, node.role, axis),
    }


def _process(state: str) -> str:
    """The state that overrides a role: of a running process, none."""
    return "starting" if state == "started" else _PROCESS_STATES.get(state, "")


def _role(event: RoleChanged) -> tuple[str, str]:
    role, link, primary = event.role, event.link, event.of
    offset = f"offset {event.offset or 0:,}"
    if role != "replica":
        return role, "" if role == "down" else offset
    detail = f"of {primary or 'no one'}, link {link or 'unknown'}, {offset}"
    return ("detached" if link == "down" else "replica"), detail


def sentinel_lane(record: TrialRecord, node: PlannedNode, axis: Axis) -> FastPath:
    """Health of a Sentinel: running, paused, down, in TILT."""
    return _server_lane(record, node, sentinel_changes(record, node), axis)


def sentinel_changes(record: TrialRecord, node: PlannedNode) -> list[Change]:
    """Return every change of a Sentinel's state."""
    changes: list[Change] = []
    process, tilt = "", False
    for event in record.events:
        if event.source != node.name or not isinstance(event, ProcessChanged | SentinelEvent):
            continue
        if isinstance(event, ProcessChanged):
            started = event.state
            process = _PROCESS_STATES.get(started, "up")
            tilt = tilt and started != "started"
        else:
            tilt = {"+tilt": True, "-tilt": False}.get(event.event, tilt)
        state = "tilt" if tilt and process in ("", "up") else process or "up"
        changes.append(
            (
                event.t_ms,
                state,
                _LABELS.get(state, state),
                "it takes no action while in TILT" if state == "tilt" else "",
            )
        )
    return changes


def _cuts(record: TrialRecord, name: str, host: str, role: str, axis: Axis) -> list[Segment]:
    """Return the cut links of a node or client, from its faults' resolved targets."""
    healed = {
        event.fault: event.t_ms
        for event in reversed(record.of(FaultEvent))
        if isinstance(event, FaultHealing | FaultHealed)
    }
    spans = []
    for event in record.of(FaultStarted):
        links = event.links or ""
        if event.sides is None or role not in _CUT_ROLES.get(links, (role,)):
            continue
        if {name, host} & set(event.targets):
            end_ms = healed.get(event.fault, axis.end_ms)
            label = "cut off" if links in ("", "all") else f"{links} cut"
            spans.append([round(event.t_ms, 1), round(end_ms, 1), "cut", label, cut_words(event)])
    return spans


def cut_words(started: FaultStarted) -> str:
    """Describe the links that a fault cut: ``all links cut between n1, c1 and n2, n3``."""
    links = started.links or "all"
    sides = [", ".join(side) for side in started.sides or ()]
    words = f"{links} links cut" + (f" between {' and '.join(sides)}" if sides else "")
    direction = started.direction or "both"
    return words if direction == "both" else f"{words}, {direction} only"


def agreement_lane(record: TrialRecord, axis: Axis) -> FastPath:
    """Return the lane of the data node that the Sentinels agree on as the primary; ``split`` while they disagree."""
    changes = []
    for event in record.of(AgreementChanged):
        agreed = event.primary
        detail = ", ".join(f"{name}: {vote or 'none'}" for name, vote in sorted(event.votes.items()))
        changes.append((event.t_ms, "agreed" if agreed else "split", agreed or "they disagree", detail))
    return {"name": "Agreed primary", "segments": segments(changes, axis.end_ms)}


def floating_lanes(record: TrialRecord, axis: Axis) -> list[FastPath]:
    """Return a lane for each floating address with its host; ``split`` while several have it."""
    return [
        {"name": f"Address {one.written}", "segments": segments(_holders(record, one.written), axis.end_ms)}
        for one in record.plan.floating
    ]


def _holders(record: TrialRecord, address: str) -> list[Change]:
    changes = []
    for event in record.of(FloatingMoved):
        if event.address == address:
            holders = event.holders
            state = "split" if len(holders) > 1 else "agreed" if holders else "gap"
            changes.append((event.t_ms, state, ", ".join(holders) or "no host has it", event.why))
    return changes


def client_lane(record: TrialRecord, verdict: TrialVerdict, name: str, axis: Axis) -> FastPath:
    """Return the lane of the nodes that acknowledged a client's writes, bucket by bucket, with its longest write gap."""
    nodes = [node.name for node in record.plan.data_nodes()]
    operations = record.operations
    rows = (operations.outcome == h.OK) & (operations.client == record.client_number(name))
    bucket, node = axis.bucket_of(done_ms(operations)[rows]), operations.node[rows]
    votes = np.zeros((len(nodes) + 1, axis.buckets), dtype=np.int64)
    np.add.at(votes, (np.minimum(node, len(nodes)), bucket), 1)
    winner = np.where(votes.sum(axis=0) > 0, votes.argmax(axis=0), -1)
    edges = np.flatnonzero(np.diff(winner, prepend=-2))
    names = [*nodes, "an unknown node"]
    changes = [_served(int(edge), int(winner[edge]), names, axis) for edge in edges]
    gaps: list[Segment] = [
        [
            round(gap.from_ms, 1),
            round(gap.until_ms, 1),
            "gap",
            f"no write for {duration(gap.gap_ms)}",
            "" if gap.resumed else "until the load ended",
        ]
        for gap in verdict.gaps
        if gap.client == name and gap.gap_ms >= axis.bucket_ms
    ]
    host = next(client.host for client in record.plan.clients if client.name == name)
    lost: list[Segment] = [
        [round(loss.first_ms, 1), round(loss.last_ms, 1), "lost", f"{loss.count:,} of these were lost", loss.cause]
        for loss in verdict.losses
        if loss.client == name
    ]
    over = [*gaps, *_cuts(record, name, host, "client", axis), *lost]
    return {"name": name, "segments": segments(changes, axis.end_ms), "over": over}


def _served(bucket: int, winner: int, names: list[str], axis: Axis) -> tuple[float, str, str, str]:
    if winner < 0:
        return bucket * axis.bucket_ms, "", "", ""
    return bucket * axis.bucket_ms, "serves", names[winner], f"its writes are acknowledged by {names[winner]}"
