"""Writes that wait in the client: joined into batches, never across a chunk of the history."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jsquared.records.history import CHUNK_SLOTS, ERROR_CODES, FAIL, HistoryWriter
from jsquared.records.operations import read_live
from jsquared.resp.nonblocking import Network
from jsquared.resp.poller import Poller
from jsquared.workload.commands import Commands
from jsquared.workload.connection import DataConnection
from jsquared.workload.recorder import Recorder
from jsquared.workload.workload import ClientSpec, SentinelAddress


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[DataConnection]:
    """A connection that was never opened, so that everything stays in its queue."""
    spec = ClientSpec(
        name="client-1",
        number=1,
        sentinels=(SentinelAddress(address="127.0.0.1", port=1),),
        majority=1,
        master_name="mymaster",
        nodes=(("127.0.0.1", 2),),
        history=str(tmp_path / "client-1.ops"),
    )
    history = HistoryWriter(Path(spec.history), spec.number)
    poller = Poller()
    owner: Any = None  # nothing happens that anybody would be told of
    yield DataConnection(spec, Network(poller), 0, Recorder(history), Commands.of(spec), owner)
    poller.close()
    history.close()


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        (range(0, 8, 4), range(8, 12, 4), [range(0, 12, 4)]),
        (range(0, 7, 4), range(8, 10, 4), [range(0, 10, 4)]),
        (range(4), range(5, 6), [range(4), range(5, 6)]),
        (range(0, 8, 4), range(8, 12, 2), [range(0, 8, 4), range(8, 12, 2)]),
        (
            range(CHUNK_SLOTS - 4, CHUNK_SLOTS, 4),
            range(CHUNK_SLOTS, CHUNK_SLOTS + 4, 4),
            [range(CHUNK_SLOTS - 4, CHUNK_SLOTS, 4), range(CHUNK_SLOTS, CHUNK_SLOTS + 4, 4)],
        ),
    ],
    ids=["in a row", "with a ragged end", "with a gap", "another step", "another chunk"],
)
def test_waiting_writes_are_joined(
    connection: DataConnection, first: range, second: range, joined: list[range]
) -> None:
    """Writes that continue what already waits become one range, unless that would leave the chunk."""
    connection.enqueue(first, 1)
    connection.enqueue(second, 1)
    assert list(connection.queue) == joined


def test_a_queue_over_two_chunks_fails_as_a_whole(connection: DataConnection, tmp_path: Path) -> None:
    """What waits on both sides of a chunk's end is recorded as failed, every slot of it."""
    for slot in range(CHUNK_SLOTS - 8, CHUNK_SLOTS + 8):
        connection._recorder.header[1] = slot + 1
        connection.enqueue(range(slot, slot + 1), 1)
    connection.fail_queue(ERROR_CODES["connection lost"], 5)
    operations = read_live(tmp_path / "client-1.ops", 0)
    assert set(operations.outcome[CHUNK_SLOTS - 8 :].tolist()) == {FAIL}
    assert set(operations.completed_ns[CHUNK_SLOTS - 8 :].tolist()) == {5}
