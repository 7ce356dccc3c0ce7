"""Sentinel remove: an operator lets Sentinels forget the primary altogether (SENTINEL REMOVE), at the wrong one or for too long."""

from collections.abc import Sequence

from jsquared.faults.fault import ActiveFault, ActivePerTarget, Evidence, Fault, ParameterValues
from jsquared.faults.kill import kill_all
from jsquared.faults.sentinel_reset import wait_until_known
from jsquared.faults.targets import sentinels
from jsquared.running.deployment import RunningDeployment


class SentinelRemove(Fault):
    """SENTINEL REMOVE at Sentinels."""

    name = "sentinel-remove"
    aims = "sentinels"
    usual_targets = ("sentinel:1",)
    description = "Let Sentinels forget the primary (SENTINEL REMOVE): they monitor nothing, have no vote and tell no client anything."
    undo = "They are ended and started again with the file that they had at the beginning, which names the primary."
    evidence = "The Sentinel knows no primary of that name; after healing it knows everyone again."

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:  # noqa: ARG002
        """Give the command to each target."""
        names = sentinels(deployment, targets, fault=self.name)
        for name in names:
            deployment.ask(name, "SENTINEL", "REMOVE", deployment.master_name)
        return ActiveSentinelRemove(deployment, names)


class ActiveSentinelRemove(ActivePerTarget):
    """Sentinels that monitor nothing."""

    def bit_at(self, name: str) -> Evidence:
        """It names no address for the primary."""
        master = self._deployment.master_name
        address = self._deployment.ask(name, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", master)
        return Evidence(not address, f"{name} knows {'no primary' if not address else 'a primary'} called {master}")

    def heal(self) -> None:
        """Start them again with the file that names it."""
        kill_all(self._deployment, self.targets)
        for name in self.targets:
            self._deployment.install(name)
            self._deployment.start(name, reason="fault")

    def healed_at(self, name: str) -> Evidence:
        """It knows everyone again."""
        return wait_until_known(self._deployment, name)
