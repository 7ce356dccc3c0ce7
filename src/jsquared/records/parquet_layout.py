"""A Parquet file's own account of its parts, in its footer: checked before Arrow believes it.

Arrow believes each group of rows and each column by itself. So a footer in which they contradict each other is one history to whoever
counts and another to whoever reads; and three bytes of it may become more than a kilobyte in memory.
Source: parquet.thrift ("FileMetaData") of apache/parquet-format.
"""

from typing import Any

from jsquared.records.compact_protocol import I32, LIST, STRUCT, Reader
from jsquared.records.parquet_pages import extent

MAGIC = b"PAR1"
MOST_ROW_GROUPS = 64
"""Arrow puts a million rows into each."""
LARGEST_FOOTER_BYTES = 256 << 10
"""A history of a dozen columns and eight million rows has 20 KB of it; what 256 KiB can become is some 120 MiB."""
MOST_COLUMNS = 1024
_LENGTH_BYTES = 4


def require_footer(data: bytes) -> int:
    """Return the beginning of the footer, which must be short and have few columns; for the bytes of a whole file.

    :raises ValueError: it has none, or a larger one than any history.
    """
    end = len(data) - len(MAGIC) - _LENGTH_BYTES
    if end < len(MAGIC) or not (data.startswith(MAGIC) and data.endswith(MAGIC)):
        raise ValueError("not a Parquet file, or only a part of one")
    length = int.from_bytes(data[end : end + _LENGTH_BYTES], "little")
    if length > LARGEST_FOOTER_BYTES:
        raise ValueError(f"a footer of {length:,} bytes is too large")
    if not 0 < length <= end - len(MAGIC):
        raise ValueError("a footer beyond the beginning of the file")
    columns = _columns(Reader(memoryview(data), end - length))
    if columns > MOST_COLUMNS:
        raise ValueError(f"{columns:,} columns are too many")
    return end - length


def _columns(footer: Reader) -> int:
    """Return its number of columns, itself and groups of them included: they come first, behind the version."""
    if footer.byte() != (1 << 4 | I32):
        raise ValueError("a footer without a version")
    footer.whole(1 << 31)
    head = footer.byte()
    if head != (1 << 4 | LIST):
        raise ValueError("a footer without columns")
    head = footer.byte()
    if head & 0x0F != STRUCT:
        raise ValueError("a footer without columns")
    return head >> 4 if head >> 4 < 0x0F else footer.unsigned()


def require_layout(metadata: Any, footer: int) -> None:
    """Refuse a footer that contradicts itself, or speaks of parts that no writer of Arrow's makes.

    :param footer: where it begins in the file.
    :raises ValueError: it does.
    """
    if metadata.num_row_groups > MOST_ROW_GROUPS:
        raise ValueError(f"{metadata.num_row_groups:,} groups of rows are too many")
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    rows = [group.num_rows for group in groups]
    if (metadata.num_rows or any(rows)) and min(rows, default=0) < 1:
        raise ValueError("a group without rows")
    if sum(rows) != metadata.num_rows:
        raise ValueError(f"{sum(rows):,} rows in its groups, and {metadata.num_rows:,} in all")
    if any(group.num_columns != metadata.num_columns for group in groups):
        raise ValueError("a group whose columns differ from the file's")
    if metadata.num_rows:
        _require_apart(metadata, groups, footer)


def _require_apart(metadata: Any, groups: list[Any], footer: int) -> None:
    """Columns lie one behind the other, none in another: what is there once is read once."""
    paths = [metadata.schema.column(index).path for index in range(metadata.num_columns)]
    plain = [not metadata.schema.column(index).max_repetition_level for index in range(metadata.num_columns)]
    free = len(MAGIC)
    for group in groups:
        for index, path in enumerate(paths):
            chunk = group.column(index)
            if chunk.path_in_schema != path:  # the chunk's own word; readers go by its place
                raise ValueError("a column whose name does not match its place")
            if plain[index] and chunk.num_values != group.num_rows:
                raise ValueError(f"a column of {chunk.num_values:,} values in {group.num_rows:,} rows")
            begin, end = extent(chunk)
            if not free <= begin < end <= footer:
                raise ValueError("columns that overlap, or lie beyond the end of the file")
            free = end
