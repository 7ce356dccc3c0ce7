"""Reads from nodes that are not the primary are held against what was acknowledged, and counted apart."""

import json
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hiredis
import pytest

from jsquared.records.history import FAIL, OK, UNKNOWN, HistoryWriter
from jsquared.records.models.catalogue import call_of, slots_of
from jsquared.records.models.payloads import payload_of
from jsquared.resp.nonblocking import Network
from jsquared.resp.poller import Poller
from jsquared.workload.recorder import Recorder
from jsquared.workload.replica_reads import KIND, ReadCounts, ReplicaReads
from jsquared.workload.workload import ClientSpec, SentinelAddress

MS = 1_000_000
SERIES = slots_of(KIND, 3)


@pytest.fixture
def history(tmp_path: Path) -> Iterator[HistoryWriter]:
    """An empty history."""
    with HistoryWriter(tmp_path / "c.ops", 1) as writer:
        yield writer


@pytest.fixture
def reads(history: HistoryWriter) -> ReplicaReads:
    """Reads of a client with three data nodes, none of which is asked."""
    spec = ClientSpec(
        name="client-1",
        number=1,
        sentinels=(SentinelAddress(address="127.0.0.1", port=1),),
        majority=1,
        master_name="mymaster",
        nodes=(("127.0.0.1", 1), ("127.0.0.1", 2), ("127.0.0.1", 3)),
        history="",
        key_prefix="t:",
    )
    return ReplicaReads(spec, Network(Poller()), history)


def record(history: HistoryWriter, outcomes: list[int]) -> None:
    """The first versions of the series, the n-th completed at n + 1 ms with its outcome."""
    recorder = Recorder(history)
    ways = {
        OK: lambda s, at: recorder.acknowledge(s, at, 1),
        FAIL: lambda s, at: recorder.fail(s, at, 1),
        UNKNOWN: lambda s, at: recorder.doubt(s, at, 1),
    }
    for step, outcome in enumerate(outcomes):
        one = range(SERIES[step], SERIES[step] + 1)
        recorder.intend(one, array("q", [5]))
        recorder.invoke(one, 7, 0)
        ways[outcome](one, (step + 1) * MS)


def value(step: int) -> str:
    """A version as the connection's reader gives it."""
    return payload_of(call_of(b"t:", 1, SERIES[step])).decode(errors="replace")


@pytest.mark.parametrize(
    ("outcomes", "asked", "read", "older", "behind_ms"),
    [
        ([OK], 0, 0, 0, 0),
        ([OK, OK], 0, 1, 0, 0),
        ([OK, OK], 1, 0, 1, 8),
        ([OK, OK, OK], 2, 0, 1, 8),
        ([OK, OK, OK], 2, None, 1, 9),
        ([OK, FAIL, OK], 2, 0, 1, 7),
        ([OK, UNKNOWN, OK], 2, 1, 1, 7),
    ],
)
def test_what_is_older_is_counted(
    reads: ReplicaReads,
    history: HistoryWriter,
    outcomes: list[int],
    asked: int,
    read: int | None,
    older: int,
    behind_ms: float,
) -> None:
    """A read at 10 ms is behind by the age of the first acknowledged version that it lacks; what is newer is no harm."""
    record(history, outcomes)
    reads.judge(2, SERIES[asked], 10 * MS, None if read is None else value(read))
    assert reads.counts[2] == ReadCounts(reads=1, older=older, most_behind_ms=behind_ms)


def test_a_refusal_is_no_read(reads: ReplicaReads, history: HistoryWriter) -> None:
    """A replica without its primary may refuse to serve what it has."""
    record(history, [OK])
    reads.judge(1, SERIES[0], 10 * MS, hiredis.ReplyError("MASTERDOWN Link with MASTER is down"))
    assert reads.counts[1] == ReadCounts(refused=1)


def test_other_nodes_than_the_primary_are_read(lab: Any) -> None:
    """Every acknowledged version is read from one of the others, in turn, and the counts are said before the end."""
    lab.serve(nodes=3)
    for node in lab.nodes:
        node.script |= {"GET": b"$-1\r\n"}
    given_to = str(lab.folder / "operations.ops")
    client = lab.start(operations_per_s=200, operations_history=given_to, rate_per_s=200, operation_timeout_ms=20_000)
    lab.until(lambda: lab.has_said("ready") and client.operations.primary.ready, "ready")
    lab.order("go")
    counts = client.operations.elsewhere.counts
    lab.until(lambda: min(counts[1].reads, counts[2].reads) > 2, "reads from both")
    lab.finish()
    said = {line["node"]: json.loads(line["detail"]) for line in lab.said() if line["action"] == "replica-reads"}
    assert set(said) == {1, 2}
    assert all(one["reads"] == one["older"] for one in said.values()), "these nodes know of no key"
    assert counts[0] == ReadCounts()
