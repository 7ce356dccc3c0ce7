"""Flap: a server hangs and goes on, again and again (SIGSTOP, SIGCONT), as an overloaded machine does."""

import signal
import threading
from collections.abc import Sequence

from jsquared.faults.fault import ActiveFault, Evidence, Fault, Parameter, ParameterValues
from jsquared.faults.process_state import ActiveAtProcesses, is_reported
from jsquared.faults.targets import nodes_of
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.process import ProcessReport


class Flap(Fault):
    """Server processes hang periodically; healing ends that."""

    name = "flap"
    description = "Hang server processes with SIGSTOP and resume them, several times in turn."
    undo = "No further hang; SIGCONT where one is under way."
    evidence = "The kernel reports each process stopped and continued as often as was asked; after healing it answers."
    parameters = (
        Parameter("stop_ms", 1000, "how long each hang lasts"),
        Parameter("run_ms", 1000, "how long the server runs between two hangs"),
        Parameter("count", 3, "how many hangs"),
    )

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Begin to hang the targets' processes."""
        if not parameters["count"]:
            raise self.refusal("0 hangs do nothing", parameter="count", hint="1 or more")
        active = ActiveFlap(deployment, nodes_of(deployment, targets), parameters)
        active.begin()
        return active


class ActiveFlap(ActiveAtProcesses):
    """Processes that hang periodically, by a thread of their own."""

    proven_at_end = True

    def __init__(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> None:
        super().__init__(deployment, targets)
        self._stop_s = parameters["stop_ms"] / 1000
        self._run_s = parameters["run_ms"] / 1000
        self._count = parameters["count"]
        self._seen = dict.fromkeys(targets, 0)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._flap, name="flap", daemon=True)

    def begin(self) -> None:
        """Start hanging."""
        self._thread.start()

    def _flap(self) -> None:
        for _ in range(self._count):
            if self._over.is_set():
                return
            stopped = [name for name in self.targets if self._told(name, signal.SIGSTOP, "stopped")]
            self._over.wait(self._stop_s)
            for name in self.targets:
                if self._told(name, signal.SIGCONT, "continued") and name in stopped:
                    self._seen[name] += 1
            self._over.wait(self._run_s)

    def _told(self, name: str, number: signal.Signals, state: ProcessReport) -> bool:
        """Send the signal; true if the kernel reports the state that it should lead to."""
        if self._deployment.process(name).poll() is not None:
            return False
        self._deployment.signal(name, number, state)
        return is_reported(self._deployment.process(name), state)

    def bit_at(self, name: str) -> Evidence:
        """As many whole hangs as were asked for, by the kernel's reports."""
        seen = self._seen[name]
        return Evidence(
            seen >= self._count, f"the kernel reports {name} stopped and continued {seen} of {self._count} times"
        )

    def heal(self) -> None:
        """No further hang; a hang under way ends now."""
        self._over.set()
        self._thread.join()
