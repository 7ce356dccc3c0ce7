"""The monitoring of a trial as faults see it: parts that end and return, a receiver that refuses, a disk that is full."""

from typing import Protocol

from jsquared.sandbox.facets import ServerFolder

EXPORTER, PROMETHEUS, ALERTMANAGER = PARTS = ("exporter", "prometheus", "alertmanager")


class Monitoring(Protocol):
    """Exporter, Prometheus and Alertmanager of a trial, and the receiver that its alerts arrive at."""

    def end(self, part: str) -> None:
        """End a part by SIGKILL; it is away on purpose until :meth:`bring_back`."""
        ...

    def bring_back(self, part: str) -> None:
        """Start a part again with whatever it had stored, unless it runs, and wait until it answers.

        :raises LabError: it does not start, or does not answer in time.
        """
        ...

    def answers(self, part: str) -> bool:
        """Return whether a part takes connections and says that it is ready."""
        ...

    def refuse(self, refuse: bool) -> None:
        """Let the receiver answer every message with HTTP 503 from now on, or take them again."""
        ...

    @property
    def refused(self) -> int:
        """Return how many messages the receiver has refused so far."""
        ...

    def tolerate(self, part: str, tolerate: bool) -> None:
        """Count it as no failure, from now on, when a part ends or no longer does its work: that is what a fault is for."""
        ...

    def newest_sample_age_s(self) -> float:
        """Return how long ago Prometheus stored the newest sample of its targets; infinity where it does not say."""
        ...

    @property
    def storage(self) -> ServerFolder:
        """The folder in which Prometheus stores its samples."""
        ...
