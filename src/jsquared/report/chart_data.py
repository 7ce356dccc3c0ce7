"""The data of one trial's charts, as one JSON document: aggregated, so its size does not grow with the load."""

from typing import Any

from jsquared.records.event_types import Disturbed
from jsquared.records.run_directory import TrialRecord
from jsquared.records.verdict import TrialVerdict
from jsquared.report import lanes, series
from jsquared.report.alert_lanes import alert_lanes
from jsquared.report.sentinel_story import sentinel_story

MAX_SENTINEL_EVENTS = 2000


def chart_data(record: TrialRecord, verdict: TrialVerdict) -> dict[str, Any]:
    """Everything on the common time axis of a trial; times in ms since its zero.

    ``groups`` are panels of lanes, ``clients``, ``latency`` and ``errors`` the series per bucket, ``bands`` where faults were
    active, ``losses`` where lost writes were acknowledged, ``focus`` the span worth looking at first.
    """
    axis = series.axis_of(record, verdict)
    return {
        "end": round(axis.end_ms, 1),
        "bucket": axis.bucket_ms,
        "buckets": axis.buckets,
        "offered": series.highest_rate_per_s(record) * len(record.plan.clients),
        "groups": _groups(record, verdict, axis),
        "sentinels": [node.name for node in record.plan.sentinels()],
        "events": sentinel_story(record)[:MAX_SENTINEL_EVENTS],
        "clients": series.throughput(record, verdict, axis),
        "latency": series.latency(record.operations, axis),
        "errors": series.errors(record.operations, axis),
        "bands": _bands(verdict, axis),
        "losses": _losses(verdict),
        "disturbances": _disturbances(record),
        "focus": focus(verdict, axis),
    }


def _groups(record: TrialRecord, verdict: TrialVerdict, axis: series.Axis) -> list[dict[str, Any]]:
    failover = lanes.failover_lane(verdict)
    course = [lanes.phase_lane(record, axis), *lanes.fault_lanes(verdict.faults, axis)]
    sentinels = [lanes.sentinel_lane(record, node, axis) for node in record.plan.sentinels()]
    own = record.plan.data_nodes()
    nodes = [*own, *(node for node in record.plan.all_data_nodes() if node not in own)]
    clients = [lanes.client_lane(record, verdict, client.name, axis) for client in record.plan.clients]
    return [
        {"name": "course", "lanes": [*course, *([failover] if failover else [])]},
        {"name": "data", "lanes": [lanes.data_lane(record, node, axis) for node in nodes]},
        {
            "name": "sentinels",
            "lanes": [*sentinels, lanes.agreement_lane(record, axis), *lanes.floating_lanes(record, axis)],
        },
        {"name": "clients", "lanes": clients},
        *([{"name": "alerts", "lanes": alert_lanes(record, axis)}] if record.plan.alerts else []),
    ]


def _bands(verdict: TrialVerdict, axis: series.Axis) -> list[dict[str, Any]]:
    return [
        {
            "from": round(fault.started_ms, 1),
            "to": round(axis.end_ms if fault.healed_ms is None else fault.healed_ms, 1),
            "label": fault.name,
        }
        for fault in verdict.faults
        if fault.started_ms is not None
    ]


def _losses(verdict: TrialVerdict) -> list[dict[str, Any]]:
    return [
        {
            "from": round(loss.first_ms, 1),
            "to": round(loss.last_ms, 1),
            "count": loss.count,
            "client": loss.client,
            "label": f"{loss.count:,} lost: {loss.cause}",
        }
        for loss in verdict.losses
    ]


def _disturbances(record: TrialRecord) -> list[list[float]]:
    """Return the stalls of the machine: ``[t_ms, stall_ms]``."""
    return [[round(event.t_ms, 1), event.stall_ms] for event in record.of(Disturbed)]


def focus(verdict: TrialVerdict, axis: series.Axis) -> list[float] | None:
    """From just before the first fault to just after service was back (or the fault was healed), None without a fault."""
    starts = [fault.started_ms for fault in verdict.faults if fault.started_ms is not None]
    if not starts:
        return None
    start = min(starts)
    marks = [mark for name, mark in verdict.phase_marks_ms.items() if name != "fault"]
    ends = marks or [fault.healed_ms for fault in verdict.faults if fault.healed_ms is not None] or [axis.end_ms]
    margin = max(0.08 * (max(ends) - start), 250.0)
    return [round(max(0.0, start - margin), 1), round(min(axis.end_ms, max(ends) + 2 * margin), 1)]
