"""Brings what processes print into the run folder, some twenty times a second, and stops the one that prints without end."""

import contextlib
from collections.abc import Callable

from jsquared.observe.background import Background
from jsquared.records.event_types import LogLimit
from jsquared.records.events import EventLog
from jsquared.running.deployment import RunningDeployment

EVERY_S = 0.05


class LogWatch(Background):
    """Lets the logs catch up; ends a process that has written too much, records a ``log-limit`` event, and calls ``on_excess``."""

    def __init__(self, deployment: RunningDeployment, events: EventLog, on_excess: Callable[[], None]) -> None:
        super().__init__("logs")
        self._deployment = deployment
        self._events = events
        self._on_excess = on_excess
        self._stopped: str = ""

    def run(self) -> None:
        """Look, all the time."""
        while not self.stopping.wait(EVERY_S):
            self.look()

    def look(self) -> None:
        """Stop who writes too much, then copy what is new."""
        excess = self._deployment.logs.excess()
        if excess is not None and not self._stopped:
            self._stopped = excess.name
            self._deployment.kill(excess.name)
            self._events.add(
                LogLimit(
                    limit_bytes=excess.limit_bytes, in_ms=round(excess.in_ms), alone=excess.alone, source=excess.name
                )
            )
            self._on_excess()
        with contextlib.suppress(
            OSError
        ):  # a full disk; what is missing is tried again, and for the last time by who closes
            self._deployment.logs.catch_up()
