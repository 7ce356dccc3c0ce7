"""A program that is started again when it ends by itself, a bounded number of times."""

import re
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from jsquared.errors import LabError
from jsquared.monitor.loopback_http import HOST, NO_ANSWER, get
from jsquared.monitor.own_process import running
from jsquared.programs.find import Program
from jsquared.text import one_line

MOST_RESTARTS = 3
ANSWER_LIMIT_S = 2.0
LONGEST_REASON = 300
TAIL_BYTES = 1 << 16
CRASH = re.compile(r"^(panic: |fatal error: |runtime: |SIG[A-Z]+: )")
"""How a Go program begins to say why it crashed; a trace of its threads follows, of which no line says anything to its user."""
COMPLAINT = re.compile(
    r"\b(errors?|err|fatal|panic|crit(ical)?|cannot|could not|unable|failed|failure|invalid|unknown|undefined|not defined|refused|denied"
    r"|in use|no such|no space|unexpected|missing)\b",
    re.IGNORECASE,
)
"""Words of a line that says why its program ends."""
CHATTER = re.compile(r"\blevel=(info|debug|warn)|\bWARNING\b")
"""Lines of these levels have such words too, and are about something else."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A program of the stack, with its arguments; ``ready`` is the path at which it answers with 200 once it is ready."""

    name: str
    program: Program
    arguments: Sequence[str]
    port: int
    ready: str
    inherits: Sequence[int] = ()
    """Descriptors that it has too."""

    @property
    def address(self) -> str:
        """``host:port``, where it listens."""
        return f"{HOST}:{self.port}"


class KeptProgram:
    """A part that runs from :meth:`start` to :meth:`stop`. All calls are from one thread: the kernel ends a child with that thread."""

    def __init__(self, part: Part, folder: Path) -> None:
        self.part = part
        self._folder = folder
        self._open = ExitStack()
        self._process: Popen[bytes] | None = None
        self._starts = self._ends = 0
        self._log = folder

    def start(self) -> None:
        """Start it, with a log of its own for each start.

        :raises LabError: it cannot be started.
        """
        self._starts += 1
        number = f"-{self._starts}" if self._starts > 1 else ""
        self._log = self._folder / f"{self.part.name}{number}.log"
        self._process = self._open.enter_context(
            running(self.part.program, self.part.arguments, self._log, self.part.inherits)
        )

    def stop(self) -> None:
        """End it, if it runs."""
        self._process = None
        self._open.close()

    def restart(self) -> None:
        """End it and start it again, as it was asked to; this is not counted."""
        self.stop()
        self.start()

    @property
    def ended(self) -> bool:
        """True if it was started and has ended by itself."""
        return self._process is not None and self._process.poll() is not None

    @property
    def pid(self) -> int:
        """Its process, 0 where there is none."""
        return self._process.pid if self._process else 0

    def keep(self, tell: Callable[[str], None]) -> None:
        """Start it again if it has ended, and say so in one line.

        :raises LabError: it has ended too often.
        """
        if not self.ended:
            return
        self._ends += 1
        said = f"has ended ({self.reason})"
        if self._ends > MOST_RESTARTS:
            raise LabError(f"{said} {self._ends} times, and is not started again", where=self.part.name)
        tell(f"{self.part.name} {said}; started again, {self._ends} of {MOST_RESTARTS}")
        self.restart()

    def is_ready(self) -> bool:
        """True if it answers.

        :raises LabError: it has ended.
        """
        if self.ended:
            raise LabError(f"does not start ({self.reason})", where=self.part.name)
        try:
            get(self.part.port, self.part.ready, ANSWER_LIMIT_S)
        except NO_ANSWER:
            return False
        return True

    def signal(self, number: int) -> None:
        """Send it a signal, if it runs."""
        if self._process is not None:
            self._process.send_signal(number)

    @property
    def last_complaint(self) -> str:
        """Return the last line of its log if it says why something failed, or the first one of a crash; else nothing."""
        data = self._log.read_bytes()[-TAIL_BYTES:] if self._log.is_file() else b""
        lines = data.decode(errors="replace").strip().splitlines()
        last = lines[-1] if lines else ""
        telling = COMPLAINT.search(last) and not CHATTER.search(last)
        line = next(filter(CRASH.match, lines), last if telling else "")
        return one_line(line[:LONGEST_REASON])

    @property
    def reason(self) -> str:
        """How it ended: by a signal or with an exit code; and its last line, if that says why.

        A signal comes from elsewhere, and no line tells of one, but for that of a crash.
        """
        code = self._process.returncode if self._process else 0
        said = self.last_complaint
        if code < 0 and not CRASH.match(said):
            return f"signal {-code}"
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"{how}; its log says: {said}" if said else how
