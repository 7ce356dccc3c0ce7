"""The files that a run folder must have, given how far its events say that the trial came.

A run may be killed at any moment, and is then judged by what there is. What cannot be is that a trial came further than its files, or its
files further than its events: clients have histories before the load begins, ``history.parquet`` is made of them after the last event of
all, and what nodes held is kept during the read-back. A folder that lacks one of these lost it later, on its way here, and would look like
a deployment that lost writes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from jsquared.errors import BadInputError
from jsquared.records.event import Event
from jsquared.records.event_types import ContentsRead, DatasetRead, Phase
from jsquared.records.reading import ANOTHER

ENDINGS = ("done", "interrupted", "ended-early", "failed")
"""The last phase of a trial that could still say so."""


def is_there(path: Path) -> bool:
    """True if there is anything of that name, even a link that leads nowhere."""
    return path.is_symlink() or path.exists()


@dataclass(frozen=True)
class Files:
    """The files of a run folder that another moment of the trial makes each; ``found`` and ``contents`` by node."""

    events: Path
    whole: Path
    """The unique writes, after the end."""
    whole_modelled: Path
    live: Sequence[Path]
    live_modelled: Sequence[Path]
    """Of each client; none where the trial has no operations with a model."""
    found: Mapping[str, Sequence[Path]]
    contents: Mapping[str, Sequence[Path]]


def require_whole(files: Files, events: Sequence[Event]) -> None:
    """Refuse a folder that has lost files since it was written.

    :raises BadInputError: it has; the line names the first one.
    """
    phases = frozenset(event.phase for event in events if isinstance(event, Phase))
    if is_there(files.whole):
        _require_ending(phases, files.events)
    if "load" in phases:
        _require_histories(files)
    if not is_there(files.whole):
        _require_kept(events, DatasetRead, files.found)
    _require_kept(events, ContentsRead, files.contents)
    if "read-back" not in phases:
        _require_nothing_found(files)


def _require_ending(phases: frozenset[str], events_file: Path) -> None:
    """The whole history is only made after the last event."""
    if not phases.intersection(ENDINGS):
        words = "is cut short: the trial ended, since there is its whole history"
        raise BadInputError(words, where=str(events_file), hint=ANOTHER)


def _require_histories(files: Files) -> None:
    """Every client has them before the load begins, and the whole ones take their place, that of operations first."""
    whole = is_there(files.whole)
    needed = [] if whole else [*files.live]
    if needed and not is_there(needed[0].parent):  # it is removed when the whole ones are there
        needed = [files.whole]
    if files.live_modelled and not is_there(files.whole_modelled):
        needed += [files.whole_modelled] if whole else files.live_modelled
    for path in needed:
        if not is_there(path) or not path.lstat().st_size:
            raise BadInputError("is missing, though the load began", where=str(path), hint=ANOTHER)


def _require_kept(
    events: Sequence[Event], kind: type[DatasetRead | ContentsRead], kept: Mapping[str, Sequence[Path]]
) -> None:
    """An event of this kind follows when all is written that was read back of a node."""
    read = {event.source for event in events if isinstance(event, kind) and event.keys is not None}
    for path in (path for node in kept if node in read for path in kept[node]):
        if not is_there(path):
            raise BadInputError("is missing, though it was read back", where=str(path), hint=ANOTHER)


def _require_nothing_found(files: Files) -> None:
    """Nothing is kept of a node before the read-back."""
    for path in chain(*files.found.values(), *files.contents.values()):
        if is_there(path):
            words = f"is cut short: the trial came to its read-back, since there is {path.name}"
            raise BadInputError(words, where=str(files.events), hint=ANOTHER)
