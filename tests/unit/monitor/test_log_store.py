"""The store: nothing but the last batch is lost in a kill, it keeps its size, and a damaged or foreign file is one line."""

import contextlib
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.errors import BadInputError, LabError, RecordError
from jsquared.monitor.log_store import event_store
from jsquared.monitor.log_store.event_store import LogStore, Position
from jsquared.monitor.log_store.log_event import StoredLine
from jsquared.monitor.log_store.log_query import Query
from jsquared.monitor.log_store.store_search import Wanted, every_matching, known_nodes, matching


def line(number: int, text: str = "a line", **changes: str) -> StoredLine:
    """A line at a moment of its own."""
    usual = {"node": "n1", "level": "notice", "event": "", "master": "", "text": text, "source": "log"}
    return StoredLine(number, **{**usual, **changes})


def test_lines_come_back_by_time_and_in_order(tmp_path: Path) -> None:
    """The newest lines up to the limit, the oldest of them first, and whether there are more; all of them in the order they came."""
    with LogStore(tmp_path / "a" / "store.db") as store:
        store.add([line(3), line(1), line(2)])
        found, has_more = matching(store, Wanted(), 2)
        assert ([each.at_us for each in found], has_more) == ([2, 3], True)
        assert [each.at_us for each in every_matching(store, Wanted(), 0, store.last_id())] == [3, 1, 2]
        assert [each.at_us for each in every_matching(store, Wanted(), 2, store.last_id())] == [2]


def test_limits_besides_words(tmp_path: Path) -> None:
    """Times, servers by the last parts of their names, events, and levels, without which a line is of any."""
    with LogStore(None) as store:
        store.add(
            [
                line(1, node="a/redis", level="verbose"),
                line(2, node="b/redis", level="warning", event="+sdown"),
                line(3, node="10.0.0.5:26379", level="", event="+odown"),
                line(4, node="a/redis", level="odd"),
            ]
        )

        def at(**limits: object) -> list[int]:
            return [each.at_us for each in matching(store, Wanted(**limits), 10)[0]]  # type: ignore[arg-type]

        assert at(since_us=2, until_us=3) == [2, 3]
        assert at(nodes=["redis"]) == [1, 2, 4]
        assert at(nodes=["a/redis", "10.0.0.5:26379"]) == [1, 3, 4]
        assert at(nodes=["edis"]) == []
        assert at(events=["+sdown", "+odown"]) == [2, 3]
        assert at(level="notice") == [2, 3]
        assert at(query=Query(("line",)), level="warning", nodes=["redis"]) == [2]
        assert known_nodes(store) == ["10.0.0.5:26379", "a/redis", "b/redis"]


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """So are the files beside it that SQLite makes, whatever the umask is."""
    before = os.umask(0)
    try:
        with LogStore(tmp_path / "store.db") as store:
            store.add([line(1)])
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert set(modes) >= {"store.db", "store.db-wal"}
    assert set(modes.values()) == {0o600}


WRITER = """
import sys
from pathlib import Path
from jsquared.monitor.log_store.event_store import LogStore, Position
from jsquared.monitor.log_store.log_event import StoredLine
with LogStore(Path(sys.argv[1])) as store:
    for batch in range(1_000_000):
        lines = [StoredLine(batch, "n1", "", "", "", f"word{batch} of {n}", "log") for n in range(50)]
        store.add(lines, [Position("n1", b"head", 50 * (batch + 1))])
        print(batch, flush=True)
"""


def test_a_killed_writer_loses_nothing_but_its_last_batch(tmp_path: Path) -> None:
    """All batches that were finished are there whole and can be searched, and the position is that of the last of them."""
    store = tmp_path / "store.db"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(store)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        last = 0
        while last < 20:
            last = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        said = writer.stdout.read().split()
        last = int(said[-1]) if said else last
    with LogStore(store) as kept:
        [[count]] = kept.ask("SELECT count(*) FROM lines")
        assert count in (50 * (last + 1), 50 * (last + 2))
        [position] = kept.positions("n1")
        assert position.offset == count
        assert len(matching(kept, Wanted(query=Query((f"word{last}",))), 100)[0]) == 50
        assert kept.ask("PRAGMA integrity_check") == [("ok",)]
        kept.ask("INSERT INTO words(words) VALUES ('integrity-check')")


