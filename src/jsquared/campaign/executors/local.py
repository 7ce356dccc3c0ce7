"""The executor of this machine: each trial is a child process, forked by the zygote."""

import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from jsquared.campaign.executors.processors import Processors
from jsquared.campaign.executors.trial_process import TrialProcess
from jsquared.campaign.executors.zygote import Zygote
from jsquared.trial.order import TrialOrder

PROCESSES_PER_CPU = 52
"""Six and a half trials of three data nodes, three Sentinels and two clients a processor: docs/reference/measurements.md."""
END_GRACE_S = 20.0
"""So long all trials together have for ending when they are asked to."""


class LocalExecutor:
    """Runs trials as children of this process, which die with it, whatever happens."""

    def __init__(self) -> None:
        self._zygote = Zygote()
        self._processors = Processors()
        self._trials: list[TrialProcess] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop_all()
        finally:
            self._zygote.close()

    def prepare(self) -> None:
        """Start the zygote, which takes a second of processor time to load everything."""
        self._zygote.prepare()

    def side_by_side(self, processes: int) -> int:
        """Return how many trials run at once such that the times of each stay within 5 % of those of a lone one.

        A trial mostly waits, for timers of Sentinels; what bounds how many there may be is how late the machine wakes everybody up, which
        grows with their processes.
        """
        return max(1, PROCESSES_PER_CPU * len(os.sched_getaffinity(0)) // max(1, processes))

    def has_room(self) -> bool:
        """True if the processors had time left since the last trial began, and for a second at least."""
        return self._processors.have_time()

    def submit(self, order: TrialOrder, path: Path) -> TrialProcess:
        """Write the run folder of a trial, and start its process.

        :raises RecordError: the folder cannot be written.
        :raises LabError: no process can be started.
        """
        trial = TrialProcess(order, path, self._zygote)
        self._processors.forget()
        self._trials = [*(before for before in self._trials if before.running), trial]
        return trial

    def stop_all(self) -> None:
        """Ask all trials to end, and force those that still run after 20 s."""
        for trial in self._trials:
            trial.interrupt()
        deadline_s = time.monotonic() + END_GRACE_S
        for trial in self._trials:
            trial.end(max(0.0, deadline_s - time.monotonic()))
        self._trials.clear()
