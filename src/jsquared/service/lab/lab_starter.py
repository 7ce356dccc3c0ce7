"""Starts the process of a lab, and knows how it ended."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
from io import FileIO

from jsquared.errors import EXIT_BAD_INPUT, BadInputError, JSquaredError, LabError
from jsquared.records.ends import exit_words
from jsquared.trial.lab.lab_process import DETACHED
from jsquared.trial.order import TrialOrder

MODULE = "jsquared.trial.lab.lab_process"
ERROR_PREFIX = "error: "
TAIL_BYTES = 1 << 16
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
END_LIMIT_S = 20.0


class LabProcess:
    """A lab's process, a child of this one. It dies with this one, unless it is detached.

    The kernel ends it with the *thread* that started it (prctl(2), PR_SET_PDEATHSIG), so that is one which lives as long as it does.
    """

    def __init__(self, order: TrialOrder, listener: socket.socket, *, is_detached: bool = False) -> None:
        """Start it; ``listener`` stays the caller's.

        :raises LabError: no process can be started.
        """
        self._said = FileIO(os.memfd_create("lab's stderr"), "r+")
        self._order = order.encoded()
        self._begun = threading.Event()
        self._problem: OSError | None = None
        self._process: subprocess.Popen[bytes] | None = None
        arguments = [str(listener.fileno()), *([DETACHED] if is_detached else [])]
        starter = threading.Thread(target=self._hold, args=(arguments, listener.fileno()), name="lab", daemon=True)
        starter.start()
        self._begun.wait()
        self._check_begun()

    def _check_begun(self) -> None:
        if self._process is None:
            self._said.close()
            reason = self._problem.strerror if self._problem else ""
            raise LabError(f"cannot start a lab: {reason}", hint="higher limits on processes and files")

    def _hold(self, arguments: list[str], inherited: int) -> None:
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", MODULE, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=self._said.fileno(),
                pass_fds=[inherited],
                start_new_session=True,  # Ctrl-C reaches the caller only
                env={**os.environ, **ONE_THREAD, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        except OSError as problem:
            self._problem = problem
            self._begun.set()
            return
        self._process = process
        self._begun.set()
        assert process.stdin is not None
        with contextlib.suppress(OSError), process.stdin as pipe:  # it has ended already, and says why
            pipe.write(self._order)
        process.wait()

    @property
    def pid(self) -> int:
        """The id of its first process, whose end is the end of all."""
        return self._started.pid

    @property
    def code(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._started.poll()

    def end(self, limit_s: float = END_LIMIT_S) -> None:
        """Wait for its end, and force it after so many seconds."""
        try:
            self._started.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it, and with it everything inside."""
        self._started.kill()
        self._started.wait()

    def close(self) -> None:
        """Let go of what it has said."""
        self._said.close()

    def error(self) -> JSquaredError:
        """How it failed, in its own words where it could say."""
        code = self._started.wait()
        self._said.seek(0)
        lines = self._said.read()[-TAIL_BYTES:].decode(errors="replace").splitlines()
        told = next((line for line in reversed(lines) if line.startswith(ERROR_PREFIX)), "")
        kind = BadInputError if code == EXIT_BAD_INPUT else LabError
        if told:
            return kind(told.removeprefix(ERROR_PREFIX))
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return kind(f"its process {exit_words(code)}" + (f" ({last})" if last else ""), where="the lab")

    @property
    def _started(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None
        return self._process
