"""The live history: what a client writes can be read at any moment, whole, cut short or damaged."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jsquared.errors import BadInputError
from jsquared.records import history as h
from jsquared.records.operations import NEVER, Operations, read_live, read_parquet, write_parquet

ZERO = 1_000_000


def fill(writer: h.HistoryWriter, slots: int) -> None:
    """Slots 0 to ``slots`` - 1: each acknowledged by node 1, invoked a microsecond after intended."""
    for slot in range(slots):
        chunk, index = writer.chunk(slot), slot % h.CHUNK_SLOTS
        chunk.intended_ns[index] = ZERO + slot * 1000
        chunk.invoked_ns[index] = ZERO + slot * 1000 + 1
        chunk.completed_ns[index] = ZERO + slot * 1000 + 2
        chunk.outcome[index] = h.OK
        chunk.node[index] = 1
        chunk.replicas[index] = 2
    writer.header[1] = slots


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """Across a chunk's border, with times relative to the trial's zero."""
    path = tmp_path / "client-1.ops"
    count = h.CHUNK_SLOTS + 10
    with h.HistoryWriter(path, 3) as writer:
        fill(writer, count)
    operations = read_live(path, ZERO)
    assert len(operations) == count
    assert (operations.client == 3).all()
    assert (operations.slot == np.arange(count)).all()
    assert (operations.intended_ns == np.arange(count) * 1000).all()
    assert (operations.completed_ns - operations.invoked_ns == 1).all()
    assert set(operations.outcome) == {h.OK}
    assert (set(operations.node), set(operations.replicas), set(operations.error)) == ({1}, {2}, {0})


def test_it_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    """Pending becomes unknown, a slot that was only announced a failure, and times that never came are NEVER."""
    path = tmp_path / "client-1.ops"
    with h.HistoryWriter(path, 0) as writer:
        fill(writer, 3)
        chunk = writer.chunk(1)
        chunk.outcome[1], chunk.completed_ns[1] = h.PENDING, 0
        chunk.outcome[2], chunk.invoked_ns[2], chunk.completed_ns[2] = h.EMPTY, 0, 0
        operations = read_live(path, ZERO)
    assert list(operations.outcome) == [h.OK, h.UNKNOWN, h.FAIL]
    assert list(operations.completed_ns) == [2, NEVER, NEVER]
    assert operations.invoked_ns[2] == NEVER


def test_replies_have_columns_of_their_own(tmp_path: Path) -> None:
    """Where the file has them, across a chunk's border; without, there are none, and neither where one client's file has none."""
    with (
        h.HistoryWriter(tmp_path / "1.ops", 1, h.WITH_REPLIES) as writer,
        h.HistoryWriter(tmp_path / "2.ops", 2) as old,
    ):
        fill(writer, h.CHUNK_SLOTS + 2)
        fill(old, 1)
        chunk = writer.chunk(h.CHUNK_SLOTS)
        chunk.reply[1], chunk.reply_kind[1] = -5, h.NUMBER
    kept, plain = read_live(tmp_path / "1.ops", ZERO), read_live(tmp_path / "2.ops", ZERO)
    assert kept.reply is not None
    assert kept.reply_kind is not None
    assert (kept.reply[-2:].tolist(), kept.reply_kind[-2:].tolist()) == ([0, -5], [h.NOT_RECORDED, h.NUMBER])
    assert (kept.intended_ns == np.arange(h.CHUNK_SLOTS + 2) * 1000).all()
    assert plain.reply is plain.reply_kind is None
    assert Operations.concatenate([kept, plain]).reply is None
    both = Operations.concatenate([kept, kept])
    assert both.reply is not None
    assert len(both.reply) == 2 * len(kept)


def test_an_empty_history_has_no_operations(tmp_path: Path) -> None:
    """A client that never began."""
    path = tmp_path / "client-1.ops"
    h.HistoryWriter(path, 0).close()
    assert len(read_live(path, ZERO)) == 0


def test_the_counters_can_be_watched(tmp_path: Path) -> None:
    """Another process sees the header's words as they change."""
    path = tmp_path / "client-1.ops"
    with h.HistoryWriter(path, 7) as writer:
        peek = h.HistoryPeek(path)
        assert (peek.slots, peek.acknowledged, peek.last_ack_ns, peek.node) == (0, 0, 0, -1)
        for index, value in ((1, 5), (2, 4), (3, 99), (4, 2)):
            writer.header[index] = value
        assert (peek.slots, peek.acknowledged, peek.last_ack_ns, peek.node) == (5, 4, 99, 2)
        peek.close()


@pytest.mark.parametrize("content", [b"", b"short", b"x" * h.HEADER_BYTES])
def test_other_files_are_no_histories(tmp_path: Path, content: bytes) -> None:
    """One line that names the file, from the reader and from the watcher."""
    path = tmp_path / "client-1.ops"
    path.write_bytes(content)
    for read in (lambda: read_live(path, 0), lambda: h.HistoryPeek(path)):
        with pytest.raises(BadInputError, match=r"client-1\.ops: not a history file"):
            read()


@pytest.mark.parametrize("slots", [-1, h.CHUNK_SLOTS + 1])
def test_a_history_shorter_than_it_says_is_refused(tmp_path: Path, slots: int) -> None:
    """The header announces more than there is, or nonsense."""
    path = tmp_path / "client-1.ops"
    with h.HistoryWriter(path, 0) as writer:
        fill(writer, 1)
        writer.header[1] = slots
    with pytest.raises(BadInputError, match=r"history is cut short|-1 operations of client 0 are impossible"):
        read_live(path, 0)


