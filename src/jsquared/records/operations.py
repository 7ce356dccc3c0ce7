"""The history as arrays: what checkers and the report compute on, read from live files or from Parquet.

One row is one intended write. Times are int64 nanoseconds on CLOCK_MONOTONIC minus the trial's zero; ``invoked_ns`` and
``completed_ns`` are -1 where the operation was never sent or never completed. ``outcome``, ``error`` and ``node`` are the codes of
``records/history.py``; PENDING never appears: an operation whose reply was not recorded is UNKNOWN.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jsquared.errors import BadInputError
from jsquared.records import history as h
from jsquared.records.parquet import CheckedFile, unreadable, write_table
from jsquared.records.parquet_pages import Allowance
from jsquared.records.reading import (
    ANOTHER,
    LARGEST_HISTORY_BYTES,
    LONGEST_MS,
    MOST_OPERATIONS,
    open_regular,
)

NEVER = -1
_COUNTED = {"acknowledged": h.OK, "failed": h.FAIL, "unknown": h.UNKNOWN}
"""Words of a live history's header that count outcomes; a client writes an outcome first."""
MOST_CLIENTS = 0xFFFF
MOST_CELLS = MOST_OPERATIONS * 32
"""Rows times columns: equal rows take next to no room in the file, and all of it in memory."""

COLUMN_TYPES = {
    "client": "u2",
    "slot": "i8",
    "intended_ns": "i8",
    "invoked_ns": "i8",
    "completed_ns": "i8",
    "outcome": "u1",
    "error": "u1",
    "node": "u1",
    "replicas": "u1",
}
REPLY_TYPES = {"reply": "i8", "reply_kind": "u1"}
"""Further columns of operations with a model, where what their replies said was kept."""

_FOUND = "found_"
_ARROW_TYPES = {
    "client": "uint16",
    "slot": "int64",
    "intended_ns": "int64",
    "invoked_ns": "int64",
    "completed_ns": "int64",
    "outcome": "string",
    "error": "string",
    "node": "uint8",
    "replicas": "uint8",
}
_REPLY_ARROW_TYPES = {"reply": "int64", "reply_kind": "string"}


@dataclass
class Operations:
    """All operations of a trial, sorted by client and slot.

    ``reply`` and ``reply_kind`` have what the replies said (``records/models/kept_replies.py``); they are None for unique writes, and where
    an older lab did not keep it. ``found`` maps a data-node name to what the final read-back saw there for each row (NOT_READ, ABSENT,
    PRESENT, DIFFERENT).
    """

    client: NDArray[np.uint16]
    slot: NDArray[np.int64]
    intended_ns: NDArray[np.int64]
    invoked_ns: NDArray[np.int64]
    completed_ns: NDArray[np.int64]
    outcome: NDArray[np.uint8]
    error: NDArray[np.uint8]
    node: NDArray[np.uint8]
    replicas: NDArray[np.uint8]
    reply: NDArray[np.int64] | None = None
    reply_kind: NDArray[np.uint8] | None = None
    found: dict[str, NDArray[np.uint8]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.outcome)

    def rows_of(self, client: int) -> slice:
        """The rows of a client, by its number: operations are sorted by client."""
        first, last = np.searchsorted(self.client, np.array([client, client + 1], dtype=self.client.dtype))
        return slice(int(first), int(last))

    @classmethod
    def empty(cls) -> "Operations":
        """No operation at all."""
        return cls.from_columns({name: np.empty(0, dtype=kind) for name, kind in COLUMN_TYPES.items()})

    @classmethod
    def from_columns(
        cls, columns: Mapping[str, NDArray[Any]], found: dict[str, NDArray[np.uint8]] | None = None
    ) -> "Operations":
        """From arrays by column name (``COLUMN_TYPES``, and ``REPLY_TYPES`` where there are replies), converted to the column's type."""
        kinds = {**COLUMN_TYPES, **(REPLY_TYPES if set(REPLY_TYPES) <= set(columns) else {})}
        typed: dict[str, Any] = {name: np.asarray(columns[name]).astype(kind) for name, kind in kinds.items()}
        return cls(**typed, found=found or {})

    @classmethod
    def concatenate(cls, parts: "list[Operations]") -> "Operations":
        """Several clients' operations as one; ``found`` must have the same nodes in all of them."""
        if not parts:
            return cls.empty()
        columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in COLUMN_TYPES}
        if all(part.reply is not None for part in parts):
            columns |= {name: np.concatenate([getattr(part, name) for part in parts]) for name in REPLY_TYPES}
        found = {node: np.concatenate([part.found[node] for part in parts]) for node in parts[0].found}
        return cls.from_columns(columns, found)