def test_the_oldest_lines_go_when_it_is_full(tmp_path: Path) -> None:
    """The file stays below its limit, says how many lines went, and finds the newest ones and none that is gone."""
    path = tmp_path / "store.db"
    with LogStore(path, keep_mb=1) as store:
        for batch in range(40):
            store.add(line(batch, f"number{batch} " + " ".join(f"w{batch}x{n}" for n in range(20))) for _ in range(100))
            assert store.used_bytes() <= 1 << 20
        assert store.dropped > 0
        [[count]] = store.ask("SELECT count(*) FROM lines")
        assert count == 4000 - store.dropped
        assert len(matching(store, Wanted(query=Query(("number39",))), 1000)[0]) == 100
        assert matching(store, Wanted(query=Query(("number0",))), 10) == ([], False)
        store.ask("INSERT INTO words(words) VALUES ('integrity-check')")
    assert path.stat().st_size < 2 << 20


def damaged(path: Path) -> bytes:
    """A store whose middle is overwritten."""
    with LogStore(path) as store:
        store.add(line(number, f"text {number}") for number in range(2000))
    data = bytearray(path.read_bytes())
    data[4096:60_000] = b"\xff" * (60_000 - 4096)
    return bytes(data)


def test_what_is_no_store_is_one_line(tmp_path: Path) -> None:
    """Text, a damaged store, another database, one with a trigger more, a newer one, a link, a folder and nothing at all."""
    text, whole, other, more, newer, link = (
        tmp_path / name for name in ("text", "whole", "other", "more", "new", "link")
    )
    text.write_text("no database, but a text that is long enough to be looked at " * 20)
    whole.write_bytes(damaged(tmp_path / "made"))
    for path, statement in (
        (other, "CREATE TABLE lines (id)"),
        (more, "CREATE TRIGGER evil AFTER INSERT ON lines BEGIN DELETE FROM lines; END"),
        (newer, "PRAGMA user_version = 2"),
    ):
        if path != other:
            LogStore(path).close()
        with contextlib.closing(sqlite3.connect(path)) as base:
            base.execute(statement)
            base.commit()
    link.symlink_to(newer)
    told = {}
    for path in (text, whole, other, more, newer, link, tmp_path, tmp_path / "nothing"):
        with pytest.raises(BadInputError) as refused, LogStore(path, is_written=False) as store:
            matching(store, Wanted(query=Query(("text",))), 10)
        told[path.name] = refused.value.what
    assert told["newer" if "newer" in told else "new"].startswith("is a store of version 2")
    assert told["more"] == told["other"] == "is no store of logs"
    assert "no such store" in told["nothing"]
    assert not (tmp_path / "nothing").exists()


def test_a_store_in_the_making_has_nothing_yet(tmp_path: Path) -> None:
    """A file that another process has only just begun is no damaged one."""
    (tmp_path / "new").touch()
    with pytest.raises(BadInputError, match="nothing in it yet"):
        LogStore(tmp_path / "new", is_written=False)


def test_a_file_that_cannot_be_written_or_is_locked_is_the_labs_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that is a file, and another process that keeps the store."""
    (tmp_path / "file").touch()
    with pytest.raises(RecordError):
        LogStore(tmp_path / "file" / "store.db")
    monkeypatch.setattr(event_store, "LOCK_LIMIT_S", 0.0)
    path = tmp_path / "store.db"
    with LogStore(path) as store, contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LabError, match="locked"):
            store.add([line(1)])


def test_an_sqlite_without_full_text_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says that FTS5 is missing."""

    class Bare(sqlite3.Connection):
        def execute(self, sql: str, *more: object) -> sqlite3.Cursor:
            if "fts5" in sql:
                raise sqlite3.OperationalError("no such module: fts5")
            return super().execute(sql, *more)  # type: ignore[arg-type]

    connect: Callable[..., sqlite3.Connection] = sqlite3.connect
    monkeypatch.setattr(event_store.sqlite3, "connect", lambda *words, **more: connect(*words, **more, factory=Bare))
    with pytest.raises(LabError, match="FTS5"):
        LogStore(None)


def test_a_file_is_known_by_more_of_its_beginning(tmp_path: Path) -> None:
    """A position keeps its place when the beginning that is known of the file grows."""
    with LogStore(None) as store:
        store.add([], [Position("n1", b"a", 5), Position("n1", b"b", 7)])
        store.grow_head(Position("n1", b"a", 5), b"abc")
        assert store.positions("n1") == [Position("n1", b"abc", 5), Position("n1", b"b", 7)]
        assert store.positions("n2") == []
