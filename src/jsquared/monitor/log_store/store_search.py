"""Searching a store: which lines a query with its limits means, oldest first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from jsquared.monitor.log_store.event_store import LogStore
from jsquared.monitor.log_store.log_event import LEVEL_NAMES, StoredLine
from jsquared.monitor.log_store.log_query import Query

EVERYTHING = Query()
_COLUMNS = "at_us, node, level, event, master, text, source"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A query with its limits; without any of them every line is wanted."""

    query: Query = EVERYTHING
    since_us: int | None = None
    until_us: int | None = None
    nodes: Sequence[str] = ()
    """Whole names, or their last parts."""
    events: Sequence[str] = ()
    level: str = ""
    """This level and graver ones; lines without a level are wanted too."""


def matching(store: LogStore, wanted: Wanted, limit: int, until_id: int | None = None) -> tuple[list[StoredLine], bool]:
    """Return the newest lines that are wanted, the oldest of them first, and whether there are more.

    :param until_id: only lines that were added up to this one; None for all.
    :raises BadInputError: the store is damaged.
    """
    conditions, values = _conditions(wanted)
    if until_id is not None:
        conditions, values = [*conditions, "id <= ?"], [*values, until_id]
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    question = f"SELECT {_COLUMNS} FROM lines{where} ORDER BY at_us DESC, id DESC LIMIT ?"  # noqa: S608 -- our own words
    rows = store.ask(question, [*values, limit + 1])
    return [_line(row) for row in reversed(rows[:limit])], len(rows) > limit


def every_matching(store: LogStore, wanted: Wanted, after_id: int, until_id: int) -> Iterator[StoredLine]:
    """Yield every wanted line that was added after one line and up to another, in the order in which they were added."""
    conditions, values = _conditions(wanted)
    where = " AND ".join([*conditions, "id > ?", "id <= ?"])
    at = after_id
    while at < until_id:
        question = f"SELECT id, {_COLUMNS} FROM lines WHERE {where} ORDER BY id LIMIT 1000"  # noqa: S608 -- as above
        rows = store.ask(question, [*values, at, until_id])
        yield from (_line(row[1:]) for row in rows)
        if not rows:
            return
        at = int(str(rows[-1][0]))


def known_nodes(store: LogStore) -> list[str]:
    """The names of all whose lines are kept, in order."""
    return [str(name) for (name,) in store.ask("SELECT DISTINCT node FROM lines ORDER BY node")]


def is_of(name: str, node: str) -> bool:
    """True if a name means this node: its whole name, or the last parts of it."""
    return node == name or node.endswith(f"/{name}")


def _conditions(wanted: Wanted) -> tuple[list[str], list[Any]]:
    conditions: list[str] = []
    values: list[Any] = []

    def add(condition: str, *more: Any) -> None:
        conditions.append(condition)
        values.extend(more)

    if wanted.query.match:
        add("id IN (SELECT rowid FROM words WHERE words MATCH ?)", wanted.query.match)
    if wanted.query.exclusion:
        add("id NOT IN (SELECT rowid FROM words WHERE words MATCH ?)", wanted.query.exclusion)
    if wanted.since_us is not None:
        add("at_us >= ?", wanted.since_us)
    if wanted.until_us is not None:
        add("at_us <= ?", wanted.until_us)
    if wanted.nodes:
        one = "(node = ? OR substr(node, -length(?) - 1) = '/' || ?)"
        add(f"({' OR '.join([one] * len(wanted.nodes))})", *(name for each in wanted.nodes for name in (each,) * 3))
    if wanted.events:
        add(f"event IN ({', '.join('?' * len(wanted.events))})", *wanted.events)
    if wanted.level:
        levels = ("", *LEVEL_NAMES[LEVEL_NAMES.index(wanted.level) :])
        add(f"level IN ({', '.join('?' * len(levels))})", *levels)
    return conditions, values


def _line(row: Sequence[object]) -> StoredLine:
    at_us, *texts = row
    return StoredLine(
        at_us if isinstance(at_us, int) else 0, *(text if isinstance(text, str) else "" for text in texts)
    )
