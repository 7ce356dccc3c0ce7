"""The unpacked size of the pages of a Parquet file, known before any is unpacked: a few bytes may stand for gigabytes.

What a file's metadata says of sizes is its writer's word. What counts for a reader is the header in front of each page, so those are
walked here. Sources: parquet.thrift ("PageHeader") of apache/parquet-format; the compact protocol of Apache Thrift
(:mod:`jsquared.records.compact_protocol`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jsquared.records.compact_protocol import BINARY, FALSE, I32, I64, STRUCT, TRUE, Reader

DICTIONARY_PAGE, SECOND_VERSION = 2, 3
LARGEST_DICTIONARY_BYTES = 16 << 20
"""Arrow begins no larger one than 1 MiB, but for its last value."""
MOST_NAMES = 64
"""What is kept as names has all that there are in its dictionary, however few rows have one. All others have a row for each value."""
MOST_UNPACKED_BYTES = 512 << 20
MOST_UNPACKED_BYTES_IN_ALL = 1 << 30
MOST_PAGES_IN_ALL = 1 << 17
"""Of a folder. Arrow puts 20,000 rows or 1 MiB into each; to look at so many takes a second."""
LONGEST_HEADER_BYTES = 64 << 10
"""The least and the largest value of a page may stand in its header four times, with up to 4 KiB each."""
ENCODINGS = frozenset({0, 2, 3, 8})
"""PLAIN, RLE and dictionaries: what others can make of little text has no bounds (DELTA_BYTE_ARRAY repeats what stood before)."""
CODECS = frozenset({"UNCOMPRESSED", "SNAPPY", "ZSTD"})
_ABOUT = {0: (5, 2), DICTIONARY_PAGE: (7, 2), SECOND_VERSION: (8, 4)}
"""By a page's type, the number of the struct that tells about it, and of the field in that which is the encoding."""
_BOOLEAN = (TRUE, FALSE)
_TEXTS = dict.fromkeys((1, 2, 5, 6), (BINARY,))
_COUNTS = dict.fromkeys((3, 4), (I64,))
_STATISTICS: dict[int, tuple[int, ...]] = {**_TEXTS, **_COUNTS, 7: _BOOLEAN, 8: _BOOLEAN}
_KINDS: dict[tuple[int, ...], tuple[int, ...]] = {
    **{(number,): (I32,) for number in (1, 2, 3, 4)},
    **{(number,): (STRUCT,) for number in (5, 6, 7, 8)},
    **{(5, number): (I32,) for number in (1, 2, 3, 4)},
    (5, 5): (STRUCT,),
    **{(5, 5, number): kinds for number, kinds in _STATISTICS.items()},
    **{(7, number): (I32,) for number in (1, 2)},
    (7, 3): _BOOLEAN,
    **{(8, number): (I32,) for number in (1, 2, 3, 4, 5, 6)},
    (8, 7): _BOOLEAN,
    (8, 8): (STRUCT,),
    **{(8, 8, number): kinds for number, kinds in _STATISTICS.items()},
}
"""By the path of a field the types that it may have: readers pass over a field of any other, as if it were not there."""


@dataclass
class PageHeader:
    """The needed fields of a page's header: its type, its bytes unpacked and packed, its encoding and its declared number of values."""

    kind: int
    unpacked_bytes: int
    packed_bytes: int
    encoding: int
    values: int
    end: int
    """Where the header ends and the page begins."""


@dataclass
class Allowance:
    """The remaining allowance for the Parquet files of one folder."""

    unpacked_bytes: int = MOST_UNPACKED_BYTES_IN_ALL
    pages: int = MOST_PAGES_IN_ALL

    def take(self, page: PageHeader) -> None:
        """Count a page.

        :raises ValueError: that is more than there may be.
        """
        self.unpacked_bytes -= max(page.unpacked_bytes, page.packed_bytes)
        self.pages -= 1
        if self.unpacked_bytes < 0:
            raise ValueError(
                f"more than {MOST_UNPACKED_BYTES_IN_ALL:,} bytes in the whole folder once they are unpacked"
            )
        if self.pages < 0:
            raise ValueError(f"more than {MOST_PAGES_IN_ALL:,} pages in the whole folder")


