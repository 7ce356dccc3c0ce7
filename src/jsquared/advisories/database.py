"""All that is known of advisories: what is shipped, and what the user has added from OSV files."""

import contextlib
import datetime
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path

import msgspec

from jsquared.advisories.advisory import BUNDLED, Advisory, Branch, Feed
from jsquared.advisories.validation import problems_of_feed
from jsquared.errors import BadInputError, RecordError
from jsquared.records.private_files import is_ours_alone, make_private_folder, write_private
from jsquared.records.reading import read_bounded
from jsquared.text import encode_json

STALE_AFTER_DAYS = 60
"""Advisories for Redis or Valkey appeared about every month in 2025 and 2026; after two, some are probably missing."""
LARGEST_FILE_BYTES = 16 << 20
MOST_FEEDS = 50
_FILE = "advisories.json"


class AddedFeeds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of the user's file."""

    feeds: tuple[Feed, ...]


@dataclass(frozen=True)
class Database:
    """What every source says; the shipped one comes first."""

    feeds: tuple[Feed, ...]

    @cached_property
    def by_id(self) -> dict[str, list[tuple[str, Advisory]]]:
        """The words of each source, with its name, by advisory."""
        found = dict[str, list[tuple[str, Advisory]]]()
        for feed in self.feeds:
            for advisory in feed.advisories:
                found.setdefault(advisory.id, []).append((feed.source, advisory))
        return found

    @property
    def branches(self) -> tuple[Branch, ...]:
        """The branches whose support is known."""
        return self.feeds[0].branches

    @property
    def as_of(self) -> datetime.date:
        """The day of the newest source that says of which day it is."""
        return max((feed.as_of for feed in self.feeds if feed.as_of), default=datetime.date.min)

    def age_days(self, today: datetime.date) -> int:
        """Days since then; 0 where the machine's clock is behind."""
        return max(0, (today - self.as_of).days)

    def is_stale(self, today: datetime.date) -> bool:
        """True if advisories are probably missing."""
        return self.age_days(today) > STALE_AFTER_DAYS


def today_utc() -> datetime.date:
    """Return the day by the machine's clock."""
    return datetime.datetime.now(datetime.UTC).date()


def user_file() -> Path:
    """``$XDG_DATA_HOME/jsquared/advisories.json``, by default in ``~/.local/share``; it may not exist."""
    given = os.environ.get("XDG_DATA_HOME", "")
    base = given if Path(given).is_absolute() else os.path.expanduser("~/.local/share")  # noqa: PTH111 -- never raises
    return Path(base, "jsquared", _FILE)


def bundled() -> Feed:
    """Return what is shipped."""
    return _checked_feed(
        msgspec.json.decode(
            resources.files("jsquared.advisories").joinpath("data/known-advisories.json").read_bytes(), type=Feed
        ),
        where="jsquared",
    )


def load_database(added: Path | None = None) -> Database:
    """Return what is shipped, with what the user has added.

    :param added: the file with that; default: :func:`user_file`.
    :raises BadInputError: that file cannot be read: what it said is not left out in silence.
    """
    return Database((bundled(), *read_added(added or user_file())))


def read_added(path: Path) -> tuple[Feed, ...]:
    """Return what the user has added; nothing where the file is not there.

    :raises BadInputError: it is damaged, or others may write to it.
    """
    hint = "removing it, then jsquared advisories update --from FILE"
    try:
        if not is_ours_alone(path):
            raise BadInputError("others may write to it, so it is not believed", where=str(path), hint=hint)
    except FileNotFoundError:
        return ()
    except OSError as problem:
        raise BadInputError(f"unreadable: {problem.strerror}", where=str(path), hint=hint) from problem
    try:
        read = msgspec.json.decode(read_bounded(path, LARGEST_FILE_BYTES), type=AddedFeeds)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise BadInputError(f"is damaged: {str(problem)[:200]}", where=str(path), hint=hint) from problem
    names = [BUNDLED, *(feed.source for feed in read.feeds)]
    if len(names) > MOST_FEEDS or len(set(names)) < len(names):
        raise BadInputError("has too many sources, or one twice", where=str(path), hint=hint)
    return tuple(_checked_feed(feed, where=str(path), hint=hint) for feed in read.feeds)


def _checked_feed(feed: Feed, *, where: str, hint: str = "") -> Feed:
    problem = next(problems_of_feed(feed), None)
    if problem:
        raise BadInputError(f"advisories that cannot be believed: {problem}", where=where, hint=hint)
    return feed


@contextlib.contextmanager
def locked_for_update(path: Path) -> Iterator[None]:
    """Keep other updates of the user's file away meanwhile; its folder is made where it is missing.

    :raises RecordError: the folder cannot be made or opened.
    """
    with _explained(path):
        make_private_folder(path.parent, exist_ok=True)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def write_added(path: Path, feeds: tuple[Feed, ...]) -> None:
    """Write the user's file, in one step: readers have the old one or the new one.

    :raises BadInputError: it would be larger than what is read.
    :raises RecordError: it cannot be written.
    """
    data = encode_json(AddedFeeds(feeds=feeds)) + b"\n"
    if len(data) > LARGEST_FILE_BYTES or len(feeds) >= MOST_FEEDS:
        raise BadInputError("what was added would be too large to be kept", where=str(path), hint="fewer OSV files")
    unfinished = path.with_name(f".{path.name}.new")
    with _explained(path):
        write_private(unfinished, data)
        unfinished.rename(path)


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        hint = "XDG_DATA_HOME=FOLDER, a folder that you may write to"
        raise RecordError(f"cannot be written: {problem.strerror or problem}", where=str(path), hint=hint) from problem