@pytest.mark.parametrize("column", ["outcome", "error"])
def test_codes_that_nothing_writes_are_refused(tmp_path: Path, column: str) -> None:
    """A damaged byte is not counted as an outcome."""
    path = tmp_path / "client-1.ops"
    with h.HistoryWriter(path, 0) as writer:
        fill(writer, 2)
        getattr(writer.chunk(0), column)[1] = 200
    with pytest.raises(BadInputError, match=f"unknown {column} code 200"):
        read_live(path, 0)


def test_a_reply_of_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    """A code that nothing writes."""
    with h.HistoryWriter(tmp_path / "1.ops", 1, h.WITH_REPLIES) as writer:
        fill(writer, 2)
        writer.chunk(0).reply_kind[1] = len(h.REPLY_KIND_NAMES)
    with pytest.raises(BadInputError, match="unknown reply_kind code 4"):
        read_live(tmp_path / "1.ops", 0)


def test_keys_name_client_and_slot() -> None:
    """The key is all that is needed to find a write's row."""
    assert h.key_of("jsq:", 3, 70_000) == b"jsq:3:70000"


# --- Parquet


def some(count: int) -> Operations:
    """Random operations with what was found on two nodes."""
    rng = np.random.default_rng(count)
    columns = {
        "client": np.sort(rng.integers(0, 3, count)),
        "slot": np.arange(count),
        "intended_ns": rng.integers(0, 10**12, count),
        "invoked_ns": rng.integers(-1, 10**12, count),
        "completed_ns": rng.integers(-1, 10**12, count),
        "outcome": rng.integers(2, 5, count),
        "error": rng.integers(0, len(h.ERROR_NAMES), count),
        "node": rng.integers(0, 256, count),
        "replicas": rng.integers(0, 3, count),
    }
    found = {node: rng.integers(0, 4, count).astype(np.uint8) for node in ("redis-n1", "redis-n2")}
    return Operations.from_columns(columns, found)


@pytest.mark.parametrize("count", [0, 1, 1000, 1_200_000])
def test_parquet_keeps_everything(tmp_path: Path, count: int) -> None:
    """Written and read, all columns are the same, also across row groups and without a single row."""
    written = some(count)
    path = tmp_path / "history.parquet"
    write_parquet(written, path)
    read = read_parquet(path)
    for name in ("client", "slot", "intended_ns", "invoked_ns", "completed_ns", "outcome", "error", "node", "replicas"):
        assert (getattr(read, name) == getattr(written, name)).all(), name
        assert getattr(read, name).dtype == getattr(written, name).dtype
    assert sorted(read.found) == ["redis-n1", "redis-n2"]
    assert all((read.found[node] == written.found[node]).all() for node in read.found)
    assert [file.name for file in tmp_path.iterdir()] == ["history.parquet"]


def with_replies(count: int) -> Operations:
    """The same with replies of all kinds."""
    operations = some(count)
    operations.reply = np.arange(count, dtype=np.int64) - 3
    operations.reply_kind = (np.arange(count) % len(h.REPLY_KIND_NAMES)).astype(np.uint8)
    return operations


def test_parquet_keeps_replies(tmp_path: Path) -> None:
    """Where there are any; what an older lab wrote has none."""
    written = with_replies(100)
    write_parquet(written, tmp_path / "operations.parquet")
    read = read_parquet(tmp_path / "operations.parquet")
    for name in ("reply", "reply_kind"):
        assert (getattr(read, name) == getattr(written, name)).all()
        assert getattr(read, name).dtype == getattr(written, name).dtype
    write_parquet(some(100), tmp_path / "older.parquet")
    assert read_parquet(tmp_path / "older.parquet").reply is None


def _text(path: Path) -> None:
    path.write_text("no parquet")


def _other_columns(path: Path) -> None:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    pq.write_table(pa.table({"a": [1]}), path)


def _plain_outcome(path: Path) -> None:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    write_parquet(some(10), path)
    table = pq.read_table(path)
    column = table.column_names.index("outcome")
    pq.write_table(table.set_column(column, "outcome", pa.array([1] * 10)), path)


def _unknown_outcome(path: Path) -> None:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    write_parquet(some(10), path)
    table = pq.read_table(path)
    column = table.column_names.index("outcome")
    pq.write_table(table.set_column(column, "outcome", pa.array(["maybe"] * 10).dictionary_encode()), path)


def _unknown_found(path: Path) -> None:
    operations = some(10)
    operations.found["redis-n1"][3] = 9
    write_parquet(operations, path)


def _unknown_reply(path: Path) -> None:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    write_parquet(with_replies(10), path)
    table = pq.read_table(path)
    column = table.column_names.index("reply")
    pq.write_table(table.set_column(column, "reply", pa.array(["17"] * 10)), path)


def _replies_of_no_kind(path: Path) -> None:
    import pyarrow.parquet as pq  # noqa: PLC0415

    write_parquet(with_replies(10), path)
    pq.write_table(pq.read_table(path).drop_columns(["reply"]), path)


@pytest.mark.parametrize(
    "damage",
    [_text, _other_columns, _plain_outcome, _unknown_outcome, _unknown_found, _unknown_reply, _replies_of_no_kind],
)
def test_a_damaged_parquet_file_is_one_line(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    """Whatever is wrong with it, the line names the file."""
    path = tmp_path / "history.parquet"
    damage(path)
    with pytest.raises(BadInputError) as caught:
        read_parquet(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_concatenating_nothing_is_empty() -> None:
    """No client, no operation."""
    assert len(Operations.concatenate([])) == 0
