"""One trial as a process of its own: started, watched through its run folder, ended by id."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from jsquared.cluster.processes import describe_exit
from jsquared.errors import EXIT_LAB_FAILED
from jsquared.records.plan import Plan
from jsquared.records.run_directory import RunDirectory, explain_write_errors
from jsquared.records.verdict import TrialVerdict

COMMAND = (sys.executable, "-m", "jsquared.trial")
"""What runs a trial; the run folder is added."""
ERROR_PREFIX = "error: "
PARENT_VARIABLE = "JSQUARED_PARENT"
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""Numerical libraries start a thread a processor otherwise, in every trial, and nothing here has work for them."""
END_GRACE_S = 20.0


class TrialProcess:
    """A running trial. Its process is ``python -m jsquared.trial RUN_DIR`` and dies with this one, whatever happens."""

    def __init__(self, plan: Plan, path: Path) -> None:
        """Write the run folder and start.

        :raises RecordError: the folder cannot be written.
        """
        self.plan = plan
        self.run = RunDirectory.create(path, plan)
        self.started_s = time.monotonic()
        self._events_offset = 0
        self._lab_log = self.run.log_file("lab")
        with explain_write_errors(path), self._lab_log.open("wb") as log:
            self._process = subprocess.Popen(
                [*COMMAND, str(path)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A session of its own: Ctrl-C reaches the command line only, which then asks each trial to end.
                start_new_session=True,
                env={**os.environ, **ONE_THREAD, PARENT_VARIABLE: str(os.getpid())},
            )

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    @property
    def exit_code(self) -> int:
        """Its exit code, ``EXIT_LAB_FAILED`` when a signal ended it."""
        code = self._process.poll()
        return EXIT_LAB_FAILED if code is None or code < 0 else code

    def new_events(self) -> Iterator[dict[str, object]]:
        """Events that were recorded since the last call, for showing progress."""
        with contextlib.suppress(FileNotFoundError), self.run.events_file.open("rb") as file:
            file.seek(self._events_offset)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._events_offset += len(line)
                with contextlib.suppress(ValueError):
                    yield json.loads(line)

    def verdict(self) -> TrialVerdict | None:
        """Its verdict, None when it did not come to one."""
        return self.run.read_verdict()

    def error(self) -> str:
        """The one line with which the trial failed; how it ended when it could not say."""
        try:
            lines = self._lab_log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return f"{self.run.path}: the run folder has gone while the trial ran, or cannot be read any more"
        for line in reversed(lines):
            if line.startswith(ERROR_PREFIX):
                return line.removeprefix(ERROR_PREFIX)
        return f"the trial's process {describe_exit(self._process.returncode)}; see {self._lab_log}"

    def interrupt(self) -> None:
        """Ask it to end early, keeping what it has recorded."""
        if self.running:
            self._process.send_signal(signal.SIGTERM)

    def end(self) -> None:
        """Wait for its end, and force it after 20 s."""
        try:
            self._process.wait(END_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
