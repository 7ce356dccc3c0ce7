"""Lanes of a timeline: what each server was at every moment, as far as its own lines and the Sentinels' tell."""

import datetime
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jsquared.monitor.logs import document as d
from jsquared.monitor.logs.event_list import KILLED
from jsquared.report.lanes import Change, segments

BEFORE_MS = 2_000.0
AFTER_MS = 3_000.0
MOST_MARKS = 200
"""Of one lane."""
LONGEST_MS = 15 * 60_000.0
"""A picture shows no more after the announcement, however late the old primary returns."""
_STATES = {
    "starting": "starting",
    "promoted": "primary",
    "asked": "primary",
    "backlog": "primary",
    "full-asked": "primary",
    "sync-given": "primary",
    "demoted": "replica",
    "reconfigured": "replica",
    "connecting": "detached",
    "link-lost": "detached",
    "full-told": "detached",
    "partial-done": "replica",
    "sync-done": "replica",
    "shutdown": "down",
    "ended": "down",
    "crashed": "down",
}
_OF_SENTINELS = {
    "starting": "starting",
    "ready": "up",
    "+tilt": "tilt",
    "-tilt": "up",
    "shutdown": "down",
    "ended": "down",
    "crashed": "down",
}
_LABELS = {"detached": "replica, link down", "up": "running", "tilt": "TILT", "down": "gone"}


@dataclass(frozen=True)
class Lane:
    """A server's segments, as :func:`jsquared.report.lanes.segments` has them, and its lines as moments with their texts."""

    name: str
    segments: list[list[Any]]
    marks: list[tuple[float, str, str]]
    """When, the kind and the text."""


@dataclass(frozen=True)
class Drawing:
    """The lanes of one failover between two moments, in milliseconds after the first line of all."""

    from_ms: float
    to_ms: float
    lanes: list[Lane]


def drawing_of(timeline: d.LogTimeline, one: d.Failover) -> Drawing:
    """The lanes around a failover."""
    began = offset_ms(timeline, one.began)
    ends = [one.ended, *(phase.at for phase in one.phases), *([one.returned.synced or ""] if one.returned else [])]
    last = max((offset_ms(timeline, at) for at in ends if at), default=began)
    announced = offset_ms(timeline, one.ended) if one.ended else began
    to_ms = min(last, max(announced, began) + LONGEST_MS) + AFTER_MS
    from_ms = max(began - BEFORE_MS, 0.0)
    gone = {one.old: began} if one.fault and one.kind == "automatic" else {}
    lanes = [_phases(timeline, one, began)]
    events: dict[str, list[d.Event]] = defaultdict(list)
    for event in timeline.events:
        events[event.node].append(event)
    lanes += [_lane(node, events[node.name], from_ms, to_ms, gone) for node in timeline.nodes if node.has_log]
    return Drawing(from_ms, to_ms, lanes)


def offset_ms(timeline: d.LogTimeline, at: str) -> float:
    """How long after the first line a moment is."""
    return (_unix(at) - _unix(timeline.first)) * 1000


def _unix(at: str) -> float:
    return datetime.datetime.fromisoformat(at).replace(tzinfo=datetime.UTC).timestamp()


def _phases(timeline: d.LogTimeline, one: d.Failover, began: float) -> Lane:
    """The failover's phases one after the other."""
    found, at = [], began if one.fault else None
    for number, phase in enumerate(one.phases):
        end = offset_ms(timeline, phase.at)
        start = end - (phase.took_ms or 0.0) if at is None else at
        if phase.took_ms is None:  # it began by another clock
            start = end
        if end > start:
            found.append([start, end, f"phase-{number % 2}", phase.name, f"{phase.node}: {phase.line}"])
        at = max(end, start)
    return Lane("phases", found, [])


def _lane(node: d.KnownNode, events: Sequence[d.Event], from_ms: float, to_ms: float, gone: dict[str, float]) -> Lane:
    changes: list[Change] = []
    marks: list[tuple[float, str, str]] = []
    states = _OF_SENTINELS if node.role == "sentinel" else _STATES
    state = "up" if node.role == "sentinel" else ""
    for event in events:
        if (down := gone.get(node.name)) is not None and event.t_ms >= down and state != "down":
            changes.append((down, "down", _LABELS["down"], ""))
            gone, state = {}, "down"
        state = _next(state, event.kind, states)
        changes.append((event.t_ms, state, _LABELS.get(state, state), ""))
        if from_ms <= event.t_ms <= to_ms and event.kind != KILLED and len(marks) < MOST_MARKS:
            marks.append((event.t_ms, event.kind, event.text))
    if node.name in gone:
        changes.append((gone[node.name], "down", _LABELS["down"], ""))
    if node.role == "sentinel":
        changes.insert(0, (0.0, "up", _LABELS["up"], ""))
    cut = [
        [max(part[0], from_ms), *part[1:]] for part in segments(changes, to_ms) if part[1] > from_ms and part[0] < to_ms
    ]
    return Lane(node.name, [[part[0], min(part[1], to_ms), *part[2:]] for part in cut], marks)


def _next(state: str, kind: str, states: dict[str, str]) -> str:
    if kind == "ready" and state == "starting" and states is _STATES:
        return "primary"  # a replica says next that it connects
    if kind == "connecting" and state == "replica":
        return "replica"  # Redis says so before it tries; the link's end has its own line
    if states is _OF_SENTINELS and state == "starting":
        return states.get(kind, "up")
    return states.get(kind, state)
