"""The history as arrays: what checkers and the report compute on, read from live files or from Parquet.

One row is one intended write. Times are int64 nanoseconds on CLOCK_MONOTONIC minus the trial's zero; ``invoked_ns`` and
``completed_ns`` are -1 where the operation was never sent or never completed. ``outcome``, ``error`` and ``node`` are the codes of
``records/history.py``; PENDING never appears: an operation whose reply was not recorded is UNKNOWN.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jsquared.errors import BadInputError
from jsquared.records import history as h
from jsquared.records.private_files import open_private

NEVER = -1

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


@dataclass
class Operations:
    """All operations of a trial, sorted by client and slot.

    ``found`` maps a data-node name to what the final read-back saw there for each row (NOT_READ, ABSENT, PRESENT, DIFFERENT).
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
    found: dict[str, NDArray[np.uint8]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.outcome)

    @classmethod
    def empty(cls) -> "Operations":
        """No operation at all."""
        return cls.from_columns({name: np.empty(0, dtype=kind) for name, kind in COLUMN_TYPES.items()})

    @classmethod
    def from_columns(
        cls, columns: Mapping[str, NDArray[Any]], found: dict[str, NDArray[np.uint8]] | None = None
    ) -> "Operations":
        """From arrays by column name (``COLUMN_TYPES``), converted to the column's type."""
        typed: dict[str, Any] = {name: np.asarray(columns[name]).astype(kind) for name, kind in COLUMN_TYPES.items()}
        return cls(**typed, found=found or {})

    @classmethod
    def concatenate(cls, parts: "list[Operations]") -> "Operations":
        """Several clients' operations as one; ``found`` must have the same nodes in all of them."""
        if not parts:
            return cls.empty()
        columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in COLUMN_TYPES}
        found = {node: np.concatenate([part.found[node] for part in parts]) for node in parts[0].found}
        return cls.from_columns(columns, found)


def read_live(path: Path, zero_monotonic_ns: int) -> Operations:
    """One client's live file as operations; works while it is being written and after a kill.

    :raises BadInputError: the file is no history, or shorter than its header says.
    """
    data = np.fromfile(path, dtype=np.uint8) if path.stat().st_size else np.empty(0, dtype=np.uint8)
    if data[: len(h.MAGIC)].tobytes() != h.MAGIC or len(data) < h.HEADER_BYTES:
        raise BadInputError("not a history file", where=str(path), try_="another run folder; this one is damaged")
    words = data[8 : 8 + 8 * len(h.HEADER_WORDS)].view("<i8")
    slots = int(words[1])
    chunks = -(-slots // h.CHUNK_SLOTS)
    if slots < 0 or h.HEADER_BYTES + chunks * h.CHUNK_BYTES > len(data):
        raise BadInputError(
            f"history is cut short: {slots} operations announced", where=str(path), try_="another run folder"
        )
    columns: dict[str, list[NDArray[Any]]] = {name: [] for name, _, _ in h.COLUMNS}
    for number in range(chunks):
        offset = h.HEADER_BYTES + number * h.CHUNK_BYTES
        for name, code, width in h.COLUMNS:
            end = offset + width * h.CHUNK_SLOTS
            columns[name].append(data[offset:end].view("<i8" if code == "q" else "u1"))
            offset = end
    joined: dict[str, NDArray[Any]] = {
        name: (np.concatenate(parts)[:slots] if parts else np.empty(0, dtype="i8" if name.endswith("_ns") else "u1"))
        for name, parts in columns.items()
    }
    for name in ("intended_ns", "invoked_ns", "completed_ns"):
        times = joined[name].astype(np.int64)
        joined[name] = np.where(times == 0, NEVER, times - zero_monotonic_ns)
    _require_codes(path, {"outcome": joined["outcome"], "error": joined["error"]})
    outcome = joined["outcome"].astype(np.uint8)
    outcome[outcome == h.PENDING] = h.UNKNOWN
    # A slot that was announced but whose outcome was not written: the client died in between, before sending.
    outcome[outcome == h.EMPTY] = h.FAIL
    joined["outcome"] = outcome
    joined["client"] = np.full(slots, int(words[0]))
    joined["slot"] = np.arange(slots)
    return Operations.from_columns(joined)


def _require_codes(path: Path, columns: Mapping[str, NDArray[Any]]) -> None:
    """Refuse codes that nothing writes: they would be counted as something that they are not."""
    limits = {"outcome": len(h.OUTCOME_NAMES), "error": len(h.ERROR_NAMES)}
    for name, codes in columns.items():
        limit = limits.get(name, h.DIFFERENT + 1)
        if len(codes) and int(codes.max()) >= limit:
            raise BadInputError(
                f"unknown {name} code {int(codes.max())}",
                where=str(path),
                try_="another run folder; this one is damaged",
            )


def write_parquet(operations: Operations, path: Path) -> None:
    """The whole history as one Parquet file that DuckDB, pandas and polars open; codes are kept beside their names."""
    import pyarrow as pa  # noqa: PLC0415 -- 0.2 s to import: only those who read or write Parquet pay
    import pyarrow.parquet as pq  # noqa: PLC0415

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
    for node, found in operations.found.items():
        columns[f"found_{node}"] = pa.array(found)
    temporary = path.with_suffix(".partial")
    with open_private(temporary, "wb") as file:
        pq.write_table(pa.table(columns), file, compression="zstd")
    temporary.replace(path)


def _named(codes: NDArray[np.uint8], names: tuple[str, ...]):  # type: ignore[no-untyped-def]
    import pyarrow as pa  # noqa: PLC0415

    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int8)), pa.array(list(names)))


def read_parquet(path: Path) -> Operations:
    """The history that :func:`write_parquet` wrote.

    :raises BadInputError: not a Parquet file, or columns are missing.
    """
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.ParquetFile(path).read()  # read_table would import all of pyarrow's data sets first, 0.1 s
        plain = {
            name: table[name].to_numpy()
            for name in ("client", "slot", "intended_ns", "invoked_ns", "completed_ns", "node", "replicas")
        }
        found = {
            name.removeprefix("found_"): table[name].to_numpy().astype(np.uint8)
            for name in table.column_names
            if name.startswith("found_")
        }
        outcome, error = (
            _codes(table[name].combine_chunks(), names)
            for name, names in (("outcome", h.OUTCOME_NAMES), ("error", h.ERROR_NAMES))
        )
    except (pa.ArrowException, KeyError, ValueError, AttributeError, OSError) as problem:
        raise BadInputError(
            f"unreadable history ({' '.join(str(problem).split())[:120]})",
            where=str(path),
            try_="another run folder; this one is damaged",
        ) from problem
    _require_codes(path, {f"found_{node}": codes for node, codes in found.items()})
    return Operations.from_columns({**plain, "outcome": outcome, "error": error}, found)


def _codes(column, names: tuple[str, ...]) -> NDArray[np.uint8]:  # type: ignore[no-untyped-def]
    dictionary = column.dictionary.to_pylist()
    lookup = np.array([names.index(name) for name in dictionary], dtype=np.uint8)
    return lookup[column.indices.to_numpy()]  # type: ignore[no-any-return]
