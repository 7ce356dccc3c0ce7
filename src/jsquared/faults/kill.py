"""Kill: a server crashes (SIGKILL) and stays down until it is started again with what its disk kept."""

import signal
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from jsquared.cluster.cluster import Cluster
from jsquared.faults.fault import Evidence, Parameter, combine
from jsquared.faults.processes import answers_again, has_ended
from jsquared.faults.targets import nodes_of
from jsquared.sandbox.sandbox import Capability


def kill_all(cluster: Cluster, names: Sequence[str]) -> None:
    """SIGKILL to each, then wait for each; one that has not ended after 10 s is left to the evidence."""
    for name in names:
        cluster.signal(name, signal.SIGKILL, "killed")
    for name in names:
        process = cluster.process(name)
        if has_ended(process):
            cluster.events.add(name, "process", state="exited", pid=process.pid, reason="fault")


def killed_evidence(cluster: Cluster, name: str, code: int | None) -> Evidence:
    """The exit code as the kernel gave it, and silence at its port."""
    if code != -signal.SIGKILL:
        return Evidence(False, f"{name} was not killed (exit code {code})")
    if cluster.answers(name):
        return Evidence(False, f"{name} was killed but something still answers at its address")
    return Evidence(True, f"{name} ended by SIGKILL and its port refuses connections")


class Kill:
    """A server process crashes; healing starts it again."""

    name: ClassVar[str] = "kill"
    description: ClassVar[str] = (
        "Crash server processes with SIGKILL: no shutdown, nothing flushed by the server itself."
    )
    undo: ClassVar[str] = "Starts the same configuration again in the same folder, with whatever its persistence kept."
    evidence: ClassVar[str] = (
        "The kernel's exit report names SIGKILL and the port refuses connections; after healing it answers."
    )
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.PROCESS})
    parameters: ClassVar[tuple[Parameter, ...]] = ()

    def inject(self, cluster: Cluster, targets: Sequence[str], parameters: Mapping[str, Any]) -> "ActiveKill":  # noqa: ARG002
        """Kill the targets' processes."""
        names = nodes_of(cluster, targets)
        kill_all(cluster, names)
        return ActiveKill(cluster, names)


class ActiveKill:
    """Processes that were killed."""

    proven_at_end: ClassVar[bool] = False

    def __init__(self, cluster: Cluster, targets: Sequence[str]) -> None:
        self.targets = targets
        self.details: Mapping[str, Any] = {}
        self._cluster = cluster
        self._started = False

    def bit(self) -> Evidence:
        """Exit reports and refused connections."""
        return combine(
            [killed_evidence(self._cluster, name, self._cluster.process(name).poll()) for name in self.targets]
        )

    def heal(self) -> None:
        """Start them again."""
        if not self._started:
            self._started = True
            for name in self.targets:
                self._cluster.start(name, reason="healed")

    def healed(self) -> Evidence:
        """They answer."""
        return combine([answers_again(self._cluster, name) for name in self.targets])
