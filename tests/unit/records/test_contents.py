"""What a node held, in a file: it comes back as it was, and what cannot be is refused in one line."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jsquared.errors import BadInputError
from jsquared.records import contents as module
from jsquared.records.contents import STAYS, Entry, digest_of, read_contents, write_contents
from jsquared.records.run_directory import RunDirectory
from jsquared.testing.records import Story

VALUES: dict[str, Any] = {
    "string": b"\x00\xff\r\n",
    "list": [b"b", b"a"],
    "set": [b"a", b"b"],
    "hash": [(b"f", b"v")],
    "zset": [(b"m", 1.5)],
    "stream": [(b"1-0", [b"f", b"v"])],
}


def test_contents_come_back(tmp_path: Path) -> None:
    """Keys of any bytes in any database, values of every type, and such of which only the digest is kept."""
    contents = {
        (number, b"k\xff%d" % number): Entry(kind, STAYS, digest_of(kind, value), value)
        for number, (kind, value) in enumerate(VALUES.items())
    }
    contents[0, b"lives"] = Entry("string", 12.5, digest_of("string", b"x"))
    contents[0, b"module"] = Entry("ReJSON-RL", STAYS, b"")
    path = tmp_path / "contents" / "n1.parquet"
    write_contents(contents, path)
    assert read_contents(path) == contents
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def columns(**changed: Any) -> pa.Table:
    """One key, with columns changed."""
    plain: dict[str, Any] = {
        "database": pa.array([0]),
        "key": pa.array([b"k"]),
        "type": pa.array(["string"]),
        "expires_ms": pa.array([1.0]),
        "digest": pa.array([b"d"]),
        "value": pa.array([None], pa.binary()),
    }
    return pa.table({**plain, **changed})


DAMAGES: dict[str, dict[str, Any]] = {
    "a database below zero": {"database": pa.array([-1])},
    "a database that is missing": {"database": pa.array([None], pa.int64())},
    "a key that is text": {"key": pa.array(["k"])},
    "a type that is none": {"type": pa.array([7])},
    "an end that is no number": {"expires_ms": pa.array([float("nan")])},
    "an end before all time": {"expires_ms": pa.array([-float("inf")])},
    "a value that is none": {"value": pa.array([b"\xc1"])},
    "a value of another type": {"type": pa.array(["hash"]), "value": pa.array([b"\xc4\x01x"])},
    "a value of an unknown type": {"type": pa.array(["graph"]), "value": pa.array([b"\xc4\x01x"])},
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damaged_contents_are_refused(tmp_path: Path, name: str) -> None:
    """One line names the file."""
    path = tmp_path / "n1.parquet"
    pq.write_table(columns(**DAMAGES[name]), path)
    with pytest.raises(BadInputError, match=r"n1\.parquet: unreadable contents"):
        read_contents(path)


def test_what_is_no_parquet_or_has_too_many_keys_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is read into memory."""
    path = tmp_path / "n1.parquet"
    path.write_bytes(b"PAR1 not really PAR1")
    with pytest.raises(BadInputError, match="unreadable contents"):
        read_contents(path)
    pq.write_table(columns().drop_columns(["digest"]), path)
    with pytest.raises(BadInputError, match="unreadable contents"):
        read_contents(path)
    monkeypatch.setattr(module, "MOST_KEYS", 0)
    pq.write_table(columns(), path)
    with pytest.raises(BadInputError, match="1 keys are too many"):
        read_contents(path)


def test_a_folder_of_contents_behind_a_link_is_refused(tmp_path: Path) -> None:
    """A stranger's link may lead anywhere."""
    story = Story()
    story.load()
    story.writes("client-1", "redis-n1", 0, 100)
    story.gives("client-1", "redis-n1", 0, 500)
    story.finish("redis-n1", settle_ms=500, end_ms=600)
    run: RunDirectory = story.write(tmp_path / "run")
    record = run.load()
    assert set(record.contents) == {"redis-n1", "redis-n2", "redis-n3"}
    assert len(record.modelled) == 50
    moved = tmp_path / "moved"
    run.contents_dir.rename(moved)
    run.contents_dir.symlink_to(moved)
    with pytest.raises(BadInputError, match="is a link, which is not followed"):
        run.load()
