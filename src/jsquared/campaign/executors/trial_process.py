"""One trial as a separate process: started, watched through its run folder, ended by id."""

import contextlib
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from functools import cached_property
from io import FileIO
from pathlib import Path
from typing import Protocol

from jsquared.campaign.executors.stopped import StopWitness
from jsquared.campaign.executors.zygote import Process
from jsquared.campaign.result import TrialResult
from jsquared.errors import EXIT_BAD_INPUT, EXIT_INCONCLUSIVE, EXIT_INTERRUPTED, EXIT_LAB_FAILED
from jsquared.records.ends import OWN_SIGNALS, STOP, exit_words, outside_words, signal_name
from jsquared.records.event import Event
from jsquared.records.event_lines import event_of
from jsquared.records.event_types import Ended
from jsquared.records.events import append_event
from jsquared.records.private_files import open_private
from jsquared.records.run_directory import RunDirectory, explain_write_errors
from jsquared.records.sources import LAB_PROCESS, TRIAL_PROCESS
from jsquared.records.verdict import TrialVerdict
from jsquared.running.log_keeper import tail_of
from jsquared.sandbox.linux.out_of_memory import MemoryWitness
from jsquared.trial.order import TrialOrder

MOST_PIPE_BYTES = 1 << 20
"""As much as any user may ask a pipe to hold (``fs.pipe-max-size`` of pipe(7), its default)."""
ERROR_PREFIX = "error: "
_SIGNALLED = 128
"""What is above in an exit code is a signal (sandbox/linux/supervise.py)."""


class Spawner(Protocol):
    """Starts processes of trials: :class:`jsquared.campaign.executors.zygote.Zygote`."""

    def spawn(self, folder: Path, stdin: int, log: int) -> Process:
        """Start the process of the trial in this run folder, with these descriptors.

        :raises LabError: no process can be started.
        """
        ...


