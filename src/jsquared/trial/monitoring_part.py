"""One program of a trial's monitoring: it is started, watched, and may end and come back when a fault says so."""

import signal
import time
from collections.abc import Callable

from jsquared.errors import LabError
from jsquared.monitor.local_stack.kept_program import KeptProgram
from jsquared.observe.background import Background

START_LIMIT_S = 20.0
"""For a program to answer, on a busy machine."""
LOOK_S = 0.05


class MonitoringPart(KeptProgram):
    """A program of the monitoring, which nobody starts again but a fault that has ended it."""

    tolerated = False
    """Whether it may be away, or do nothing, since a fault is about just that."""

    def kill(self) -> None:
        """End it by SIGKILL."""
        self.signal(signal.SIGKILL)
        self.stop()

    def bring_back(self) -> None:
        """Start it again, unless it runs, and wait until it answers.

        :raises LabError: it does not start, or does not answer in time.
        """
        if self.ended or not self.pid:
            self.restart()
        deadline = time.monotonic() + START_LIMIT_S
        while not self.is_ready():
            if time.monotonic() > deadline:
                said = f" ({self.last_complaint})" if self.last_complaint else ""
                raise LabError(f"does not answer within {START_LIMIT_S:g} s{said}", where=self.part.name)
            time.sleep(LOOK_S)

    def answers(self) -> bool:
        """True if it runs and says that it can work."""
        return bool(self.pid) and not self.ended and self.is_ready()


class AliveWatch(Background):
    """Watches that a part lives; ``ended`` is told once why it does not, unless that is tolerated."""

    def __init__(self, part: MonitoringPart, ended: Callable[[str], None]) -> None:
        super().__init__("monitoring")
        self._part = part
        self._ended = ended

    def run(self) -> None:
        """Look until it ends, or until nobody wants to know any more."""
        while not self.stopping.wait(0.1):
            if self._part.ended and not self._part.tolerated:
                self._ended(f"its process ended: {self._part.reason}")
                return
