"""The Parquet files of a run folder: written with checksums, and read as someone else's.

What is read are columns of known names and types, of a bounded size; whatever Arrow would not write is refused before Arrow reads it.
"""

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jsquared.errors import BadInputError
from jsquared.records.parquet_layout import require_footer, require_layout
from jsquared.records.parquet_pages import Allowance, require_small
from jsquared.records.private_files import open_private
from jsquared.records.reading import ANOTHER, LARGEST_HISTORY_BYTES, read_bounded

WRITER = "parquet-cpp-arrow "
_PHYSICAL = {"binary": "BYTE_ARRAY", "string": "BYTE_ARRAY", "double": "DOUBLE", "int64": "INT64"}
_SMALL = "INT32"
"""What Parquet keeps numbers of fewer than 32 bits as."""
_TEXTS = ("binary", "string")


class CheckedFile:
    """A Parquet file whose columns have been looked at, and nothing else of it yet."""

    def __init__(self, path: Path, allowance: Allowance | None = None) -> None:
        """Open it.

        :param allowance: what it may come to, together with others; of its own where it is the only one.
        :raises BadInputError: it cannot be read, or is too large.
        :raises ValueError: or what Arrow raises: it is no Parquet file, or none as the lab writes them.
        """
        import pyarrow as pa  # noqa: PLC0415 -- 0.2 s to import: only those who read or write Parquet pay
        import pyarrow.parquet as pq  # noqa: PLC0415

        self.path = path
        self._allowance = allowance or Allowance()
        self._data = read_bounded(path, LARGEST_HISTORY_BYTES)
        footer = require_footer(self._data)
        self.metadata = pq.read_metadata(pa.BufferReader(self._data))
        require_layout(self.metadata, footer)
        self.names = tuple(self.metadata.schema.column(index).path for index in range(self.metadata.num_columns))

    @property
    def rows(self) -> int:
        """Return its number of rows: as its whole says, and its groups together."""
        return int(self.metadata.num_rows)

    def read(self, types: Mapping[str, str]) -> Any:
        """These columns as an Arrow table; texts are dictionaries, so a text that stands in many rows is there once.

        :param types: the columns to their types, as Arrow calls them.
        :raises ValueError: or what Arrow raises: one is missing, or has another type, or they are too large, or damaged.
        """
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.parquet as pq  # noqa: PLC0415

        self._require_physical(types)
        if self.rows:
            require_small(self._data, self.metadata, frozenset(types), self._allowance)
        texts = [name for name, kind in types.items() if kind in _TEXTS]
        file = pq.ParquetFile(
            pa.BufferReader(self._data),
            metadata=self.metadata,
            read_dictionary=texts,
            page_checksum_verification=True,  # an older lab's pages have none, and are read as they are
        )
        for name, kind in types.items():
            found = file.schema_arrow.field(name).type
            if str(found.value_type if pa.types.is_dictionary(found) else found) != kind:
                raise ValueError(f"'{name}' is not a column of type {kind}")
        if not self.rows:  # what pages there are is nobody's to read
            return file.schema_arrow.empty_table().select(list(types))
        # read_table would import all of pyarrow's data sets first, 0.1 s
        table = file.read(columns=list(types), use_threads=False)
        # Arrow takes indices into dictionaries as they stand, and what unifies them goes beyond the end
        table.validate(full=True)
        if table.num_rows != self.rows:
            raise ValueError(f"{table.num_rows:,} rows were read of {self.rows:,}")
        return table

    def _require_physical(self, types: Mapping[str, str]) -> None:
        if not str(self.metadata.created_by).startswith(WRITER):
            raise ValueError("written by another program")  # readers forgive mistakes of some old ones
        columns = [self.metadata.schema.column(index) for index in range(self.metadata.num_columns)]
        for name, kind in types.items():
            found = [column for column in columns if column.path == name]
            if len(found) != 1 or found[0].max_repetition_level or found[0].max_definition_level > 1:
                raise ValueError(f"'{name}' is not one of its columns, or not a plain one")
            if found[0].physical_type != _PHYSICAL.get(kind, _SMALL):
                raise ValueError(f"'{name}' is not a column of type {kind}")


def write_table(table: Any, path: Path) -> None:
    """Write an Arrow table as the lab has its files, in the place of what is there; a bit that flips in a page later is found.

    :raises OSError: it cannot be written.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415

    temporary = path.with_suffix(".partial")
    with open_private(temporary, "wb") as file:  # a path that is not UTF-8 is none for Arrow
        pq.write_table(table, file, compression="zstd", write_page_checksum=True)
    temporary.replace(path)


def texts_of(column: Any, most_bytes: int) -> list[Any]:
    """The values of a column of texts; a value that stands in many rows is one object.

    :raises ValueError: all rows together have more than so many bytes.
    """
    values: list[Any] = []
    for dictionary, indices, present in _chunks(column):
        # rows without a value point at the first one of the dictionary, which may be a large one
        there = indices if present is None else itertools.compress(indices, present)
        most_bytes -= sum(map([len(value) for value in dictionary].__getitem__, there))
        if most_bytes < 0:
            raise ValueError("its keys and values are too long altogether")
        found = list(map(dictionary.__getitem__, indices))
        values += (
            found
            if present is None
            else [value if there else None for value, there in zip(found, present, strict=True)]
        )
    return values


def _chunks(column: Any) -> Iterator[tuple[list[Any], list[int], list[bool] | None]]:
    """Dictionaries, what each row has of them, and which rows have anything where some have nothing."""
    for chunk in column.chunks:
        dictionary = chunk.dictionary.to_pylist() or [b""]
        present = chunk.is_valid().to_pylist() if chunk.null_count else None
        yield dictionary, chunk.indices.fill_null(0).to_numpy().tolist(), present


def unreadable(what: str, path: Path, problem: Exception) -> BadInputError:
    """The one line for a file that is damaged."""
    reason = " ".join(str(problem).split())[:120]
    return BadInputError(f"unreadable {what} ({reason})", where=str(path), hint=ANOTHER)
