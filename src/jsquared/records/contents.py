"""The content of a data node at the end: every key of every database, as the lab read it, in ``contents/<node>.parquet``.

One row is one key. ``digest`` is BLAKE2b, 16 bytes, over its value in the order that its type defines, or sorted where the type has none;
``value`` has the value itself, as MessagePack, of the keys that operations with a model are about, and is null for all others. Times are
those of the trial's clock, so that nodes can be compared.
"""

import math
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from jsquared.records.parquet import CheckedFile, texts_of, unreadable, write_table
from jsquared.records.parquet_pages import Allowance
from jsquared.records.private_files import make_private_folder
from jsquared.records.reading import LONGEST_MS

MOST_KEYS = 1 << 22
MOST_KEYS_IN_ALL = 1 << 23
"""Of all nodes of a trial: as many as it may have operations."""
LONGEST_VALUE_BYTES = 1 << 20
"""Of a value that is kept; those of operations are far shorter."""
LARGEST_DATABASE = 1 << 20
LARGEST_TEXTS_BYTES = 512 << 20
LARGEST_VALUES_BYTES = 32 << 20
"""Of the values that are kept, those of operations with a model; as objects they take up to twenty times as much."""
"""Of all keys together, and of all values, counted as often as they stand there."""
DIGEST_BYTES = 16
COLUMN_TYPES = {
    "database": "int64",
    "key": "binary",
    "type": "string",
    "expires_ms": "double",
    "digest": "binary",
    "value": "binary",
}
STAYS = math.inf
"""When a key expires that has no time to live."""

FORMS: dict[str, Any] = {
    "string": bytes,
    "list": list[bytes],
    "set": list[bytes],
    "hash": list[tuple[bytes, bytes]],
    "zset": list[tuple[bytes, float]],
    "stream": list[tuple[bytes, list[bytes]]],
}
"""Types of keys to the form of their values: sets and hashes sorted, sorted sets by member, streams with their identifiers."""


@dataclass(slots=True)
class Entry:
    """One key as it was read. ``value`` is None where only the digest was kept, ``digest`` empty where the type is not known.

    It is not frozen, since there are millions: that takes three times as long.
    """

    type: str
    expires_ms: float
    """When it expires on the trial's clock; STAYS for never."""
    digest: bytes
    value: Any = None


Contents = dict[tuple[int, bytes], Entry]
"""All keys of a node, by database and name."""


def digest_of(kind: str, value: Any) -> bytes:
    """The digest of a value in the form of its type."""
    data = value if kind == "string" else msgspec.msgpack.encode(value)
    return blake2b(data, digest_size=DIGEST_BYTES).digest()


def write_contents(contents: Contents, path: Path) -> None:
    """Write what a node held.

    :raises OSError: it cannot be written.
    """
    import pyarrow as pa  # noqa: PLC0415 -- 0.2 s to import: only those who read or write Parquet pay

    entries = list(contents.values())
    values = [None if entry.value is None else msgspec.msgpack.encode(entry.value) for entry in entries]
    table = pa.table(
        {
            "database": pa.array([database for database, _ in contents], pa.int64()),
            "key": pa.array([key for _, key in contents], pa.binary()),
            "type": pa.array([entry.type for entry in entries], pa.string()).dictionary_encode(),
            "expires_ms": pa.array([entry.expires_ms for entry in entries], pa.float64()),
            "digest": pa.array([entry.digest for entry in entries], pa.binary()),
            "value": pa.array(values, pa.binary()),
        }
    )
    make_private_folder(path.parent, exist_ok=True)
    write_table(table, path)


def read_contents(path: Path, most_keys: int = MOST_KEYS_IN_ALL, allowance: Allowance | None = None) -> Contents:
    """Read a file that :func:`write_contents` wrote.

    :param most_keys: how many more keys the nodes of a trial may have together.
    :param allowance: what all Parquet files of a folder may come to together.
    :raises BadInputError: not a Parquet file, columns are missing or of another type, values that are none, or it is too large.
    """
    import pyarrow as pa  # noqa: PLC0415

    try:
        file = CheckedFile(path, allowance)
        if file.rows > min(most_keys, MOST_KEYS):
            raise ValueError(f"{file.rows:,} keys are too many")
        table = file.read(COLUMN_TYPES)
        return _entries(table)
    except MemoryError:  # one of Arrow's own is an ArrowException too
        raise
    except (pa.ArrowException, msgspec.DecodeError, IndexError, KeyError, ValueError, TypeError, OSError) as problem:
        raise unreadable("contents", path, problem) from problem


def _entries(table: Any) -> Contents:
    """The rows, each column looked at as a whole: there may be millions of them."""
    if any(table[name].null_count for name in COLUMN_TYPES if name != "value"):
        raise ValueError("a key, its database, type, time or digest is missing")
    databases, expires_ms = table["database"].to_numpy(), table["expires_ms"].to_numpy()
    if len(databases) and not 0 <= int(databases.min()) <= int(databases.max()) < LARGEST_DATABASE:
        raise ValueError("an impossible database number")
    if not ((expires_ms == STAYS) | (abs(expires_ms) <= LONGEST_MS)).all():
        raise ValueError("a key with an impossible time of expiry")
    keys, kinds, digests = (texts_of(table[name], LARGEST_TEXTS_BYTES) for name in ("key", "type", "digest"))
    written = texts_of(table["value"], LARGEST_VALUES_BYTES)
    entries = map(Entry, kinds, expires_ms.tolist(), digests, _values(kinds, written))
    return dict(zip(zip(databases.tolist(), keys, strict=True), entries, strict=True))


def _values(kinds: list[str], written: list[bytes | None]) -> list[Any]:
    """The values of the keys; one that stands in many rows is decoded once."""
    known: dict[tuple[str, bytes | None], Any] = {(kind, None): None for kind in set(kinds)}
    values = []
    for pair in zip(kinds, written, strict=True):
        if pair not in known:
            known[pair] = _value(*pair)
        values.append(known[pair])
    return values


def _value(kind: str, data: Any) -> Any:
    if kind not in FORMS or not isinstance(data, bytes):
        raise ValueError("a value of an unknown type")
    return msgspec.msgpack.decode(data, type=FORMS[kind])
