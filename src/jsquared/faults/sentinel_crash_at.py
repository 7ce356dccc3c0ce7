"""Sentinel crash at: the Sentinel that leads the next failover crashes at a chosen moment of it."""

import contextlib
import threading
from collections.abc import Sequence

from jsquared.errors import LabError
from jsquared.faults.fault import ActiveFault, Evidence, Fault, Parameter, ParameterValues, combine
from jsquared.faults.process_state import answers_again
from jsquared.faults.targets import nodes_of
from jsquared.records.event_types import ProcessChanged
from jsquared.running.deployment import RunningDeployment

EXIT_CODE = 99
"""What sentinelSimFailureCrash() in sentinel.c exits with."""
WATCH_S = 0.02
MOMENTS = ("crash-after-election", "crash-after-promotion")


class SentinelCrashAt(Fault):
    """SENTINEL SIMULATE-FAILURE at Sentinels."""

    name = "sentinel-crash-at"
    aims = "sentinels"
    usual_targets = ("sentinels",)
    description = (
        "Make the next elected Sentinel crash, upon its election or once it has promoted a replica; only the first one."
    )
    undo = "Starts the crashed ones again, and cancels the order at the others."
    evidence = "A Sentinel's process ended by itself with the exit code that the order gives; after healing all answer."
    parameters = (Parameter("moment", MOMENTS[0], "when the leader crashes", MOMENTS),)

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Give the order to each target."""
        names = nodes_of(deployment, targets)
        for name in names:
            deployment.ask(name, "SENTINEL", "SIMULATE-FAILURE", parameters["moment"])
        active = ActiveSentinelCrashAt(deployment, names)
        active.watch()
        return active


class ActiveSentinelCrashAt(ActiveFault):
    """Sentinels of which the next leader crashes; a thread then takes the order back from the others."""

    proven_at_end = True

    def __init__(self, deployment: RunningDeployment, targets: Sequence[str]) -> None:
        super().__init__(deployment, targets)
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._spare_the_others, name="sentinel-crash-at", daemon=True)

    def watch(self) -> None:
        """Begin to wait for the first crash."""
        self._watch.start()

    def _spare_the_others(self) -> None:
        while not self._over.wait(WATCH_S):
            crashed = self._crashed()
            if crashed:
                for name in crashed:
                    pid = self._deployment.process(name).pid
                    self._deployment.events.add(ProcessChanged(state="exited", pid=pid, reason="fault", source=name))
                self._take_back()
                return

    def _crashed(self) -> list[str]:
        """Those that ended by themselves."""
        return [name for name in self.targets if self._deployment.process(name).poll() == EXIT_CODE]

    def _take_back(self) -> None:
        """The word ``help`` sets no failure, and like every use of the command it first forgets those that were set."""
        for name in self.targets:
            if self._deployment.process(name).poll() is None:
                with contextlib.suppress(LabError):
                    self._deployment.ask(name, "SENTINEL", "SIMULATE-FAILURE", "help")

    def bit(self) -> Evidence:
        """One has crashed."""
        crashed = self._crashed()
        return Evidence(
            bool(crashed), f"{', '.join(crashed) or 'no Sentinel'} ended by itself with exit code {EXIT_CODE}"
        )

    def heal(self) -> None:
        """Start the crashed again; the others forget the order."""
        self._over.set()
        self._watch.join()
        self._take_back()
        for name in self._crashed():
            self._deployment.start(name, reason="healed")

    def healed(self) -> Evidence:
        """They answer."""
        return combine([answers_again(self._deployment, name) for name in self.targets])
