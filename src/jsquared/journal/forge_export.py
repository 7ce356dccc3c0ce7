"""Issues and changes (pull and merge requests) from files that the forges' own command lines export.

Read are GitHub's ``gh issue list --json`` and ``gh pr list --json`` and its REST interface, and GitLab's REST interface (``glab api``): a
list of objects, each file for itself. Titles, texts and people are not looked at.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from jsquared.errors import BadInputError
from jsquared.records.reading import read_bounded

FORGE = "forge"
LARGEST_EXPORT_BYTES = 32 << 20
MOST_ITEMS = 100_000
MOST_FILES = 100
_OPENED, _CLOSED, _MERGED = ("createdAt", "created_at"), ("closedAt", "closed_at"), ("mergedAt", "merged_at")
_NUMBER = ("number", "iid")


@dataclass(frozen=True, kw_only=True)
class ForgeItem:
    """An issue, or a change with when it was merged and first reviewed; times are UTC."""

    id: str
    is_change: bool
    opened: dt.datetime
    closed: dt.datetime | None = None
    merged: dt.datetime | None = None
    has_reviews: bool = False
    """Whether the export says anything of reviews."""
    first_review: dt.datetime | None = None


def read_exports(folder: Path) -> list[ForgeItem] | None:
    """Return all items of a journal's exports; None where it has no such file. What is in several files is counted once.

    :raises BadInputError: a file is malformed; the line names the entry.
    """
    exports = folder / FORGE
    if exports.is_symlink() or not exports.is_dir():
        return None
    files = sorted(path for path in exports.glob("*.json") if not path.name.startswith("."))
    if not files:
        return None
    if len(files) > MOST_FILES:
        raise BadInputError(f"more than {MOST_FILES} exports", where=str(exports), hint="fewer files")
    items: dict[tuple[bool, str], ForgeItem] = {}
    for file in files:
        for item in _items(file):
            known = items.get((item.is_change, item.id))
            if known is None or (item.has_reviews and not known.has_reviews):
                items[item.is_change, item.id] = item
    return sorted(items.values(), key=lambda item: (item.opened, item.is_change, item.id))


def _items(file: Path) -> Iterator[ForgeItem]:
    try:
        entries = msgspec.json.decode(read_bounded(file, LARGEST_EXPORT_BYTES), type=list[dict[str, Any]])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        hint = "the output of 'gh issue list --json …', 'gh pr list --json …' or 'glab api …'"
        raise BadInputError(f"is not a list of issues or changes ({problem})", where=str(file), hint=hint) from problem
    if len(entries) > MOST_ITEMS:
        raise BadInputError(f"more than {MOST_ITEMS:,} entries", where=str(file), hint="a shorter export")
    for number, entry in enumerate(entries):
        yield _item(entry, f"{file}, entry {number + 1}")


def _item(entry: dict[str, Any], where: str) -> ForgeItem:
    named = next((entry[key] for key in _NUMBER if isinstance(entry.get(key), int)), None)
    opened = _time(entry, _OPENED, where)
    if named is None or opened is None:
        hint = "--json number,createdAt,closedAt,mergedAt,reviews"
        raise BadInputError("has no number, or no time at which it was opened", where=where, hint=hint)
    inner = entry.get("pull_request")
    is_change = isinstance(inner, dict) or any(key in entry for key in _MERGED)
    merged = _time(entry, _MERGED, where) or (_time(inner, _MERGED, where) if isinstance(inner, dict) else None)
    reviews = list(_reviews(entry, where))
    return ForgeItem(
        id=f"{'!' if 'iid' in entry and is_change else '#'}{named}",
        is_change=is_change,
        opened=opened,
        closed=_time(entry, _CLOSED, where),
        merged=merged,
        has_reviews=isinstance(entry.get("reviews"), list) or isinstance(entry.get("approved_by"), list),
        first_review=min(reviews, default=None),
    )


def _reviews(entry: dict[str, Any], where: str) -> Iterator[dt.datetime]:
    """The times of reviews, those that are not yet submitted left out."""
    for list_key, keys in (("reviews", ("submittedAt", "submitted_at")), ("approved_by", ("approved_at",))):
        found = entry.get(list_key)
        for review in found if isinstance(found, list) else ():
            at = _time(review, keys, where) if isinstance(review, dict) else None
            if at is not None:
                yield at


def _time(entry: dict[str, Any], keys: Sequence[str], where: str) -> dt.datetime | None:
    value = next((entry[key] for key in keys if entry.get(key)), None)
    if value is None:
        return None
    try:
        found = dt.datetime.fromisoformat(str(value)[:40])
        return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError) as problem:
        raise BadInputError(f"{keys[0]} is not a time", where=where, hint="2026-03-02T09:00:00Z") from problem
