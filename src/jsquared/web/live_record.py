"""The record of a session as it grows, and its chart in the form that the report's scripts draw."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from jsquared.check.fault_evidence import FaultEvidence
from jsquared.records.event import Event
from jsquared.records.event_lines import event_of
from jsquared.records.event_types import FaultStarted, Phase, WritesCounted
from jsquared.records.lab_messages import LabNews
from jsquared.records.load_events import LoadRateChanged
from jsquared.records.operations import Operations
from jsquared.records.placement import Placement
from jsquared.records.plan import Plan, PlannedFault
from jsquared.records.run_directory import TrialRecord
from jsquared.report import lanes
from jsquared.report.sentinel_story import sentinel_story
from jsquared.report.series import Axis
from jsquared.web.live_counts import KINDS, LiveCounts

MOST_SENTINEL_EVENTS = 300
"""The newest ones; the report has all of them."""
MOST_EVENTS = 20_000
"""Of a session: what comes behind them is not drawn, and the chart says so."""
LOAD = "Writes"
NONE: dict[str, Any] = {"at": 0, "v": []}


class LiveRecord:
    """One session, as far as it is known."""

    def __init__(self, plan: Plan) -> None:
        self.record = TrialRecord(
            plan=plan,
            placement=Placement.nowhere(plan),
            events=[],
            operations=Operations.empty(),
            clock=None,
            path=Path(),
        )
        self.counts = LiveCounts()
        self.end_ms = 0.0
        self.left_out = 0
        """Events that are not drawn, since there are so many."""

    def add(self, news: LabNews) -> None:
        """Take what is new into account. A line that is no event is left out."""
        for line in news.lines:
            try:
                self._add(event_of(line))
            except (ValueError, TypeError, RecursionError):
                continue
        self.counts.add(news)
        self.end_ms = max(self.end_ms, news.now_ms)

    def _add(self, event: Event) -> None:
        if len(self.record.events) >= MOST_EVENTS:
            self.left_out += 1
            return
        if isinstance(event, WritesCounted):
            self.counts.add_event(event)
            return
        if isinstance(event, FaultStarted):
            self._plan_fault(event)
        if isinstance(event, Phase) and event.phase == "load-end":
            self.counts.end_load(event.t_ms)
        self.record.events.append(event)

    def _plan_fault(self, event: FaultStarted) -> None:
        """Let the plan have the fault, as it will have in the end."""
        fault = PlannedFault(
            id=event.fault,
            name=event.name,
            targets=event.targets,
            parameters={},
            start="0 ms after load",
            heal="0 ms after load",
        )
        plan = self.record.plan
        self.record = replace(self.record, plan=msgspec.structs.replace(plan, faults=(*plan.faults, fault)))

    def chart(self) -> dict[str, Any]:
        """Return everything that the report's scripts draw, until now; times in ms since the session's zero."""
        counts, axis = self.counts, Axis(max(self.end_ms, 1.0), self.counts.bucket_ms)
        story = sentinel_story(self.record)
        faults = FaultEvidence().check(self.record).faults
        series = counts.series(axis.end_ms)
        return {
            "end": round(axis.end_ms, 1),
            "bucket": axis.bucket_ms,
            "buckets": axis.buckets,
            "offered": self._rate_per_s() * max(1, len(self.record.plan.clients)),
            "groups": self._groups(axis, faults),
            "sentinels": [node.name for node in self.record.plan.sentinels()],
            "events": story[-MOST_SENTINEL_EVENTS:],
            "clients": [
                {"name": "all clients", "lost": NONE, **{kind: {"at": 0, "v": series[kind]} for kind in KINDS}}
            ],
            "latency": {"at": 0, "p50": [], "p99": [], "max": [], "overall": {}},
            "errors": [],
            "bands": [
                {
                    "from": one.started_ms,
                    "to": axis.end_ms if one.healed_ms is None else one.healed_ms,
                    "label": one.name,
                }
                for one in faults
                if one.started_ms is not None
            ],
            "losses": [],
            "focus": None,
            "left_out": self.left_out + max(0, len(story) - MOST_SENTINEL_EVENTS),
        }

    def _rate_per_s(self) -> int:
        rates = [event.rate_per_s for event in self.record.of(LoadRateChanged)]
        return rates[-1] if rates else self.record.plan.workload.rate_per_s

    def _groups(self, axis: Axis, faults: list[Any]) -> list[dict[str, Any]]:
        record, plan = self.record, self.record.plan
        own = plan.data_nodes()
        nodes = [*own, *(node for node in plan.all_data_nodes() if node not in own)]
        sentinels = [lanes.sentinel_lane(record, node, axis) for node in plan.sentinels()]
        agreed = [lanes.agreement_lane(record, axis), *lanes.floating_lanes(record, axis)]
        return [
            {"name": "course", "lanes": [lanes.phase_lane(record, axis), *lanes.fault_lanes(faults, axis)]},
            {"name": "data", "lanes": [lanes.data_lane(record, node, axis) for node in nodes]},
            {"name": "sentinels", "lanes": [*sentinels, *agreed]},
            {"name": "clients", "lanes": [self._load_lane(axis)]},
        ]

    def _load_lane(self, axis: Axis) -> dict[str, Any]:
        """From the beginning of the load to its end, with the gaps over it."""
        begins = [event.t_ms for event in self.record.of(Phase) if event.phase == "load"]
        ends = [event.t_ms for event in self.record.of(Phase) if event.phase == "load-end"]
        until_ms = ends[0] if ends else axis.end_ms
        on = [[round(begin, 1), round(until_ms, 1), "serves", "acknowledged", ""] for begin in begins[:1]]
        return {"name": LOAD, "segments": on, "over": self.counts.gap_segments()}