def read_live(path: Path, zero_monotonic_ns: int) -> Operations:
    """One client's live file as operations; works while it is being written and after a kill.

    :raises BadInputError: the file is not a history, shorter than its header says, or has times that no trial has.
    """
    with open_regular(path, LARGEST_HISTORY_BYTES) as file:
        header = np.frombuffer(file.read(h.HEADER_BYTES), dtype=np.uint8)
        layout = h.LAYOUTS.get(header[: len(h.MAGIC)].tobytes())
        if layout is None or len(header) < h.HEADER_BYTES:
            raise BadInputError("not a history file", where=str(path), hint=ANOTHER)
        words = header[8 : 8 + 8 * len(h.HEADER_WORDS)].view("<i8")
        client, slots = int(words[0]), int(words[1])
        if not (0 <= slots <= MOST_OPERATIONS and 0 <= client <= MOST_CLIENTS):
            raise BadInputError(f"{slots} operations of client {client} are impossible", where=str(path), hint=ANOTHER)
        size = -(-slots // h.CHUNK_SLOTS) * layout.chunk_bytes
        if os.fstat(file.fileno()).st_size < h.HEADER_BYTES + size:
            raise BadInputError(
                f"history is cut short: {slots} operations announced", where=str(path), hint="another run folder"
            )
        data = np.frombuffer(file.read(size), dtype=np.uint8)
    joined = _joined(data, slots, layout)
    for name in ("intended_ns", "invoked_ns", "completed_ns"):
        times = joined[name].astype(np.int64)
        _require_between(path, name, times, 0, 1 << 62)
        joined[name] = np.where(times == 0, NEVER, times - zero_monotonic_ns)
    _require_codes(path, {name: joined[name] for name in ("outcome", "error", "reply_kind") if name in joined})
    outcome = joined["outcome"].astype(np.uint8)
    _require_counted(path, dict(zip(h.HEADER_WORDS, words.tolist(), strict=True)), outcome, joined["completed_ns"])
    outcome[outcome == h.PENDING] = h.UNKNOWN
    # A slot that was announced but whose outcome was not written: the client died in between, before sending.
    outcome[outcome == h.EMPTY] = h.FAIL
    joined["outcome"] = outcome
    joined["client"] = np.full(slots, client)
    joined["slot"] = np.arange(slots)
    return Operations.from_columns(joined)


def _require_counted(
    path: Path, header: dict[str, int], outcome: NDArray[np.uint8], completed_ns: NDArray[np.int64]
) -> None:
    """Refuse a history that has lost pages, as a power cut or a sparse copy leaves it: the client counts what it has written already.

    :raises BadInputError: fewer outcomes than the header counts, or an acknowledgement without a time.
    """
    found = {word: int(np.count_nonzero(outcome == code)) for word, code in _COUNTED.items()}
    for word, count in found.items():
        if count < header[word]:
            raise BadInputError(f"{header[word]:,} {word} counted, and {count:,} there", where=str(path), hint=ANOTHER)
    # A client that still writes may have acknowledged some between the reading of one column and of the next.
    timeless = int(np.count_nonzero((outcome == h.OK) & (completed_ns == NEVER)))
    if timeless > found["acknowledged"] - header["acknowledged"]:
        raise BadInputError("an acknowledgement without a time", where=str(path), hint=ANOTHER)


def _joined(data: NDArray[np.uint8], slots: int, layout: h.Layout) -> dict[str, NDArray[Any]]:
    """The columns of all chunks, each as one array of that many slots."""
    columns: dict[str, list[NDArray[Any]]] = {name: [] for name, _, _ in layout.columns}
    codes = {name: "<i8" if code == "q" else "u1" for name, code, _ in layout.columns}
    for chunk in range(0, len(data), layout.chunk_bytes):
        offset = chunk
        for name, _, width in layout.columns:
            end = offset + width * h.CHUNK_SLOTS
            columns[name].append(data[offset:end].view(codes[name]))
            offset = end
    return {
        name: (np.concatenate(parts)[:slots] if parts else np.empty(0, dtype=codes[name]))
        for name, parts in columns.items()
    }


def require_known(operations: Operations, clients: int, nodes: Sequence[str], folder: Path) -> None:
    """Refuse operations of clients or nodes that the plan does not have, and times that no trial has.

    :param nodes: the names of the data nodes, in the order that node numbers refer to.
    :raises BadInputError: it has such, or its rows are not sorted by client.
    """
    where = folder / "history"
    if len(operations) > MOST_OPERATIONS:
        raise BadInputError(f"more than {MOST_OPERATIONS:,} operations", where=str(where), hint="a lower --rate")
    _require_between(where, "client", operations.client, 0, clients - 1)
    if bool((np.diff(operations.client.astype(np.int64)) < 0).any()):
        raise BadInputError("its clients are mixed", where=str(where), hint=ANOTHER)
    numbers = operations.node[operations.node != h.NO_NODE]
    _require_between(where, "node", numbers, 0, len(nodes) - 1)
    _require_between(where, "slot", operations.slot, 0, 1 << 48)
    longest_ns = int(LONGEST_MS) * 1_000_000
    for name in ("intended_ns", "invoked_ns", "completed_ns"):
        _require_between(where, name, getattr(operations, name), -longest_ns, longest_ns)
    for node in operations.found:
        if node not in nodes:
            raise BadInputError(f"the plan has no data node '{node[:80]}'", where=str(where), hint=ANOTHER)


def _require_between(path: Path, name: str, values: NDArray[Any], least: int, most: int) -> None:
    for value in (int(values.min()), int(values.max())) if len(values) else ():
        if not least <= value <= most:
            raise BadInputError(f"{name} {value} cannot be", where=str(path), hint=ANOTHER)


def _require_codes(path: Path, columns: Mapping[str, NDArray[Any]]) -> None:
    """Refuse codes that nothing writes: they would be counted as something that they are not."""
    limits = {"outcome": len(h.OUTCOME_NAMES), "error": len(h.ERROR_NAMES), "reply_kind": len(h.REPLY_KIND_NAMES)}
    for name, codes in columns.items():
        limit = limits.get(name, h.DIFFERENT + 1)
        if len(codes) and int(codes.max()) >= limit:
            raise BadInputError(f"unknown {name} code {int(codes.max())}", where=str(path), hint=ANOTHER)


def write_parquet(operations: Operations, path: Path) -> None:
    """The whole history as one Parquet file that DuckDB, pandas and polars open; codes are kept beside their names."""
    import pyarrow as pa  # noqa: PLC0415 -- 0.2 s to import: only those who read or write Parquet pay

    columns = {
        "client": pa.array(operations.client),
        "slot": pa.array(operations.slot),
        "intended_ns": pa.array(operations.intended_ns),
        "invoked_ns": pa.array(operations.invoked_ns),
        "completed_ns": pa.array(operations.completed_ns),
        "outcome": _named(operations.outcome, h.OUTCOME_NAMES),
        "error": _named(operations.error, h.ERROR_NAMES),
        "node": pa.array(operations.node),
        "replicas": pa.array(operations.replicas),
    }
    if operations.reply is not None and operations.reply_kind is not None:
        columns["reply"] = pa.array(operations.reply)
        columns["reply_kind"] = _named(operations.reply_kind, h.REPLY_KIND_NAMES)
    for node, found in operations.found.items():
        columns[f"{_FOUND}{node}"] = pa.array(found)
    write_table(pa.table(columns), path)


def _named(codes: NDArray[np.uint8], names: tuple[str, ...]):  # type: ignore[no-untyped-def]
    import pyarrow as pa  # noqa: PLC0415

    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int8)), pa.array(list(names)))


