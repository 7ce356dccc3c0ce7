"""The protocol of an executor: it runs planned trials somewhere, reports how each ended, and can stop all of them in bounded time."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from jsquared.campaign.result import TrialResult
from jsquared.records.event import Event
from jsquared.trial.order import TrialOrder


class SubmittedTrial(Protocol):
    """A trial that an executor has begun. None of its methods waits for the trial."""

    @property
    def order(self) -> TrialOrder:
        """Its order, which it can be begun again with."""
        ...

    @property
    def path(self) -> Path:
        """Its run folder."""
        ...

    def has_ended(self) -> bool:
        """True once it has ended. To be called again and again: it also ends a trial that would never end by itself."""
        ...

    def new_events(self) -> Iterator[Event]:
        """Return the events recorded since the last call, for showing progress; all of them are there once the trial has ended."""
        ...

    def result(self) -> TrialResult:
        """Return how it ended, once it has. Without a verdict it is inconclusive, with the reason."""
        ...


class Executor(Protocol):
    """Runs trials between the beginning and the end of its block, which may be entered again later.

    When the process that uses it dies, its trials must not go on.
    """

    def __enter__(self) -> Self:
        """Begin; nothing needs to be started before the first trial."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop all trials, and leave nothing behind but their run folders."""
        ...

    def prepare(self) -> None:
        """Begin to set up what the first trial would have to wait for, and return at once. It need not be called, and may do nothing."""
        ...

    def side_by_side(self, processes: int) -> int:
        """Return how many trials can run at once without disturbing each other's times, at least one.

        :param processes: the servers and clients of one trial.
        """
        ...

    def has_room(self) -> bool:
        """True if one more trial would not disturb those that run. To be asked again and again, several times a second."""
        ...

    def submit(self, order: TrialOrder, path: Path) -> SubmittedTrial:
        """Write the run folder of a trial, and begin it.

        :raises RecordError: the folder cannot be written.
        :raises LabError: the trial cannot be begun.
        """
        ...

    def stop_all(self) -> None:
        """Ask all trials to end, and force those that do not within a bounded time; what they recorded is kept."""
        ...
