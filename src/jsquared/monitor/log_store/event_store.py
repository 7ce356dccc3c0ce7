"""The file that lines are kept in: SQLite with its full-text index FTS5, of one schema, bounded, private, and safe against kills.

A batch of lines is one transaction, together with how far each file has been read: after a kill the lines of the last batch are missing,
and they are read again from the file that they came from, once. While one process writes, others may search (write-ahead log).
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from jsquared.errors import BadInputError, LabError, RecordError
from jsquared.monitor.log_store.log_event import StoredLine
from jsquared.records.private_files import make_private_folder, open_private
from jsquared.text import one_line

APPLICATION = 0x4A53714C
VERSION = 1
SCHEMA = (
    """CREATE TABLE lines (id INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, node TEXT NOT NULL, level TEXT NOT NULL, event TEXT NOT NULL,
    master TEXT NOT NULL, text TEXT NOT NULL, source TEXT NOT NULL)""",
    "CREATE INDEX lines_by_time ON lines (at_us)",
    "CREATE INDEX lines_by_event ON lines (event, at_us) WHERE event != ''",
    "CREATE TABLE files (stem TEXT NOT NULL, head BLOB NOT NULL, offset INTEGER NOT NULL, PRIMARY KEY (stem, head))",
    """CREATE VIRTUAL TABLE words USING fts5(
    text, content='lines', content_rowid='id', tokenize='unicode61 remove_diacritics 2')""",
)
MIB = 1 << 20
LEAST_MB, MOST_MB = 1, 1 << 20
KEPT_AFTER_PRUNING = 0.85
"""Of the limit, so that not every batch has to prune."""
LOCK_LIMIT_S = 5.0
_OTHER = "another file, or a new one"


@dataclass(frozen=True)
class Position:
    """How far a file has been read. Its beginning says which file it is, whatever it is called after a rotation."""

    stem: str
    head: bytes
    """Its first bytes."""
    offset: int
    """Up to the end of the last whole line, unpacked."""


class LogStore:
    """Lines in the order in which they were added, with an index of their words."""

    def __init__(self, path: Path | None, *, keep_mb: int = 1024, is_written: bool = True) -> None:
        """Open a store, and make it where there is none.

        :param path: None for one that is gone afterwards, whatever happens to this process.
        :param keep_mb: in MiB; beyond it the oldest lines go.
        :param is_written: False to search alone: then there must be one.
        :raises BadInputError: it is no store, damaged, of a newer JSquared, or a link; or there is none to be searched.
        :raises LabError: this Python's SQLite has no FTS5, or another process keeps the file locked.
        :raises RecordError: it cannot be written.
        """
        self.where = str(path) if path else "the temporary store"
        self._limit_bytes = keep_mb * MIB
        self.dropped = 0
        """Lines that went since it was opened, for the limit's sake."""
        if path is not None:
            _prepare(path, is_written=is_written)
        with self._explained():
            self._base = sqlite3.connect(path or "", timeout=LOCK_LIMIT_S, isolation_level=None)
            try:
                self._begin(is_temporary=path is None, is_written=is_written)
            except BaseException:
                self._base.close()
                raise

    def _begin(self, *, is_temporary: bool, is_written: bool) -> None:
        ask = self._base.execute
        ask("PRAGMA trusted_schema = OFF")
        ask("PRAGMA cell_size_check = ON")
        _require_fts5(self._base)
        if is_written:
            ask("PRAGMA auto_vacuum = INCREMENTAL")
            ask(f"PRAGMA journal_mode = {'MEMORY' if is_temporary else 'WAL'}")
            ask(f"PRAGMA synchronous = {'OFF' if is_temporary else 'NORMAL'}")
            self._make()
        else:
            ask("PRAGMA query_only = ON")
        self._check()

    def _make(self) -> None:
        """Give an empty file its schema, in one transaction: whoever comes second finds it made."""
        with self._transaction():
            if self._base.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                return
            for statement in SCHEMA:
                self._base.execute(statement)
            self._base.execute(f"PRAGMA application_id = {APPLICATION}")
            self._base.execute(f"PRAGMA user_version = {VERSION}")

    def _check(self) -> None:
        """Refuse a file that is not ours to the letter: a stranger's could have triggers that do anything."""
        with self._transaction("BEGIN"):  # all of it at one moment: another process may be making it
            [application] = self._base.execute("PRAGMA application_id").fetchone()
            [version] = self._base.execute("PRAGMA user_version").fetchone()
            there = {sql for (sql,) in self._base.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
        if not (application or version or there):
            raise BadInputError("has nothing in it yet", where=self.where, hint="--from with the logs to read into it")
        if application == APPLICATION and version > VERSION:
            raise BadInputError(
                f"is a store of version {version}, of a newer JSquared", where=self.where, hint="a newer JSquared"
            )
        others = {sql for sql in there - set(SCHEMA) if not str(sql).startswith("CREATE TABLE 'words_")}
        if application != APPLICATION or version != VERSION or set(SCHEMA) - there or others:
            raise BadInputError("is no store of logs", where=self.where, hint=_OTHER)

    def add(self, lines: Iterable[StoredLine], positions: Sequence[Position] = ()) -> None:
        """Add lines and say how far files are read, all of it or nothing; then let the oldest go where they are too many.

        :raises RecordError: the disk is full, or the file cannot be written.
        :raises BadInputError: the file is damaged.
        """
        with self._explained():
            with self._transaction():
                [last] = self._base.execute("SELECT coalesce(max(id), 0) FROM lines").fetchone()
                rows = [(number, *line) for number, line in enumerate(lines, last + 1)]
                self._base.executemany("INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
                self._base.executemany(
                    "INSERT INTO words(rowid, text) VALUES (?, ?)", ((row[0], row[6]) for row in rows)
                )
                for at in positions:
                    self._base.execute(
                        "INSERT INTO files VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET offset = excluded.offset",
                        (at.stem, at.head, at.offset),
                    )
            self._prune()

    def grow_head(self, before: Position, head: bytes) -> None:
        """Know a file by more of its beginning than was there when it was first read."""
        with self._explained(), self._transaction():
            self._base.execute(
                "UPDATE OR REPLACE files SET head = ? WHERE stem = ? AND head = ?", (head, before.stem, before.head)
            )

    def positions(self, stem: str) -> list[Position]:
        """Return how far the files of a name have been read, the longest beginnings first."""
        with self._explained():
            rows = self._base.execute(
                "SELECT stem, head, offset FROM files WHERE stem = ? ORDER BY length(head) DESC", (stem,)
            )
            return [Position(str(of), bytes(head), int(offset)) for of, head, offset in rows]

    def ask(self, question: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """Return the rows that answer a question in SQL.

        :raises BadInputError: the file is damaged.
        """
        with self._explained():
            return self._base.execute(question, values).fetchall()

    def last_id(self) -> int:
        """The number of the newest line, 0 without any; later ones have greater numbers."""
        [[last]] = self.ask("SELECT coalesce(max(id), 0) FROM lines")
        return int(str(last))

    def used_bytes(self) -> int:
        """How much of the file is in use."""
        [[pages]], [[free]], [[size]] = (
            self.ask(f"PRAGMA {name}") for name in ("page_count", "freelist_count", "page_size")
        )
        return (int(str(pages)) - int(str(free))) * int(str(size))

    def _prune(self) -> None:
        """Let the oldest lines go while the file is too large: by the order in which they came, which costs no sorting."""
        while self.used_bytes() > self._limit_bytes:
            first, last, count = self._base.execute("SELECT min(id), max(id), count(*) FROM lines").fetchone()
            if not count:
                return
            share = 1 - KEPT_AFTER_PRUNING * self._limit_bytes / self.used_bytes()
            until = first + max(1, int((last - first) * share))
            with self._transaction():
                self._base.execute(
                    "INSERT INTO words(words, rowid, text) SELECT 'delete', id, text FROM lines WHERE id <= ?", (until,)
                )
                self.dropped += self._base.execute("DELETE FROM lines WHERE id <= ?", (until,)).rowcount
                self._base.execute("INSERT INTO words(words) VALUES ('optimize')")
            self._base.execute("PRAGMA incremental_vacuum").fetchall()

    @contextlib.contextmanager
    def _transaction(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
        self._base.execute(begin)
        try:
            yield
        except BaseException:
            self._base.rollback()
            raise
        self._base.commit()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Say in one line what SQLite refuses."""
        try:
            yield
        except sqlite3.Error as problem:
            raise _told(problem, self.where) from problem
        except (OverflowError, TypeError, ValueError) as problem:  # values of another kind than the schema has
            raise BadInputError(f"is damaged ({one_line(str(problem))})", where=self.where, hint=_OTHER) from problem

    def close(self) -> None:
        """Close it; a temporary one is gone."""
        with self._explained():
            self._base.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _prepare(path: Path, *, is_written: bool) -> None:
    """Make the file for its owner alone, before SQLite would make it for others; its companions get its mode."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise BadInputError("is not a regular file", where=str(path), hint=_OTHER)
    if path.exists():
        return
    if not is_written:
        raise BadInputError("no such store", where=str(path), hint="--from with the logs to read into it")
    try:
        make_private_folder(path.parent, exist_ok=True)
        open_private(path, "ab").close()
    except OSError as problem:
        raise RecordError(
            f"cannot be written: {problem.strerror}", where=str(path), hint="another --store"
        ) from problem


def _require_fts5(base: sqlite3.Connection) -> None:
    try:
        base.execute("CREATE VIRTUAL TABLE temp.probe USING fts5(text)")
        base.execute("DROP TABLE temp.probe")
    except sqlite3.OperationalError as problem:
        if "fts5" not in str(problem):
            raise
        raise LabError(
            f"has no full-text search (FTS5; it is {sqlite3.sqlite_version})",
            where="the SQLite of this Python", hint="a Python whose SQLite has FTS5: Debian's and python.org's have it",
        ) from problem  # fmt: skip


def _told(problem: sqlite3.Error, where: str) -> BadInputError | LabError:
    name = getattr(problem, "sqlite_errorname", "") or ""
    words = one_line(str(problem))
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return LabError("another process keeps it locked", where=where, hint="once that has ended, or another --store")
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return RecordError(f"cannot be used: {words}", where=where, hint="free disk space, or another --store")
    return BadInputError(f"is damaged or no store of logs ({words})", where=where, hint=_OTHER)
