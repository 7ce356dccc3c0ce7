"""Which run folders may go, and their removal.

A kind of run is a deployment with a scenario. Whatever is asked for, these stay: the newest of each kind, the newest of each kind that
passed or was violated, every run that a test record keeps, one without a verdict that was written to within the last day (it may still
run), and every folder that is damaged, since it may be something else. No link is followed.
"""

import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec

from jsquared.errors import RecordError
from jsquared.journal.run_facts import EVENTS, RunFacts, is_run_folder, read_facts
from jsquared.records.plan_files import PLAN

MAY_STILL_RUN = timedelta(days=1)
"""No trial lasts so long."""

Reason = Literal[
    "newest of its kind", "newest verdict of its kind", "kept by a test record", "may still run", "damaged", "asked for"
]


class StayingRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run that stays, and why."""

    run: str
    reason: Reason


class Pruned(msgspec.Struct, kw_only=True):
    """What went, or would go, and what stays although it is old."""

    dry_run: bool
    removed: list[str]
    freed_bytes: int
    stays: list[StayingRun]


@dataclass(frozen=True, kw_only=True)
class Retention:
    """What is asked for; a run stays where either asks for it."""

    keep: int | None = None
    """So many of each kind, the newest."""
    older_than: timedelta | None = None
    """What is younger stays."""


def divided(
    root: Path, runs: Sequence[RunFacts], retention: Retention, now: datetime
) -> tuple[list[RunFacts], list[StayingRun]]:
    """Return the runs that may go, the oldest first, and those that stay with the reason."""
    going: list[RunFacts] = []
    stays: list[StayingRun] = []
    newest_first = sorted(runs, key=lambda run: (run.started, run.run), reverse=True)
    seen: dict[tuple[str, str], int] = {}
    has_verdict: set[tuple[str, str]] = set()
    for run in newest_first:
        number = seen[run.kind] = seen.get(run.kind, 0) + 1 if run.state != "damaged" else 0
        reason = _reason(root, run, number, is_proof=run.kind not in has_verdict, retention=retention, now=now)
        if run.state in ("pass", "violated"):
            has_verdict.add(run.kind)
        if reason:
            stays.append(StayingRun(run=run.run, reason=reason))
        else:
            going.append(run)
    return going[::-1], stays


def _reason(
    root: Path, run: RunFacts, number: int, *, is_proof: bool, retention: Retention, now: datetime
) -> Reason | None:
    """Why a run stays, ``number`` being its place among those of its kind; None where it may go."""
    if run.state == "damaged":
        return "damaged"
    if run.kept:
        return "kept by a test record"
    if number == 1:
        return "newest of its kind"
    if is_proof and run.state in ("pass", "violated"):
        return "newest verdict of its kind"
    if run.state == "unfinished" and now - _last_written(root / run.run, run) < MAY_STILL_RUN:
        return "may still run"
    is_asked = retention.keep is not None and number <= retention.keep
    is_asked |= retention.older_than is not None and now - run.started < retention.older_than
    return "asked for" if is_asked else None


def _last_written(folder: Path, run: RunFacts) -> datetime:
    for name in (EVENTS, PLAN):
        try:
            return datetime.fromtimestamp((folder / name).lstat().st_mtime, run.started.tzinfo)
        except (OSError, ValueError, OverflowError):
            continue
    return run.started


def prune(
    root: Path,
    runs: Sequence[RunFacts],
    retention: Retention,
    now: datetime,
    *,
    dry_run: bool,
    within: Collection[str] | None = None,
) -> Pruned:
    """Remove the runs that may go, unless it is only to be said which.

    :param runs: all of them, so that the newest of each kind is known.
    :param within: the names of those that may be removed; None: of all.
    :raises RecordError: one of them cannot be removed; those before it are gone.
    """
    going, stays = divided(root, runs, retention, now)
    done = Pruned(dry_run=dry_run, removed=[], freed_bytes=0, stays=[one for one in stays if _is_in(one.run, within)])
    for run in going:
        if not _is_in(run.run, within):
            continue
        folder = root / run.run
        if not dry_run and not _is_still(folder, run):
            continue
        size_bytes = _size_bytes(folder)
        if not dry_run:
            _remove(folder)
        done.removed.append(run.run)
        done.freed_bytes += size_bytes
    return done


def _is_in(name: str, within: Collection[str] | None) -> bool:
    return within is None or name in within


def _is_still(folder: Path, run: RunFacts) -> bool:
    """True if the folder is still the run that was looked at: not a link by now, nor another run, nor kept."""
    return is_run_folder(folder) and read_facts(folder) == run


def _remove(folder: Path) -> None:
    """Remove a folder. ``shutil.rmtree`` goes through open folders here: it follows no link, and none that comes in between."""
    assert shutil.rmtree.avoids_symlink_attacks  # it does on Linux
    try:
        shutil.rmtree(folder)
    except OSError as problem:
        raise RecordError(
            f"cannot be removed: {problem.strerror or problem}",
            where=str(problem.filename or folder),
            hint="the rights of the folder above it",
        ) from problem


def _size_bytes(folder: Path) -> int:
    """What a folder takes, its links not followed; files that cannot be looked at are left out."""
    total = 0
    waiting = [folder]
    while waiting:
        try:
            for path in waiting.pop().iterdir():
                about = path.lstat()
                if path.is_dir() and not path.is_symlink():
                    waiting.append(path)
                total += about.st_size
        except OSError:
            continue
    return total