class TrialProcess:
    """A running trial. Its process is a child of this one, and dies with it, whatever happens.

    It is told its order through a pipe, since plan.json has marks in the place of the secrets that servers and clients need.
    """

    def __init__(self, order: TrialOrder, path: Path, spawner: Spawner) -> None:
        """Write the run folder and start.

        :raises RecordError: the folder cannot be written.
        :raises LabError: no process can be started.
        """
        self.order = order
        self.plan = order.plan
        self.path = path
        self._run = RunDirectory.create(path, order.plan)
        self._started_s = time.monotonic()
        self._events_offset = 0
        self._forced = False
        self._was_stopped = False
        self._lab_log = self._run.log_file("lab")
        told, tell = os.pipe()
        with FileIO(tell, "wb") as pipe:
            try:
                with explain_write_errors(path), open_private(self._lab_log, "wb") as log:
                    self._process = spawner.spawn(path, told, log.fileno())
            finally:
                os.close(told)
            self._witness = MemoryWitness()
            self._witness.meet(self._process.pid)
            self._stop_witness = StopWitness(self._process.pid)
            _tell(pipe, order.encoded())

    @property
    def running(self) -> bool:
        """True if it has not ended yet."""
        return self._process.poll() is None

    def has_ended(self) -> bool:
        """True once it has ended; one that somebody outside has stopped for good is ended here."""
        self._end_if_stopped()
        return not self.running

    @property
    def exit_code(self) -> int:
        """Its exit code: ``EXIT_INCONCLUSIVE`` when somebody outside ended it, ``EXIT_LAB_FAILED`` when it crashed."""
        code = self._returncode
        if code is None or code >= 0:
            return EXIT_LAB_FAILED if code is None else code
        return EXIT_INCONCLUSIVE if self.killed_from_outside else EXIT_LAB_FAILED

    @property
    def _returncode(self) -> int | None:
        """How it ended; its supervisor ends with 128 + N when signal N has ended the process that it supervised."""
        code = self._process.poll()
        return code if code is None or code <= _SIGNALLED or code == EXIT_INTERRUPTED else _SIGNALLED - code

    @property
    def killed_from_outside(self) -> bool:
        """True if it was ended by a signal that neither it nor this process sent, or stopped by one for good."""
        code = self._returncode
        if self._was_stopped:
            return code is not None
        return code is not None and code < 0 and signal_name(code) not in OWN_SIGNALS and not self._forced

    def new_events(self) -> Iterator[Event]:
        """Events that were recorded since the last call, for showing progress."""
        with contextlib.suppress(FileNotFoundError), self._run.events_file.open("rb") as file:
            file.seek(self._events_offset)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._events_offset += len(line)
                self._stop_witness.moved()
                with contextlib.suppress(ValueError):
                    yield event_of(line.decode(errors="replace"))

    def result(self) -> TrialResult:
        """Return how it ended. Without a verdict it is inconclusive, with the lab's error as the reason."""
        verdict = self._run.read_verdict()
        code = self.exit_code
        if verdict is None and self.killed_from_outside:
            self._record_ending()
            return TrialResult(self.plan, self.path, self._without_verdict(self.error()), "", EXIT_INCONCLUSIVE)
        is_told = code in (EXIT_BAD_INPUT, EXIT_LAB_FAILED, EXIT_INTERRUPTED) or verdict is None
        error = self.error() if is_told else ""
        if verdict is None:
            verdict = self._without_verdict(error)
            code = code if code in (EXIT_BAD_INPUT, EXIT_INTERRUPTED) else EXIT_LAB_FAILED
        return TrialResult(self.plan, self.path, verdict, error, code)

    def _without_verdict(self, error: str) -> TrialVerdict:
        reason = f"the lab failed: {error}"
        if self.killed_from_outside:
            reason = error
        elif self.exit_code == EXIT_INTERRUPTED:
            reason = "a signal from outside ended the trial's own process before there was anything to judge"
        verdict = TrialVerdict.of(self.plan, "inconclusive", [reason])
        verdict.duration_ms = (time.monotonic() - self._started_s) * 1000
        verdict.run_dir = str(self.path)
        return verdict

    def error(self) -> str:
        """The one line with which the trial failed; how it ended when it could not say."""
        if self.killed_from_outside:
            return outside_words(self._ending)
        try:
            lines = tail_of(self._lab_log).decode(errors="replace").splitlines()
        except OSError:
            return f"{self.path}: the run folder disappeared during the trial, or can no longer be read"
        for line in reversed(lines):
            if line.startswith(ERROR_PREFIX):
                return line.removeprefix(ERROR_PREFIX)
        return f"the trial's process {exit_words(self._returncode or 0)}; see {self._lab_log}"

    def _record_ending(self) -> None:
        """Leave the end that somebody outside made of it in the run folder too, for whoever judges that later."""
        ending = self._ending
        with contextlib.suppress(OSError, ValueError, KeyError):  # it has no events that could be read
            append_event(self._run.events_file, ending)

    @cached_property
    def _ending(self) -> Ended:
        code = self._returncode or 0
        by = STOP if self._was_stopped else signal_name(code)
        killed = code == -signal.SIGKILL and not self._was_stopped
        cause = self._witness.cause(self._process.pid, TRIAL_PROCESS) if killed else None
        return Ended(
            source=LAB_PROCESS,
            ordered=False,
            pid=self._process.pid,
            code=code,
            by=by,
            words="",
            memory=cause.words if cause else None,
            out_of_memory=cause.proven if cause else None,
        )

    def _end_if_stopped(self) -> None:
        """End it where somebody outside has stopped it for good, and with it everything that it has started."""
        if self.running and self._stop_witness.proves():
            self._was_stopped = True
            self._process.kill()
            self._process.wait()

    def interrupt(self) -> None:
        """Ask it to end early, keeping what it has recorded."""
        if self.running:
            self._forced = True
            self._process.send_signal(signal.SIGTERM)

    def end(self, grace_s: float) -> None:
        """Wait for its end, and force it after so many seconds."""
        try:
            self._process.wait(grace_s)
        except subprocess.TimeoutExpired:
            self._forced = True
            self._process.kill()
            self._process.wait()


def _tell(pipe: FileIO, order: bytes) -> None:
    """Write the order; where it fits into the pipe, without waiting for the process to read it."""
    with contextlib.suppress(OSError):  # a machine that allows less: then this waits until it is read
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, min(len(order), MOST_PIPE_BYTES))
    left = memoryview(order)
    with contextlib.suppress(BrokenPipeError):  # it ended already, and says why
        while left:
            left = left[pipe.write(left) :]
