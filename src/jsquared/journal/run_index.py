"""The run folders below a folder, with an index so that a thousand of them are listed at once.

The index is a SQLite file in the user's cache, made anew at will: each row is kept with the sizes and times of the files that it was read
from, and read again where one of them differs. It is never the only copy of anything, and whatever is wrong with it, the folders are read.
"""

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from jsquared.errors import BadInputError
from jsquared.journal.run_facts import EVENTS, KEPT, VERDICT, RunFacts, is_run_folder, read_facts
from jsquared.records.plan_files import PLAN
from jsquared.records.private_files import cache_folder, make_private_folder, open_private

SCHEMA = 1
"""Of the index, its rows included: another one is not read but made anew. Raise it where :class:`RunFacts` changes."""
MOST_RUNS = 100_000
LOCK_LIMIT_S = 5.0
_FILES = (PLAN, VERDICT, EVENTS, KEPT, "config/input/manifest.json")


def runs_in(root: Path, *, rebuild: bool = False) -> list[RunFacts]:
    """Return every run folder directly in this folder, the newest first, damaged ones too; the trials of a hunt lie in its own folder.

    :param rebuild: read all of them, whatever the index says, and make the index anew.
    :raises BadInputError: there is no such folder, or it cannot be read.
    """
    folders = dict(run_folders(root))
    stamps = {name: _stamp(folder) for name, folder in folders.items()}
    known = {} if rebuild else _indexed(root)
    rows: dict[str, RunFacts] = {}
    for name, folder in folders.items():
        stamp, row = known.get(name, ("", None))
        is_fresh = row is not None and stamp == stamps[name] and row.state != "unfinished"
        rows[name] = row if row is not None and is_fresh else read_facts(folder)
    if rebuild or {name: (stamps[name], row) for name, row in rows.items()} != known:
        _write(root, stamps, rows)
    return sorted(rows.values(), key=lambda row: (row.started, row.run), reverse=True)


def run_folders(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield each run folder with its name below the root; no link is followed.

    :raises BadInputError: the root is no folder, cannot be read, or has too many.
    """
    count = 0
    for folder in _subfolders(root):
        if is_run_folder(folder):
            count += 1
            if count > MOST_RUNS:
                raise BadInputError(f"more than {MOST_RUNS:,} run folders", where=str(root), hint="jsquared runs prune")
            yield folder.name, folder


def _subfolders(root: Path) -> list[Path]:
    try:
        with os.scandir(root) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        hint = "--runs with the folder that 'jsquared run' has made, by default runs"
        raise BadInputError(f"unreadable: {reason}", where=str(root), hint=hint) from problem


def _stamp(folder: Path) -> str:
    """The sizes and times of the files that a row is read from."""
    found = []
    for name in _FILES:
        try:
            about = (folder / name).lstat()
            found.append(f"{about.st_ino}:{about.st_size}:{about.st_mtime_ns}")
        except OSError:
            found.append("")
    return " ".join(found)


def index_file(root: Path) -> Path:
    """Return the place of a folder's index."""
    name = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:24]
    return cache_folder() / "runs" / f"{name}.sqlite"


def _indexed(root: Path) -> dict[str, tuple[str, RunFacts]]:
    """The rows of the index; empty where there is none, or none that can be read."""
    file = index_file(root)
    try:
        if file.is_symlink() or not file.is_file():
            return {}
        with contextlib.closing(sqlite3.connect(file, timeout=LOCK_LIMIT_S)) as base:
            base.execute("PRAGMA trusted_schema = OFF")
            if base.execute("PRAGMA user_version").fetchone() != (SCHEMA,):
                return {}
            rows = base.execute("SELECT run, stamp, facts FROM runs").fetchall()
        return {run: (stamp, msgspec.json.decode(facts, type=RunFacts)) for run, stamp, facts in rows}
    except (sqlite3.Error, OSError, msgspec.DecodeError, UnicodeDecodeError):
        return {}


def _write(root: Path, stamps: dict[str, str], rows: dict[str, RunFacts]) -> None:
    """Make the index anew beside the old one, and put it in its place; where that fails, there is none, and nothing is lost."""
    file = index_file(root)
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        make_private_folder(file.parent, exist_ok=True)
        open_private(fresh).close()
        _fill(fresh, [(name, stamps[name], msgspec.json.encode(row)) for name, row in rows.items()])
        fresh.replace(file)
    except (sqlite3.Error, OSError):
        for left in (fresh, file):
            with contextlib.suppress(OSError):
                left.unlink()


def _fill(file: Path, rows: Iterable[tuple[str, str, bytes]]) -> None:
    with contextlib.closing(sqlite3.connect(file, timeout=LOCK_LIMIT_S, isolation_level=None)) as base:
        base.execute("PRAGMA journal_mode = OFF")
        base.execute("PRAGMA synchronous = OFF")
        base.execute("BEGIN")
        base.execute("CREATE TABLE runs (run TEXT PRIMARY KEY, stamp TEXT NOT NULL, facts BLOB NOT NULL)")
        base.executemany("INSERT INTO runs VALUES (?, ?, ?)", rows)
        base.execute(f"PRAGMA user_version = {SCHEMA}")
        base.execute("COMMIT")
