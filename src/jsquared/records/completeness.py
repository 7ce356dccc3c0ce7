"""Which files a run folder must have, by how far its events say that the trial came.

A run may be killed at any moment, and is then judged by what there is. What cannot be is that a trial came further than its files, or its
files further than its events: clients have histories before the load begins, ``history.parquet`` is made of them after the last event of
all, and what nodes held is kept during the read-back. A folder that lacks one of these lost it later, on its way here, and would look like
a deployment that lost writes.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from jsquared.errors import BadInputError
from jsquared.records.events import Event
from jsquared.records.reading import ANOTHER

ENDINGS = ("done", "interrupted", "ended-early", "failed")
"""The last phase of a trial that could still say so."""


def is_there(path: Path) -> bool:
    """Whether there is anything of that name, be it a link that leads nowhere."""
    return path.is_symlink() or path.exists()


def phases_of(events: Sequence[Event]) -> frozenset[str]:
    """The phases that a trial came to."""
    return frozenset(str(event.get("phase")) for event in events if event.kind == "phase")


def require_histories(phases: frozenset[str], histories: Iterable[Path]) -> None:
    """Refuse a trial whose load began where one of these files is missing or empty.

    :raises BadInputError: it is.
    """
    if "load" not in phases:
        return
    for path in histories:
        if not is_there(path) or not path.lstat().st_size:
            raise BadInputError("is missing, though the load began", where=str(path), hint=ANOTHER)


def require_kept(events: Sequence[Event], kind: str, kept: Mapping[str, Iterable[Path]]) -> None:
    """Refuse a trial that read something of a node back and lacks one of the files that this was kept in.

    :param kind: of the event that follows when all of them are written.
    :param kept: the files by node.
    :raises BadInputError: it lacks one.
    """
    read = {event.source for event in events if event.kind == kind and event.get("keys") is not None}
    for path in (path for node in kept if node in read for path in kept[node]):
        if not is_there(path):
            raise BadInputError("is missing, though it was read back", where=str(path), hint=ANOTHER)


def require_last_event(phases: frozenset[str], events_file: Path) -> None:
    """Refuse events without an end where there is the history that is only made after it.

    :raises BadInputError: they have none.
    """
    if not phases.intersection(ENDINGS):
        words = "is cut short: the trial ended, since there is its whole history"
        raise BadInputError(words, where=str(events_file), hint=ANOTHER)


def require_read_back(phases: frozenset[str], events_file: Path, kept: Iterable[Path]) -> None:
    """Refuse events from before the read-back where there is what it found.

    :raises BadInputError: they are.
    """
    if "read-back" in phases:
        return
    for path in kept:
        if is_there(path):
            words = f"is cut short: the trial came to its read-back, since there is {path.name}"
            raise BadInputError(words, where=str(events_file), hint=ANOTHER)
