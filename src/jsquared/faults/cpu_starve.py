"""CPU starve: a server gets only a part of the processor time that it wants, as on an overcommitted host.

It is stopped and continued in turn (SIGSTOP, SIGCONT), ten times a second. That is what a scheduler does to a process that is out of
quota, cgroups included, and it needs no power over others: it holds without root, and in any container.
"""

import signal
import threading
import time
from collections.abc import Sequence

from jsquared.faults.fault import ActiveFault, ActivePerTarget, Evidence, Fault, Parameter, ParameterValues, combine
from jsquared.faults.process_state import answers_again
from jsquared.faults.targets import nodes_of
from jsquared.running.deployment import RunningDeployment
from jsquared.running.lives import Hold
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.process import Process

LOOKS = 300
LOOK_EVERY_S = 0.002
MARGIN_PERCENT = 20
"""How much smaller the measured share may be than the one asked for: the lab's own timers are late on a busy machine."""


def stopped_share(process: Process) -> float:
    """In how many of a hundred looks the kernel has a process stopped; 0.6 s."""
    stopped = 0
    for _ in range(LOOKS):
        stopped += process.state() == "T"
        time.sleep(LOOK_EVERY_S)
    return 100 * stopped / LOOKS


class CpuStarve(Fault):
    """Server processes run only for a part of the time."""

    name = "cpu-starve"
    description = "Take processor time away from servers: each is stopped for a part of every period, as if it had used up its quota."
    undo = "The processes run without interruption."
    evidence = (
        "The share of samples in which the kernel reports the process stopped; after healing none, and it answers."
    )
    needs = frozenset({Capability.PROCESS, Capability.CPU})
    parameters = (
        Parameter("percent", 80, "how much of its time is taken away"),
        Parameter("period_ms", 100, "how long one period lasts, stopped and running together"),
    )

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Begin to take time away from the targets' processes."""
        percent, period_ms = parameters["percent"], parameters["period_ms"]
        if not MARGIN_PERCENT < percent < 100 or period_ms < 10:
            raise self.refusal(f"{percent} % of {period_ms} ms", hint="21 to 99 percent of 10 ms or more")
        active = ActiveCpuStarve(deployment, nodes_of(deployment, targets), percent, period_ms / 1000)
        active.begin()
        return active


class ActiveCpuStarve(ActivePerTarget):
    """Processes that run for a part of the time, by a thread of the lab's."""

    def __init__(self, deployment: RunningDeployment, targets: Sequence[str], percent: int, period_s: float) -> None:
        super().__init__(deployment, targets)
        self._percent = percent
        self._stop_s = period_s * percent / 100
        self._run_s = period_s - self._stop_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._starve, name="cpu-starve", daemon=True)

    def begin(self) -> None:
        """Start taking time."""
        self._hold(Hold.CHANGING)
        self._thread.start()

    def _starve(self) -> None:
        while not self._over.is_set():
            self._tell(signal.SIGSTOP)
            self._over.wait(self._stop_s)
            self._tell(signal.SIGCONT)
            self._over.wait(self._run_s)

    def _tell(self, number: signal.Signals) -> None:
        for name in self.targets:
            self._deployment.process(name).send_signal(number)

    def bit_at(self, name: str) -> Evidence:
        """It is stopped for as much of the time as was asked, or nearly."""
        return self._share(name, self._percent - MARGIN_PERCENT, 100)

    def _share(self, name: str, least: float, most: float) -> Evidence:
        share = stopped_share(self._deployment.process(name))
        return Evidence(least <= share <= most, f"the kernel has {name} stopped in {share:.0f} % of {LOOKS} samples")

    def heal(self) -> None:
        """Let them run."""
        self._over.set()
        self._thread.join()
        self._hold(Hold.FREE)

    def _hold(self, hold: Hold) -> None:
        for name in self.targets:
            self._deployment.lives.hold(name, hold)

    def healed_at(self, name: str) -> Evidence:
        """It is never stopped, and answers."""
        return combine([self._share(name, 0, 0), answers_again(self._deployment, name)])
