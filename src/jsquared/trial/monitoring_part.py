"""One program of a trial's monitoring: it is started, watched, and may end and come back when a fault says so."""

import contextlib
import http.client
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import Popen

from jsquared.errors import LabError
from jsquared.monitor.own_process import running
from jsquared.observe.background import Background
from jsquared.programs.find import Program
from jsquared.text import one_line
from jsquared.trial.alert_watch import get

START_LIMIT_S = 20.0
"""For a program to answer, on a busy machine."""
LOOK_S = 0.05
LONGEST_WORD = 300


class MonitoringPart:
    """A program, with its command line, the port at which it answers, and the path that it answers when it can work."""

    def __init__(
        self, name: str, program: Program, arguments: Sequence[str], *, log: Path, port: int, ready: str
    ) -> None:
        self.name = name
        self.port = port
        self.tolerated = False
        """Whether it may be away, or do nothing, since a fault is about just that."""
        self._program = program
        self._arguments = arguments
        self._log = log
        self._ready = ready
        self._open = contextlib.ExitStack()
        self._process: Popen[bytes] | None = None

    def start(self) -> None:
        """Start it.

        :raises LabError: it cannot be started.
        """
        self._process = self._open.enter_context(running(self._program, self._arguments, self._log))

    def kill(self) -> None:
        """End it by SIGKILL."""
        if self._process is not None:
            self._process.kill()
        self._open.close()

    def bring_back(self) -> None:
        """Start it again, unless it runs, and wait until it answers.

        :raises LabError: it does not start, or does not answer in time.
        """
        if self.has_ended():
            self._open.close()
            self.start()
        deadline = time.monotonic() + START_LIMIT_S
        while not self.answers():
            if time.monotonic() > deadline:
                raise LabError(f"does not answer within {START_LIMIT_S:g} s ({self.last_word()})", where=self.name)
            time.sleep(LOOK_S)

    def has_ended(self) -> bool:
        """True if it was started and has ended."""
        return self._process is not None and self._process.poll() is not None

    def answers(self) -> bool:
        """True if it says that it can work."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            get(self.port, self._ready)
            return True
        return False

    def last_word(self) -> str:
        """Return the last line that it wrote."""
        try:
            text = self._log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            text = ""
        return one_line(text.strip().rpartition("\n")[2])[:LONGEST_WORD] or "it said nothing"

    def close(self) -> None:
        """End it, in its own order."""
        self._open.close()


class AliveWatch(Background):
    """Watches that a part lives; ``ended`` is told once why it does not, unless that is tolerated."""

    def __init__(self, part: MonitoringPart, ended: Callable[[str], None]) -> None:
        super().__init__("monitoring")
        self._part = part
        self._ended = ended

    def run(self) -> None:
        """Look until it ends, or until nobody wants to know any more."""
        while not self.stopping.wait(0.1):
            if self._part.has_ended() and not self._part.tolerated:
                self._ended(f"its process ended: {self._part.last_word()}")
                return
