"""Parquet files whose parts contradict each other, or are what Arrow never writes: refused in one line, before Arrow believes them."""

import copy
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jsquared.errors import BadInputError
from jsquared.records import parquet_layout, parquet_pages
from jsquared.records.contents import STAYS, Entry, digest_of, read_contents, write_contents
from jsquared.records.operations import COLUMN_TYPES, Operations, read_parquet, write_parquet
from jsquared.records.parquet_pages import Allowance
from support.compact_structs import (
    CODEC,
    COLUMNS,
    DATA_AT,
    DICTIONARY_AT,
    GROUP_ROWS,
    GROUPS,
    PACKED_BYTES,
    ROWS,
    VALUES,
    Struct,
    change,
    columns_of,
    encode,
    get,
    groups_of,
    page,
    put,
    put_together,
    take_apart,
    unsigned,
)

COUNT = 6_000


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """A history of some thousand operations, found on one node."""
    path = tmp_path / "history.parquet"
    columns = {name: np.arange(COUNT) % 3 for name in COLUMN_TYPES}
    write_parquet(Operations.from_columns(columns, {"redis-n1": np.zeros(COUNT, dtype=np.uint8)}), path)
    assert len(read_parquet(path)) == COUNT
    return path


def refused(path: Path, words: str) -> None:
    """It is refused in one line."""
    with pytest.raises(BadInputError, match=words) as caught:
        (read_contents if path.name.startswith("redis") else read_parquet)(path)
    assert str(caught.value).startswith(f"{path}: unreadable ")


def of_first(number: int, value: int) -> Callable[[bytes, Struct], bytes]:
    """A change of the first group's column of slots."""

    def how(pages: bytes, footer: Struct) -> bytes:
        put(columns_of(groups_of(footer)[0])[1], number, value)
        return pages

    return how


def of_group(rows: int, *, footer_too: bool = False) -> Callable[[bytes, Struct], bytes]:
    """A change of how many rows the first group says to have."""

    def how(pages: bytes, footer: Struct) -> bytes:
        put(groups_of(footer)[0], GROUP_ROWS, rows)
        if footer_too:
            put(footer, ROWS, rows)
        return pages

    return how


def with_shared_pages(pages: bytes, footer: Struct) -> bytes:
    """All columns of 64 groups have the same 20,000 pages without a value."""
    begin, group = len(pages), groups_of(footer)[0]
    empty = page(3, 0, b"", 8, 0, 0, 0, 0, 0, 0) * 20_000
    for column in columns_of(group):
        put(column, DATA_AT, begin)
        put(column, PACKED_BYTES, len(empty))
        column[:] = [field for field in column if field[0] != DICTIONARY_AT]
    groups_of(footer)[:] = [group] * 64
    put(footer, ROWS, 64 * COUNT)
    return pages + empty


def with_last_pages(data: bytes, *, has_dictionary: bool = False) -> Callable[[bytes, Struct], bytes]:
    """The last column has these pages."""

    def how(pages: bytes, footer: Struct) -> bytes:
        column = columns_of(groups_of(footer)[0])[-1]
        put(column, DATA_AT, len(pages))
        put(column, PACKED_BYTES, len(data))
        put(column, CODEC, 0)
        if not has_dictionary:
            column[:] = [field for field in column if field[0] != DICTIONARY_AT]
        return pages + data

    return how


def with_a_group_of_no_rows(pages: bytes, footer: Struct) -> bytes:
    """In front of all others, with a dictionary of two gigabytes."""
    empty, size = copy.deepcopy(groups_of(footer)[0]), 1 << 30
    packed = pa.compress(bytes(size), codec="zstd", asbytes=True)
    dictionary = page(2, size, packed, 7, 1 << 28, 0)
    put(empty, GROUP_ROWS, 0)
    put(columns_of(empty)[5], DICTIONARY_AT, len(pages))
    put(columns_of(empty)[5], DATA_AT, len(pages) + len(dictionary))
    put(columns_of(empty)[5], PACKED_BYTES, len(dictionary))
    groups_of(footer).insert(0, empty)
    return pages + dictionary


