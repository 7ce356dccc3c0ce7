"""Operations per bucket of time."""

from dataclasses import replace

import numpy as np
import pytest

from jsquared.records import history as h
from jsquared.records.event_types import DatasetRead
from jsquared.records.operations import NEVER, Operations
from jsquared.records.verdict import LossGroup
from jsquared.report import series
from jsquared.report.series import Axis


def operations(*rows: tuple[float, float, float, int, int]) -> Operations:
    """Operations of client 0 from (intended, invoked, completed) in ms, -1 for never, with outcome and error."""
    table = np.array(rows, dtype=float)
    times = np.where(table[:, :3] < 0, NEVER, table[:, :3] * 1e6)
    return Operations.from_columns(
        {
            "client": np.zeros(len(rows)),
            "slot": np.arange(len(rows)),
            "intended_ns": times[:, 0],
            "invoked_ns": times[:, 1],
            "completed_ns": times[:, 2],
            "outcome": table[:, 3],
            "error": table[:, 4],
            "node": np.zeros(len(rows)),
            "replicas": np.zeros(len(rows)),
        }
    )


@pytest.mark.parametrize(
    ("end_ms", "bucket_ms"),
    [(0, 50), (30_000, 50), (60_001, 100), (600_000, 100), (600_001, 200), (3_600_000, 1000), (86_400_000, 20_000)],
)
def test_buckets_grow_only_with_long_trials(end_ms, bucket_ms) -> None:
    """Up to ten minutes a bucket is 100 ms or less; beyond, the number of buckets is bounded."""
    axis = Axis.until(end_ms)
    assert axis.bucket_ms == bucket_ms
    assert axis.buckets <= series.MAX_BUCKETS + 1


def test_counts_are_trimmed_and_nothing_falls_off_the_axis() -> None:
    """Empty buckets at both ends are left out, and times outside belong to the first or last bucket."""
    axis = Axis(1000.0, 100)
    assert axis.count(np.array([250.0, 260.0, 410.0])) == {"at": 2, "v": [2, 0, 1]}
    assert axis.count(np.array([-5.0, 5000.0])) == {"at": 0, "v": [1, *[0] * 9, 1]}
    assert axis.count(np.array([])) == {"at": 0, "v": []}


def test_an_operation_counts_when_its_outcome_was_known() -> None:
    """Completed, else sent, else intended."""
    rows = operations((1, 2, 3, h.OK, 0), (1, 2, -1, h.UNKNOWN, 0), (1, -1, -1, h.FAIL, 1))
    assert series.done_ms(rows).tolist() == [3.0, 2.0, 1.0]


def test_throughput_adds_up_to_the_verdict(split_brain) -> None:
    """Over all buckets and clients every operation is counted once, and the lost ones as often as the verdict says."""
    record, verdict = split_brain
    clients = series.throughput(record, verdict, series.axis_of(record, verdict))
    totals = {
        kind: sum(sum(client[kind]["v"]) for client in clients)
        for kind in ("acknowledged", "lost", "failed", "unknown")
    }
    assert totals["lost"] == verdict.writes.lost
    assert totals["acknowledged"] + totals["lost"] == verdict.writes.acknowledged
    assert sum(totals.values()) == verdict.writes.attempted
    assert [sum(client["lost"]["v"]) > 0 for client in clients] == [True, False]


def test_lost_writes_are_those_of_the_verdicts_groups(split_brain) -> None:
    """Only a group's client, node and span are marked; without a read-back of the final primary nothing is."""
    record, verdict = split_brain
    group = verdict.losses[0]
    assert series.lost_rows(record, verdict).sum() == group.count
    for change in ({"client": "client-9"}, {"node": "redis-n9"}, {"first_ms": 0.0, "last_ms": 1.0}):
        fields = {name: getattr(group, name) for name in group.__struct_fields__} | change
        verdict.losses = [LossGroup(**fields)]
        assert not series.lost_rows(record, verdict).any()
    bare = replace(record, events=[event for event in record.events if not isinstance(event, DatasetRead)])
    assert not series.lost_rows(bare, verdict).any()


def test_latency_is_from_intended_to_completed_in_the_bucket_of_the_intention() -> None:
    """Percentiles by nearest rank; a bucket without acknowledgement is None; failures do not count."""
    quick = [(10.0 + i, 10.0 + i, 11.0 + i, h.OK, 0) for i in range(99)]
    rows = operations(*quick, (109, 109, 609, h.OK, 0), (210, 210, 211, h.FAIL, 3), (350, 350, 352, h.OK, 0))
    latency = series.latency(rows, Axis(1000.0, 110))
    assert latency["at"] == 0
    assert latency["p50"] == [1.0, None, None, 2.0]
    assert latency["p99"] == [1.0, None, None, 2.0]
    assert latency["max"] == [500.0, None, None, 2.0]
    assert latency["overall"] == {"p50": 1.0, "p99": 2.0, "max": 500.0}


def test_latency_of_nothing_is_empty() -> None:
    """Without an acknowledged write there is no latency."""
    assert series.latency(Operations.empty(), Axis(1000.0, 100))["p50"] == []


def test_errors_by_kind_say_whether_the_outcome_is_certain() -> None:
    """Kinds are ordered by frequency; failures and unknowns of one kind are kept apart; every kind has a name."""
    timeout = h.ERROR_CODES["timeout"]
    rows = operations(
        (110, 110, 1150, h.UNKNOWN, timeout),
        (120, 120, 1160, h.UNKNOWN, timeout),
        (1, 1, -1, h.UNKNOWN, 0),
        (2, 2, 3, h.FAIL, 200),
        (2, 2, 3, h.OK, 0),
    )
    kinds = series.errors(rows, Axis(1000.0, 100))
    assert [(kind["kind"], kind["certain"], kind["total"]) for kind in kinds] == [
        ("timeout", False, 2),
        ("error 200", True, 1),
        ("no reply recorded", False, 1),
    ]
    assert (kinds[0]["first"], kinds[0]["last"], kinds[0]["at"], kinds[0]["v"]) == (110.0, 120.0, 1, [2])
    assert kinds[0]["label"] == "timeout, unknown"


def test_the_axis_holds_everything(crash) -> None:
    """An operation that completed after the verdict's duration is still on the axis."""
    record, verdict = crash
    verdict.duration_ms = 1.0
    last_ms = float(record.operations.completed_ns.max()) / 1e6
    assert series.axis_of(record, verdict).end_ms >= max(last_ms, record.events[-1].t_ms)
    assert series.axis_of(replace(record, events=[], operations=Operations.empty()), verdict).end_ms == 1.0
