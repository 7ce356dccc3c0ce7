"""What a node held, in a file: it comes back as it was, and what cannot be is refused in one line."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jsquared.errors import BadInputError
from jsquared.records import contents as module
from jsquared.records import parquet_pages, run_directory
from jsquared.records.contents import STAYS, Entry, digest_of, read_contents, write_contents
from jsquared.records.run_directory import RunDirectory
from support.records import Story

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


def test_one_large_value_before_many_keys_without_one_comes_back(tmp_path: Path) -> None:
    """A key of which only the digest is kept counts for no bytes, whatever the values of others."""
    large = b"x" * (64 << 10)
    contents = {(0, b"large"): Entry("string", STAYS, digest_of("string", large), large)}
    contents |= {(0, b"k%d" % n): Entry("string", STAYS, digest_of("string", b"x")) for n in range(12_000)}
    path = tmp_path / "n1.parquet"
    write_contents(contents, path)
    assert read_contents(path) == contents


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
    "an end that is not a number": {"expires_ms": pa.array([float("nan")])},
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


def many(value: bytes, count: int) -> pa.DictionaryArray:
    """A column of equal values, which takes next to no room on a disk."""
    return pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), pa.array([value]))


def of_equal_rows(count: int, **changed: Any) -> pa.Table:
    """So many rows like the plain one."""
    plain = {
        name: pa.concat_arrays([column.chunk(0)] * count) for name, column in zip(*names_and_columns(), strict=True)
    }
    return pa.table({**plain, **changed})


def names_and_columns() -> tuple[list[str], list[Any]]:
    """The plain columns by name."""
    table = columns()
    return table.column_names, table.columns


@pytest.mark.parametrize("name", ["key", "digest"])
@pytest.mark.parametrize("store_schema", [True, False])
def test_a_small_file_of_long_equal_texts_is_refused(tmp_path: Path, name: str, store_schema: bool) -> None:
    """The text is read once, and what the rows come to is counted before any row is made."""
    path = tmp_path / "n1.parquet"
    table = of_equal_rows(1000, **{name: many(b"x" * (1 << 20), 1000)})
    pq.write_table(table, path, compression="zstd", store_schema=store_schema)
    assert path.stat().st_size < 8192
    with pytest.raises(BadInputError, match="its keys and values are too long altogether"):
        read_contents(path)


def test_equal_values_are_one_object(tmp_path: Path) -> None:
    """What stands in many rows is decoded once."""
    path = tmp_path / "n1.parquet"
    changed = {"value": many(b"\x91\xc4\x01x", 9), "type": pa.array(["list"] * 9), "database": pa.array(range(9))}
    pq.write_table(of_equal_rows(9, **changed), path)
    contents = read_contents(path)
    assert len(contents) == 9
    assert {id(entry.value) for entry in contents.values()} == {id(contents[0, b"k"].value)}
    assert contents[0, b"k"].value == [b"x"]


def test_a_page_that_is_packed_too_well_is_never_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dictionaries and all pages together have limits; columns that the lab never writes are not looked at."""
    path = tmp_path / "n1.parquet"
    key = pa.array([b"x" * (17 << 20)])
    pq.write_table(columns(key=key), path, compression="zstd")
    assert path.stat().st_size < 8192
    with pytest.raises(BadInputError, match="a dictionary of 17,825,796 bytes is too large"):
        read_contents(path)
    pq.write_table(columns(other=key), path, compression="zstd")
    assert len(read_contents(path)) == 1
    pq.write_table(columns(key=key), path, compression="zstd", use_dictionary=False)
    assert len(read_contents(path)) == 1
    monkeypatch.setattr(parquet_pages, "MOST_UNPACKED_BYTES", 16 << 20)
    with pytest.raises(BadInputError, match="more than 16,777,216 bytes once they are unpacked"):
        read_contents(path)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"column_encoding": {"key": "DELTA_BYTE_ARRAY"}, "use_dictionary": False}, "a page in an unknown encoding"),
        ({"compression": "gzip"}, "packed in an unknown way"),
        ({"row_group_size": 1}, "100 groups of rows are too many"),
    ],
)
def test_what_the_lab_never_writes_is_refused(tmp_path: Path, options: dict[str, Any], words: str) -> None:
    """Encodings that repeat what stood before have no bounds."""
    path = tmp_path / "n1.parquet"
    pq.write_table(of_equal_rows(100), path, **options)
    with pytest.raises(BadInputError, match=words):
        read_contents(path)


def test_all_nodes_together_have_a_limit_of_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second file of equal keys is refused."""
    story = Story()
    story.load()
    story.writes("client-1", "redis-n1", 0, 100)
    story.finish("redis-n1", settle_ms=500, end_ms=600)
    run = story.write(tmp_path / "run")
    for node in ("redis-n1", "redis-n2"):
        write_contents(
            {(0, b"a"): Entry("string", STAYS, b"d"), (0, b"b"): Entry("string", STAYS, b"d")}, run.contents_file(node)
        )
    monkeypatch.setattr(run_directory, "MOST_KEYS_IN_ALL", 3)
    with pytest.raises(BadInputError, match=r"redis-n2.*2 keys are too many"):
        run.load()


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


def test_an_index_beyond_its_dictionary_is_refused(tmp_path: Path) -> None:
    """Arrow itself takes it, and would go beyond the end of the dictionary when it looks it up."""
    path = tmp_path / "n1.parquet"
    digests = pa.array([b"A", b"B", *[b"C"] * 22])
    table = of_equal_rows(24, digest=digests, database=pa.array(range(24)))
    pq.write_table(table, path, compression="none")
    whole = path.read_bytes()
    run = b"\x20\x02"  # sixteen rows with the third text
    assert whole.count(run) == 1
    path.write_bytes(whole.replace(run, b"\x20\x03"))
    with pytest.raises(BadInputError, match=r"unreadable contents .*out of bounds"):
        read_contents(path)


def test_a_column_that_is_called_otherwise_than_its_place_says_is_refused(tmp_path: Path) -> None:
    """By another name its pages would not be looked at, and read nevertheless."""
    path = tmp_path / "n1.parquet"
    pq.write_table(columns(), path)
    whole = path.read_bytes()
    at = whole.rindex(b"\x18\x06digest")
    path.write_bytes(whole[: at + 2] + b"nobody" + whole[at + 8 :])
    with pytest.raises(BadInputError, match="whose name does not match its place"):
        read_contents(path)


def test_values_have_a_limit_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As objects they take many times as much."""
    path = tmp_path / "n1.parquet"
    pq.write_table(columns(value=pa.array([b"\xc4\x01x"])), path)
    monkeypatch.setattr(module, "LARGEST_VALUES_BYTES", 3)
    assert read_contents(path)[0, b"k"].value == b"x"
    monkeypatch.setattr(module, "LARGEST_VALUES_BYTES", 2)
    with pytest.raises(BadInputError, match="too long altogether"):
        read_contents(path)
