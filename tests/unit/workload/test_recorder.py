"""Batches in the history: one slot or many, with any step, end up in their own columns."""

from array import array
from collections.abc import Iterator
from pathlib import Path

import pytest

from jsquared.records.history import CHUNK_SLOTS, FAIL, NO_NODE, OK, UNKNOWN, HistoryWriter
from jsquared.records.operations import NEVER, read_live
from jsquared.workload.recorder import Recorder, chunk_end


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    """A recorder on an empty history."""
    with HistoryWriter(tmp_path / "h.ops", 3) as history:
        yield Recorder(history)


@pytest.mark.parametrize("count", [1, 4])
def test_a_write_from_intention_to_reply(recorder: Recorder, tmp_path: Path, count: int) -> None:
    """Times, node and replicas of every step stand in the slots they were given for."""
    slots = range(count)
    recorder.intend(slots, array("q", range(10, 10 + count)))
    assert set(read_live(tmp_path / "h.ops", 0).node.tolist()) == {NO_NODE}
    recorder.invoke(slots, 20, 2)
    pending = read_live(tmp_path / "h.ops", 0)
    assert set(pending.outcome.tolist()) == {UNKNOWN}
    recorder.acknowledge(slots, 30, 300)
    done = read_live(tmp_path / "h.ops", 0)
    assert done.intended_ns.tolist() == list(range(10, 10 + count))
    assert (set(done.invoked_ns.tolist()), set(done.completed_ns.tolist())) == ({20}, {30})
    assert (set(done.outcome.tolist()), set(done.node.tolist()), set(done.replicas.tolist())) == ({OK}, {2}, {255})
    assert recorder.acknowledged == count
    assert recorder.header[3] == 30


@pytest.mark.parametrize("count", [1, 3])
def test_a_closed_loop_intends_when_it_invokes(recorder: Recorder, tmp_path: Path, count: int) -> None:
    """In a closed loop the intended time is the time of sending."""
    recorder.invoke_at_once(range(count), 7, 1)
    operations = read_live(tmp_path / "h.ops", 0)
    assert operations.intended_ns.tolist() == operations.invoked_ns.tolist() == [7] * count
    assert operations.node.tolist() == [1] * count


def test_shares_of_a_batch_do_not_touch_each_other(recorder: Recorder, tmp_path: Path) -> None:
    """A share of every third slot changes no other slot; failures and doubts carry their reasons."""
    recorder.intend(range(9), array("q", [1] * 9))
    for offset in range(3):
        recorder.invoke(range(offset, 9, 3), 2, offset)
    recorder.fail(range(0, 9, 3), 3, 5)
    recorder.doubt(range(1, 9, 3), 4, 6, 1)
    operations = read_live(tmp_path / "h.ops", 0)
    assert operations.node.tolist() == [0, 1, 2] * 3
    assert operations.outcome.tolist() == [FAIL, UNKNOWN, UNKNOWN] * 3
    assert operations.error.tolist() == [5, 6, 0] * 3
    assert operations.replicas.tolist() == [0, 1, 0] * 3
    assert operations.completed_ns.tolist() == [3, 4, NEVER] * 3
    assert (recorder.header[5], recorder.header[6]) == (3, 3)


def test_the_node_is_in_the_header(recorder: Recorder) -> None:
    """Whoever watches the header sees where the client is connected."""
    assert recorder.header[4] == -1
    recorder.connected_to(2)
    assert recorder.header[4] == 2


@pytest.mark.parametrize(
    ("slot", "end"), [(0, CHUNK_SLOTS), (CHUNK_SLOTS - 1, CHUNK_SLOTS), (CHUNK_SLOTS, 2 * CHUNK_SLOTS)]
)
def test_a_chunk_ends_before_the_next(slot: int, end: int) -> None:
    """The end of a slot's chunk is the first slot of the next one."""
    assert chunk_end(slot) == end
