"""The tables of ``docs/reference/history.md`` that follow from ``records/history.py``: columns, outcomes, errors, header words.

The names and codes are the record's own. What each means is said here, and a name without a meaning cannot be written down: the
generator stops with a KeyError that names it.
"""

from collections.abc import Callable, Iterator, Sequence

from jsquared.records import history as h
from jsquared.records.operations import COLUMN_TYPES, REPLY_TYPES

_TYPES = {"u1": "uint8", "u2": "uint16", "i8": "int64"}
_NAMED = ("outcome", "error")

_COLUMNS = {
    "client": "number of the client, from 0 in the order of `plan.json`",
    "slot": "number of the write of that client, from 0",
    "intended_ns": "when it was due: ns since the trial's zero",
    "invoked_ns": "when it was sent; -1 when never",
    "completed_ns": "when its outcome was known; -1 when never",
    "outcome": "see [outcomes](#outcomes)",
    "error": "why it is not `ok`, see [errors](#errors); empty when it is",
    "node": f"number of the data node that it was sent to, from 0 in the order of `plan.json`; {h.NO_NODE} when never",
    "replicas": "replicas that WAIT or WAITAOF counted; 0 at the level `async`",
}
_FOUND = {
    h.NOT_READ: "not read",
    h.ABSENT: "absent",
    h.PRESENT: "present with the value written",
    h.DIFFERENT: "present with another value",
}
_OUTCOMES = {
    "empty": "only in live files: unused, or due and never sent; then it is read back as `fail`",
    "pending": "only in live files: sent, no reply yet; read back as `unknown`",
    "ok": "acknowledged at the trial's level: async, wait:N or waitaof:L,N",
    "fail": "certainly not applied: the server refused the write itself, or it was never sent",
    "unknown": "outcome unknown: no reply, a lost connection, or too few replicas in time",
}
_REFUSED = "`fail`; `unknown` where the server refused the WAIT and not the write"
_NO_REPLY = "`unknown`; `fail` where it was never sent"
_ERRORS = {
    "": ("`ok`", "nothing went wrong"),
    "no primary known": ("`fail`", "not sent: there was no connection to a primary"),
    "connection refused": ("`fail`", "not sent: the primary's host refused the connection"),
    "READONLY": (_REFUSED, "the server is a replica"),
    "NOREPLICAS": (_REFUSED, "fewer good replicas than `min-replicas-to-write`"),
    "LOADING": (_REFUSED, "the server is loading its data"),
    "MISCONF": (_REFUSED, "the server cannot persist, and refuses writes for it"),
    "OOM": (_REFUSED, "the server is out of memory"),
    "BUSY": (_REFUSED, "a script is running"),
    "MASTERDOWN": (_REFUSED, "a replica whose link is down and that serves no stale data"),
    "NOAUTH": (_REFUSED, "the client is not authenticated"),
    "NOPERM": (_REFUSED, "the client's user may not do this"),
    "other error reply": (_REFUSED, "any other error reply"),
    "timeout": (_NO_REPLY, "no reply within the operation timeout"),
    "connection lost": (_NO_REPLY, "the connection broke, or was given up, before the reply"),
    "too few replicas acknowledged": ("`unknown`", "the write was applied; WAIT or WAITAOF returned less than asked"),
    "stopped in flight": (_NO_REPLY, "the load ended before the reply came"),
    "partly refused": (
        "`unknown`",
        "of an operation with a model: some of its commands were refused, others were not; its keys are not judged",
    ),
    "not available here": (
        "`fail`",
        "not sent: the configuration or the server does not permit this kind of operation",
    ),
    "UNBLOCKED": ("`unknown`", "the server broke off the WAIT, for example because it became a replica"),
}
_REPLIES = {
    "reply": "what the replies said: the number, the identifier as a number, or the digest; see below",
    "reply_kind": f"which of them it is: {', '.join(f'`{name}`' for name in h.REPLY_KIND_NAMES[1:])}; empty where nothing was kept",
}
_HEADER = {
    "client": "number of the client",
    "slots": "writes that were due so far",
    "acknowledged": "`ok` so far",
    "last_ack_ns": "CLOCK_MONOTONIC ns of the latest `ok`, 0 before the first",
    "node": "number of the data node that the client is connected to, -1 for none",
    "failed": "`fail` so far",
    "unknown": "`unknown` so far",
}


def _table(head: Sequence[str], rows: Iterator[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)


def columns_table() -> str:
    """The columns of history.parquet with their types."""

    def rows() -> Iterator[Sequence[object]]:
        for name, kind in COLUMN_TYPES.items():
            shown = "dictionary of strings" if name in _NAMED else _TYPES[kind]
            yield f"`{name}`", shown, _COLUMNS[name]
        found = ", ".join(f"{code} {meaning}" for code, meaning in _FOUND.items())
        yield "`found_<node>`", "uint8", f"what the read-back at the end saw on that node: {found}"

    return _table(("column", "type", "meaning"), rows())


def replies_table() -> str:
    """The further columns of operations.parquet with their types."""
    rows = (
        (f"`{name}`", _TYPES[kind] if name == "reply" else "dictionary of strings", _REPLIES[name])
        for name, kind in REPLY_TYPES.items()
    )
    return _table(("column", "type", "meaning"), rows)


def outcomes_table() -> str:
    """Every outcome with its code in live files."""
    rows = ((f"`{name}`", code, _OUTCOMES[name]) for code, name in enumerate(h.OUTCOME_NAMES))
    return _table(("outcome", "code", "meaning"), rows)


def errors_table() -> str:
    """Every reason why an operation is not ``ok``, with its code in live files."""
    rows = ((f"`{name}`" if name else "(none)", code, *_ERRORS[name]) for code, name in enumerate(h.ERROR_NAMES))
    return _table(("error", "code", "outcome", "meaning"), rows)


def live_table() -> str:
    """The columns of a chunk of a live file, in order, with their places."""

    def rows() -> Iterator[Sequence[object]]:
        offset = 0
        for name, _, width in h.WITH_REPLIES.columns:
            only = name in REPLY_TYPES
            kind = "int64" if width == 8 else "uint8"
            yield f"`{name}`", kind, f"{offset:,}{'; only for operations with a model' if only else ''}"
            offset += width * h.CHUNK_SLOTS

    sizes = f"A header of {h.HEADER_BYTES:,} bytes, then chunks of {h.PLAIN.chunk_bytes:,} bytes "
    sizes += (
        f"({h.WITH_REPLIES.chunk_bytes:,} where replies are kept), each {h.CHUNK_SLOTS:,} slots column by column:\n\n"
    )
    return sizes + _table(("column", "type", "offset in the chunk"), rows())


def header_table() -> str:
    """The words of a live file's header."""
    rows = ((f"`{name}`", 8 + 8 * index, _HEADER[name]) for index, name in enumerate(h.HEADER_WORDS))
    magic = f"The header begins with the magic `{h.MAGIC.decode()}`, or `{h.MAGIC_WITH_REPLIES.decode()}` where replies are kept; "
    magic += "signed 64-bit words follow:\n\n"
    return magic + _table(("word", "offset", "meaning"), rows)


TABLES: dict[str, Callable[[], str]] = {
    "columns": columns_table,
    "replies": replies_table,
    "outcomes": outcomes_table,
    "errors": errors_table,
    "header": header_table,
    "live": live_table,
}
