"""What the pages of a Parquet file come to once they are unpacked, known before any is: a few bytes may stand for gigabytes.

What a file's metadata says of sizes is its writer's word. What counts for a reader is the header in front of each page, so those are
walked here. Sources: parquet.thrift ("PageHeader") of apache/parquet-format; the compact protocol of Apache Thrift.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

DICTIONARY_PAGE = 2
LARGEST_DICTIONARY_BYTES = 16 << 20
"""Arrow begins no larger one than 1 MiB, but for its last value."""
MOST_UNPACKED_BYTES = 512 << 20
ENCODINGS = frozenset({0, 2, 3, 8})
"""PLAIN, RLE and dictionaries: what others can make of little text has no bounds (DELTA_BYTE_ARRAY repeats what stood before)."""
CODECS = frozenset({"UNCOMPRESSED", "SNAPPY", "ZSTD"})
DEEPEST = 4
_STOP, _TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _STRUCT = 0, 1, 2, 3, 7, 8, 12
_NUMBERS = (4, 5, 6)
_ABOUT = {0: (5, 2), DICTIONARY_PAGE: (7, 2), 3: (8, 4)}
"""By a page's type, the number of the struct that tells about it, and of the field in that which is the encoding."""


@dataclass
class PageHeader:
    """What is asked of a page: its type, its bytes unpacked and packed, its encoding and how many values it says to have."""

    kind: int
    unpacked_bytes: int
    packed_bytes: int
    encoding: int
    values: int
    end: int
    """Where the header ends and the page begins."""


@dataclass
class _Reader:
    """The compact protocol, as far as page headers use it."""

    data: memoryview
    at: int
    numbers: dict[tuple[int, ...], int] = field(default_factory=dict)

    def struct(self, path: tuple[int, ...] = ()) -> None:
        """Read a struct and keep its whole numbers by the path of their fields' numbers."""
        if len(path) > DEEPEST:
            raise ValueError("a page header that is too deep")
        number = 0
        while (head := self._byte()) & 0x0F != _STOP:
            number = number + (head >> 4) if head >> 4 else self._whole()
            self._value(head & 0x0F, (*path, number))

    def _value(self, kind: int, path: tuple[int, ...]) -> None:
        if kind in _NUMBERS:
            self.numbers[path] = self._whole()
        elif kind == _STRUCT:
            self.struct(path)
        elif kind in (_BYTE, _DOUBLE):
            self.at += 1 if kind == _BYTE else 8
        elif kind == _BINARY:
            length = self._unsigned()
            self.at += length
        elif kind not in (_TRUE, _FALSE):
            raise ValueError("a page header with a field that none has")

    def _byte(self) -> int:
        if not 0 <= self.at < len(self.data):
            raise ValueError("a page header beyond the end of the file")
        self.at += 1
        return self.data[self.at - 1]

    def _unsigned(self) -> int:
        value = shift = 0
        while shift < 64:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
        raise ValueError("a number in a page header that does not end")

    def _whole(self) -> int:
        value = self._unsigned()
        return (value >> 1) ^ -(value & 1)


def page_header(data: memoryview, at: int) -> PageHeader:
    """The header of the page that begins there.

    :raises ValueError: there is none.
    """
    reader = _Reader(data, at)
    reader.struct()
    numbers = reader.numbers
    kind, unpacked, packed = (numbers.get((number,), -1) for number in (1, 2, 3))
    if kind < 0 or unpacked < 0 or packed < 0 or reader.at > len(data):
        raise ValueError("a page header that says no sizes")
    about, field_number = _ABOUT.get(kind, (0, 0))
    encoding = numbers.get((about, field_number), -1)
    return PageHeader(kind, unpacked, packed, encoding, numbers.get((about, 1), 0), reader.at)


def pages_of(data: memoryview, chunk: Any) -> Iterator[PageHeader]:
    """The headers of a column chunk, which is described by Arrow's metadata.

    :raises ValueError: it is damaged, or packed or written in a way that this lab does not write.
    """
    if chunk.compression not in CODECS:
        raise ValueError("a column that is packed in an unknown way")
    dictionary = chunk.dictionary_page_offset if chunk.has_dictionary_page else None
    at = min(chunk.data_page_offset, dictionary or chunk.data_page_offset)
    end = at + chunk.total_compressed_size
    if not 0 <= at <= end <= len(data):
        raise ValueError("a column beyond the end of the file")
    while at < end:
        header = page_header(data, at)
        if header.encoding not in ENCODINGS:
            raise ValueError("a page in an unknown encoding")
        at = header.end + header.packed_bytes
        yield header


def require_small(data: bytes, metadata: Any, columns: frozenset[str]) -> None:
    """Refuse a file in which these columns would come to more than a history or what a node held ever does.

    :raises ValueError: they would, or the file is damaged.
    """
    view, unpacked_bytes = memoryview(data), 0
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for index in range(group.num_columns if group.num_rows else 0):
            chunk, path = group.column(index), metadata.schema.column(index).path
            if chunk.path_in_schema != path:  # the chunk's own word; readers go by its place
                raise ValueError("a column that is called otherwise than its place says")
            if path not in columns:
                continue
            for header in pages_of(view, chunk):
                unpacked_bytes += header.unpacked_bytes
                if header.kind == DICTIONARY_PAGE and header.unpacked_bytes > LARGEST_DICTIONARY_BYTES:
                    raise ValueError(f"a dictionary of {header.unpacked_bytes:,} bytes is too large")
                if header.kind == DICTIONARY_PAGE and header.values > header.unpacked_bytes:
                    raise ValueError("a dictionary that is shorter than it says")
                if unpacked_bytes > MOST_UNPACKED_BYTES:
                    raise ValueError(f"more than {MOST_UNPACKED_BYTES:,} bytes once they are unpacked")