def with_a_group_of_fewer_columns(pages: bytes, footer: Struct) -> bytes:
    """One is missing there."""
    get(groups_of(footer)[0], COLUMNS)[1].pop()
    return pages


PLAIN = page(0, 4 * COUNT, bytes(4 * COUNT), 5, COUNT, 0, 3, 3)
DAMAGES: dict[str, tuple[Callable[[bytes, Struct], bytes], str]] = {
    "a group of fewer rows": (of_group(COUNT - 1), "5,999 rows in its groups, and 6,000 in all"),
    "a group of none": (of_group(0), "a group without rows"),
    "a group of fewer than none": (of_group(-1), "a group without rows"),
    "fewer rows, and all say so": (of_group(64, footer_too=True), "a column of 6,000 values in 64 rows"),
    "a column of fewer values": (of_first(VALUES, 64), "a column of 64 values in 6,000 rows"),
    "a group without rows before others": (with_a_group_of_no_rows, "a group without rows"),
    "a group of fewer columns": (with_a_group_of_fewer_columns, "a group whose columns differ from the file's"),
    "columns of one place": (with_shared_pages, "columns that overlap"),
    "a column in the magic": (of_first(DICTIONARY_AT, 0), "columns that overlap"),
    "a column in the footer": (of_first(PACKED_BYTES, 1 << 30), "columns that overlap"),
    "a column of less than nothing": (of_first(PACKED_BYTES, -(1 << 40)), "columns that overlap"),
    "a dictionary behind its values": (of_first(DICTIONARY_AT, 1 << 30), "a dictionary in the wrong place"),
    "pages without values": (with_last_pages(page(0, 0, b"", 5, 0, 0, 3, 3) + PLAIN), "a page without values"),
    "too few values in pages": (with_last_pages(page(0, 4, bytes(4), 5, 1, 0, 3, 3)), "a column of 1 values in 6,000 rows"),
    "a page beyond its column": (with_last_pages(PLAIN[:-1]), "a page beyond the end of its column"),
    "a dictionary of nobody's": (with_last_pages(page(2, 4, bytes(4), 7, 1, 0) + PLAIN), "a dictionary in the wrong place"),
    "a dictionary within": (with_last_pages(PLAIN + page(2, 4, bytes(4), 7, 1, 0)), "a dictionary in the wrong place"),
    "a header without end": (with_last_pages(b"\x15\0" * 300_000 + b"\0"), "a page header with a field of the wrong type"),
    "a header of many fields": (with_last_pages(b"\x19" * 8 + b"\0"), "field"),
    "a header of unknown fields": (with_last_pages(b"\xf5\0" * 100 + b"\0"), "a page header of more than 64 fields"),
    "a long header": (with_last_pages(b"\x98" + unsigned(1 << 20) + bytes(1 << 20) + b"\0"), "beyond the end of the file, or too long"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGES)
def test_parts_that_contradict_each_other_are_refused(history: Path, name: str) -> None:
    """Arrow would take each for itself: a shorter history, gigabytes, or headers without end."""
    how, words = DAMAGES[name]
    change(history, how)
    refused(history, words)


def test_a_file_without_rows_has_no_pages_to_read(history: Path) -> None:
    """Whatever lies there: it is a history without operations, of the same columns."""
    change(history, of_group(0, footer_too=True))
    operations = read_parquet(history)
    assert (len(operations), list(operations.found)) == (0, ["redis-n1"])


@pytest.mark.parametrize(
    ("footer", "words"),
    [
        (b"\x15\4\x19\xfc" + unsigned(1 << 20) + bytes(64), "1,048,576 columns are too many"),
        (b"\x15\4\x19\xfc" + unsigned(3) + bytes(300_000), "a footer of 300,.* bytes is too large"),
        (b"\x15\4\x15\4\0", "a footer without columns"),
        (b"\x15\4\x19\x15\4\0", "a footer without columns"),
        (b"\x19\xfc\0", "a footer without a version"),
        (b"", "a footer beyond the beginning of the file"),
    ],
)
def test_a_footer_is_short_and_of_few_columns_before_it_is_parsed(history: Path, footer: bytes, words: str) -> None:
    """Three bytes of it become more than a kilobyte."""
    pages, _ = take_apart(history.read_bytes())
    history.write_bytes(put_together(pages, footer))
    refused(history, words)


def test_a_footer_of_many_columns_in_a_group_is_refused(history: Path) -> None:
    """As many as there is room for; what they become stays small."""
    pages, whole = take_apart(history.read_bytes())
    count = 80_000
    before = encode([field for field in whole if field[0] < GROUPS])[:-1]
    group = b"\x19\xfc" + unsigned(count) + b"\x26\0\0" * count + b"\x16\0\x16\0\0"
    writer = b"\x28\x18parquet-cpp-arrow 99.0.0\0"
    history.write_bytes(put_together(pages, before + b"\x19\x1c" + group + writer))
    refused(history, "a group without rows|its groups")


def test_a_half_file_is_none(history: Path) -> None:
    """It ends otherwise than it begins."""
    history.write_bytes(history.read_bytes()[:-1])
    refused(history, "not a Parquet file, or only a part of one")


def test_a_dictionary_has_no_more_values_than_there_are_rows(tmp_path: Path) -> None:
    """Empty strings take no room: four million of them in a few bytes, in each of many groups."""
    path = tmp_path / "redis-n1.parquet"
    write_contents({(0, b"k"): Entry("string", STAYS, digest_of("string", b"v"))}, path)
    size = 4 << 20
    dictionary = page(2, size, pa.compress(bytes(size), codec="zstd", asbytes=True), 7, size // 4, 0)

    def how(pages: bytes, footer: Struct) -> bytes:
        column = columns_of(groups_of(footer)[0])[-1]
        values = pages[get(column, DATA_AT) : get(column, DICTIONARY_AT) + get(column, PACKED_BYTES)]
        put(column, DICTIONARY_AT, len(pages))
        put(column, DATA_AT, len(pages) + len(dictionary))
        put(column, PACKED_BYTES, len(dictionary) + len(values))
        return pages + dictionary + values

    change(path, how)
    refused(path, "a dictionary of 1,048,576 values for 1 rows")


def test_all_files_of_a_folder_have_an_allowance_together(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is within its own limit."""
    allowance = Allowance()
    read_parquet(history, allowance)
    used = parquet_pages.MOST_UNPACKED_BYTES_IN_ALL - allowance.unpacked_bytes
    assert used > COUNT
    with pytest.raises(BadInputError, match="bytes in the whole folder once they are unpacked"):
        read_parquet(history, Allowance(used - 1))
    with pytest.raises(BadInputError, match="pages in the whole folder"):
        read_parquet(history, Allowance(used, 3))


def test_what_flips_in_a_page_is_found(history: Path) -> None:
    """Pages have checksums; those of an older lab had none, and are read."""
    whole = history.read_bytes()
    _, footer = take_apart(whole)
    column = columns_of(groups_of(footer)[0])[1]
    changed = bytearray(whole)
    changed[get(column, DICTIONARY_AT) + get(column, PACKED_BYTES) - 3] ^= 1
    history.write_bytes(changed)
    refused(history, "unreadable history")
    history.write_bytes(whole)
    table = pq.ParquetFile(history).read()
    pq.write_table(table, history, compression="none")
    plain = bytearray(history.read_bytes())
    assert len(read_parquet(history)) == COUNT
    pq.write_table(table, history, compression="none", write_page_checksum=True)
    assert len(plain) < history.stat().st_size
    changed = bytearray(history.read_bytes())
    column = columns_of(groups_of(take_apart(bytes(changed))[1])[0])[1]
    changed[get(column, DATA_AT) - 2] ^= 1  # in the dictionary's last value: nothing else would notice
    history.write_bytes(changed)
    refused(history, "CRC|crc")


def lists(table: pa.Table) -> pa.Table:
    """The table with a column that the lab does not know, of lists of structs."""
    return table.append_column("extra", pa.array([[{"a": 1}, {"a": 2}]] * table.num_rows))


def plain(table: pa.Table) -> pa.Table:
    """The table with texts as they are, without dictionaries."""
    return pa.table({
        name: column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
        for name, column in zip(table.column_names, table.columns, strict=True)
    })  # fmt: skip


def required(table: pa.Table) -> pa.Table:
    """The table with columns that have a value in every row."""
    return table.cast(pa.schema([field.with_nullable(field.name == "value") for field in table.schema]))


def backwards(table: pa.Table) -> pa.Table:
    """The table with its last column first."""
    return table.select(table.column_names[::-1])


REWRITES: dict[str, tuple[Callable[[Any], Any], dict[str, Any]]] = {
    "as it was": (lambda table: table, {}),
    "not packed": (lambda table: table, {"compression": "none"}),
    "packed by snappy": (lambda table: table, {"compression": "snappy"}),
    "packed by zstd": (lambda table: table, {"compression": "zstd"}),
    "groups of 500 rows": (lambda table: table, {"row_group_size": 500}),
    "no dictionaries": (lambda table: table, {"use_dictionary": False}),
    "small dictionaries": (lambda table: table, {"dictionary_pagesize_limit": 64}),
    "pages of the second version": (lambda table: table, {"data_page_version": "2.0"}),
    "the second version, in groups": (lambda table: table, {"data_page_version": "2.0", "row_group_size": 500}),
    "format 1.0": (lambda table: table, {"version": "1.0"}),
    "no schema of Arrow's": (lambda table: table, {"store_schema": False}),
    "tiny pages without statistics": (
        lambda table: table,
        {"data_page_size": 1, "write_batch_size": 10, "write_statistics": False},
    ),
    "an index of pages, and checksums": (
        lambda table: table,
        {"write_page_index": True, "write_page_checksum": True},
    ),
    "columns without gaps": (required, {}),
    "a column of lists": (lists, {}),
    "columns in another order": (backwards, {}),
    "plain texts": (plain, {}),
}


@pytest.mark.parametrize("name", REWRITES)
def test_what_arrow_writes_otherwise_is_read_alike(history: Path, tmp_path: Path, name: str) -> None:
    """Somebody may have opened the files and saved them with other options."""
    how, options = REWRITES[name]
    contents_file = tmp_path / "redis-n1.parquet"
    contents = {(0, b"k%d" % n): Entry("string", STAYS, digest_of("string", b"%d" % n)) for n in range(2_000)}
    contents[1, b"list"] = Entry("list", 12.5, digest_of("list", [b"a"]), [b"a"])
    write_contents(contents, contents_file)
    before = read_parquet(history)
    for path in (history, contents_file):
        written = io.BytesIO()
        pq.write_table(how(pq.ParquetFile(path).read()), written, **options)
        path.write_bytes(written.getvalue())
    after = read_parquet(history)
    for column in COLUMN_TYPES:
        assert np.array_equal(getattr(after, column), getattr(before, column)), column
    assert np.array_equal(after.found["redis-n1"], before.found["redis-n1"])
    assert read_contents(contents_file) == contents


def test_what_arrow_can_write_and_the_lab_does_not_is_one_line(history: Path) -> None:
    """Another packing, and groups without number."""
    table = pq.ParquetFile(history).read()
    pq.write_table(table, history, compression="gzip")
    refused(history, "a column that is packed in an unknown way")
    pq.write_table(table, history, row_group_size=COUNT // 115)
    refused(history, "116 groups of rows are too many")


def test_a_history_at_its_limits_has_a_small_footer(history: Path) -> None:
    """Eight groups of a million rows in a dozen columns: the limit is far from it."""
    _, footer = take_apart(history.read_bytes())
    groups_of(footer)[:] = groups_of(footer) * 9
    assert len(encode(footer)) * 8 < parquet_layout.LARGEST_FOOTER_BYTES
