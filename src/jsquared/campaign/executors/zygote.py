"""The campaign's side of the zygote: starts it when the first trial begins, and has it fork a process for each trial."""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from io import FileIO
from pathlib import Path
from typing import Protocol

from jsquared.campaign.executors.stopped import StopWitness
from jsquared.errors import LabError
from jsquared.sandbox.linux import syscalls

COMMAND = (sys.executable, "-m", "jsquared.trial.zygote")
PARENT_VARIABLE = "JSQUARED_PARENT"
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""Numerical libraries start a thread a processor otherwise, in every trial, and nothing here has work for them."""
LONGEST_ANSWER_BYTES = 64
WAIT_POLL_S = 0.005
STOP_POLL_S = 0.2
"""So often is looked whether somebody has stopped the zygote, while nothing comes of it."""
TAIL_BYTES = 4096


class Process(Protocol):
    """A process of this one, as :class:`subprocess.Popen` has it."""

    pid: int

    def poll(self) -> int | None:
        """Its exit code, minus the signal that ended it; None while it runs."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """The same, once it has ended; raises :class:`subprocess.TimeoutExpired` after so many seconds."""
        ...

    def send_signal(self, sig: int) -> None:
        """Send it a signal, unless it has ended."""
        ...

    def kill(self) -> None:
        """End it."""
        ...


class AdoptedProcess:
    """A child of this process that another one forked. Its id stays its own until :meth:`poll` has seen its end."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None

    def poll(self) -> int | None:
        """Its exit code, minus the signal that ended it; None while it runs."""
        if self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, once it has ended.

        :raises subprocess.TimeoutExpired: it still runs after so many seconds.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(COMMAND, timeout or 0.0)
            time.sleep(WAIT_POLL_S)
        return code

    def send_signal(self, sig: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)


class Zygote:
    """A process that forks trials. It is started for the first one, again where it was ended from outside, and ends when it is closed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._said: FileIO | None = None
        self._asked = False
        """For a trial, since it was started."""

    def prepare(self) -> None:
        """Start it now if it does not run, and do not wait for it."""
        if self._channel is None:
            try:
                self._start()
            except OSError:  # the first trial will meet it too, and say so
                self.close()

    def spawn(self, folder: Path, stdin: int, log: int) -> Process:
        """Fork the process of the trial in this run folder.

        :param stdin: the descriptor that it is to read its plan from.
        :param log: the descriptor that it is to write to.
        :raises LabError: no process can be started.
        """
        try:
            answer = self._ask(folder, stdin, log) or self._again(folder, stdin, log)
        except OSError as problem:
            raise LabError(
                f"cannot start a trial: {problem.strerror}", hint="higher limits on processes and files"
            ) from problem
        if answer <= 0:
            reason = os.strerror(-answer) if answer else self._last_words()
            raise LabError(f"cannot start a trial: {reason}", hint="higher limits on processes and memory")
        return AdoptedProcess(answer)

    def _again(self, folder: Path, stdin: int, log: int) -> int:
        """Once more, with a new zygote: somebody ended the first one, and no trial was begun."""
        self.close()
        return self._ask(folder, stdin, log)

    def _ask(self, folder: Path, stdin: int, log: int) -> int:
        """The process id of the new trial, minus an error number, or 0 where none came of it: somebody ended one of the processes."""
        channel = self._channel or self._start()
        self._asked = True
        answered, answer = os.pipe()
        syscalls.set_subreaper(
            adopting=True
        )  # for the time of the fork only: nothing else here expects to be given children
        try:
            with FileIO(answered) as told:
                try:
                    socket.send_fds(channel, [os.fsencode(folder)], [stdin, log, answer])
                finally:
                    os.close(answer)
                witness = self._stop_witness()
                while not select.select([told], [], [], STOP_POLL_S)[0]:
                    self._end_if_stopped(witness)
                return int(told.read(LONGEST_ANSWER_BYTES) or b"0")
        except (BrokenPipeError, ConnectionResetError):
            return 0
        finally:
            syscalls.set_subreaper(adopting=False)

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._channel = ours
        self._said = said = FileIO(os.memfd_create("zygote's stderr"), "r+")  # a temporary file could stay behind
        with theirs:
            self._process = subprocess.Popen(
                list(COMMAND),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=said.fileno(),
                start_new_session=True,
                env={**os.environ, **ONE_THREAD, PARENT_VARIABLE: str(os.getpid())},
            )
        return ours

    def _stop_witness(self) -> StopWitness:
        return StopWitness(self._process.pid if self._process else 0)

    def _end_if_stopped(self, witness: StopWitness) -> None:
        """End a zygote that somebody outside has stopped: it would never answer, and never end."""
        if witness.proves() and self._process is not None:
            self._process.kill()

    def _wait(self) -> None:
        witness = self._stop_witness()
        while self._process is not None:
            try:
                self._process.wait(STOP_POLL_S)
                return
            except subprocess.TimeoutExpired:
                self._end_if_stopped(witness)

    def _last_words(self) -> str:
        """How the zygote ended, for a line that says why there is no trial."""
        self._hang_up()  # it may be alive, where the process that it forked was ended
        code = self._process.wait() if self._process else 0
        if self._said is None:
            return f"its process ended with code {code}"
        self._said.seek(0)
        lines = self._said.read()[-TAIL_BYTES:].decode(errors="replace").split("\n")
        last = next((line for line in reversed(lines) if line.strip()), "")
        return f"its process ended with code {code}" + (f" ({last.strip()})" if last else "")

    def close(self) -> None:
        """End the zygote, and wait for its end. Trials that run are not its children and go on."""
        self._hang_up()
        if self._process is not None:
            if not self._asked:  # it may be loading for another second, and holds nothing
                self._process.kill()
            self._wait()
            self._process = None
        self._asked = False
        if self._said is not None:
            self._said.close()
            self._said = None

    def _hang_up(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None
