"""The lanes of alerts: when each waited and fired, and when its receiver had it."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from jsquared.records.alert_events import AlertChanged, AlertDelivered
from jsquared.records.event_types import Phase
from jsquared.records.run_directory import TrialRecord
from jsquared.report.lanes import Change, FastPath, Segment, segments
from jsquared.report.series import Axis
from jsquared.text import seconds

UNTOLD = frozenset({"Watchdog"})
"""Alerts that fire all the time."""
MARK_MS = 150.0
"""The width of the mark for a moment."""
_WORST = ("firing", "pending")


def alert_lanes(record: TrialRecord, axis: Axis) -> list[FastPath]:
    """A lane for each alert that waited or fired; where several of a name differ in labels, it shows the worst of them."""
    by_name: dict[str, list[AlertChanged]] = defaultdict(list)
    for event in record.of(AlertChanged):
        if event.alert not in UNTOLD:
            by_name[event.alert].append(event)
    told: dict[str, list[AlertDelivered]] = defaultdict(list)
    for delivered in record.of(AlertDelivered):
        told[delivered.alert].append(delivered)
    # Nothing watches any more once the load has ended.
    end_ms = next((event.t_ms for event in record.of(Phase) if event.phase == "load-end"), axis.end_ms)
    return [
        {
            "name": name,
            "segments": segments(list(_changes(events)), end_ms),
            "over": [_mark(one) for one in told[name] if one.status == "firing"],
        }
        for name, events in sorted(by_name.items())
    ]


def _changes(events: Iterable[AlertChanged]) -> Iterable[Change]:
    states: dict[Any, str] = {}
    for event in events:
        states[tuple(sorted(event.labels.items()))] = event.state
        worst = next((state for state in _WORST if state in states.values()), "")
        yield event.t_ms, {"firing": "fault", "pending": "starting"}.get(worst, ""), worst, ""


def _mark(delivered: AlertDelivered) -> Segment:
    return [
        round(delivered.t_ms, 1), round(delivered.t_ms + MARK_MS, 1), "lost", "delivered", f"delivered at {seconds(delivered.t_ms)}",
    ]  # fmt: skip