def page_header(data: memoryview, at: int) -> PageHeader:
    """The header of the page that begins there.

    :raises ValueError: there is none.
    """
    reader = Reader(data[: at + LONGEST_HEADER_BYTES], at, _KINDS)
    reader.struct()
    numbers = reader.numbers
    kind, unpacked, packed = (numbers.get((number,), -1) for number in (1, 2, 3))
    if kind < 0 or unpacked < 0 or packed < 0 or reader.at > len(data):
        raise ValueError("a page header without sizes")
    about, field_number = _ABOUT.get(kind, (0, 0))
    values = numbers.get((about, 1), 0)
    if kind == SECOND_VERSION and numbers.get((about, 3)) != values:
        raise ValueError("a page whose numbers of rows and values differ")
    return PageHeader(kind, unpacked, packed, numbers.get((about, field_number), -1), values, reader.at)


def pages_of(data: memoryview, chunk: Any) -> Iterator[PageHeader]:
    """The headers of a column chunk, which is described by Arrow's metadata.

    :raises ValueError: it is damaged, or packed or written in a way that this lab does not write.
    """
    if chunk.compression not in CODECS:
        raise ValueError("a column that is packed in an unknown way")
    at, end = extent(chunk)
    if not 0 <= at <= end <= len(data):
        raise ValueError("a column beyond the end of the file")
    awaited = chunk.has_dictionary_page
    while at < end:
        header = page_header(data, at)
        if header.encoding not in ENCODINGS:
            raise ValueError("a page in an unknown encoding")
        at = header.end + header.packed_bytes
        if (header.kind == DICTIONARY_PAGE) != awaited or (awaited and at != chunk.data_page_offset):
            raise ValueError("a dictionary in the wrong place")
        awaited = False
        yield header
    if at != end:
        raise ValueError("a page beyond the end of its column")


def extent(chunk: Any) -> tuple[int, int]:
    """Return the beginning and the end of a column chunk's pages, as Arrow takes it."""
    begin = chunk.dictionary_page_offset if chunk.has_dictionary_page else chunk.data_page_offset
    if begin > chunk.data_page_offset:
        raise ValueError("a dictionary in the wrong place")
    return begin, begin + chunk.total_compressed_size


def require_small(data: bytes, metadata: Any, columns: frozenset[str], allowance: Allowance) -> None:
    """Refuse a file in which these columns would come to more than a history or what a node held ever does.

    :raises ValueError: they would, or the file is damaged.
    """
    view, of_file = memoryview(data), Allowance(MOST_UNPACKED_BYTES)
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for index in range(group.num_columns):
            if metadata.schema.column(index).path not in columns:
                continue
            values = 0
            for page in pages_of(view, group.column(index)):
                allowance.take(page)
                values += _values_of(page, group.num_rows)
                of_file.unpacked_bytes -= page.unpacked_bytes
                if of_file.unpacked_bytes < 0:
                    raise ValueError(f"more than {MOST_UNPACKED_BYTES:,} bytes once they are unpacked")
            if values != group.num_rows:
                raise ValueError(f"a column of {values:,} values in {group.num_rows:,} rows")


def _values_of(page: PageHeader, rows: int) -> int:
    """Return the number of values in a page of a column, which has its own limit where it is a dictionary."""
    if page.kind != DICTIONARY_PAGE:
        if page.values < 1:
            raise ValueError("a page without values")
        return page.values
    if page.unpacked_bytes > LARGEST_DICTIONARY_BYTES:
        raise ValueError(f"a dictionary of {page.unpacked_bytes:,} bytes is too large")
    if page.values > page.unpacked_bytes:
        raise ValueError("a dictionary that is shorter than it says")
    if not 0 <= page.values <= max(rows, MOST_NAMES):
        raise ValueError(f"a dictionary of {page.values:,} values for {rows:,} rows")
    return 0