def read_parquet(path: Path, allowance: Allowance | None = None) -> Operations:
    """The history that :func:`write_parquet` wrote; columns that it never writes are left alone.

    :param allowance: what all Parquet files of a folder may come to together.
    :raises BadInputError: not a Parquet file, columns are missing or of another type, or it is too large.
    """
    import pyarrow as pa  # noqa: PLC0415

    try:
        file = CheckedFile(path, allowance)
        seen = [name for name in file.names if name.startswith(_FOUND)]
        types = {**_ARROW_TYPES, **(_REPLY_ARROW_TYPES if "reply_kind" in file.names else {})}
        _require_sizes(file, len(types) + len(seen))
        table = file.read({**types, **dict.fromkeys(seen, "uint8")})
        plain = {name: _integers(table[name]) for name in types if name not in _NAMES}
        found = {name.removeprefix(_FOUND): _integers(table[name]) for name in seen}
        coded = {name: _codes(table[name].combine_chunks(), names) for name, names in _NAMES.items() if name in types}
    except MemoryError:  # one of Arrow's own is an ArrowException too
        raise
    except (pa.ArrowException, KeyError, ValueError, TypeError, AttributeError, IndexError, OSError) as problem:
        raise unreadable("history", path, problem) from problem
    _require_codes(path, {f"{_FOUND}{node}": codes for node, codes in found.items()})
    return Operations.from_columns({**plain, **coded}, found)


_NAMES = {"outcome": h.OUTCOME_NAMES, "error": h.ERROR_NAMES, "reply_kind": h.REPLY_KIND_NAMES}
"""The columns that Parquet keeps as names."""


def _require_sizes(file: CheckedFile, known_columns: int) -> None:
    """Refuse a file that says of itself that it is larger than any history, before anything is read into memory."""
    rows, columns = file.rows, len(file.names)
    if rows > MOST_OPERATIONS or rows * known_columns > MOST_CELLS:
        words = f"{rows:,} operations in {columns:,} columns are too many"
        raise BadInputError(words, where=str(file.path), hint=ANOTHER)


def _integers(column: Any) -> NDArray[Any]:
    """A column of whole numbers, none of which is missing."""
    values: NDArray[Any] = column.to_numpy()
    if column.null_count or values.dtype.kind not in "iu":
        raise ValueError("a column without whole numbers")
    return values


def _codes(column, names: tuple[str, ...]) -> NDArray[np.uint8]:  # type: ignore[no-untyped-def]
    if column.null_count:
        raise ValueError("an outcome or error is missing")
    dictionary = column.dictionary.to_pylist()
    lookup = np.array([names.index(name) for name in dictionary], dtype=np.uint8)
    return lookup[column.indices.to_numpy()]  # type: ignore[no-any-return]
