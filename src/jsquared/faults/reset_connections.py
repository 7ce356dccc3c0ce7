"""Reset connections: a data node closes the connections that others have to it, as a failing firewall or a proxy's restart does.

CLIENT KILL closes them from the server's side; what a peer had under way there is lost, and the kernel answers it with RST.
"""

import contextlib
import threading
from collections.abc import Sequence

from jsquared.errors import LabError
from jsquared.faults.connections import OWN_PRIMARY, TYPES, connected
from jsquared.faults.fault import ActiveFault, ActivePerTarget, Evidence, Fault, Parameter, ParameterValues
from jsquared.faults.targets import data_nodes
from jsquared.faults.waiting import wait_until
from jsquared.running.deployment import RunningDeployment

KINDS: dict[str, tuple[str, ...]] = {"all": TYPES, "primary": (OWN_PRIMARY,)}
"""What a choice means where it is not the word of the command itself."""
RETURN_LIMIT_S = 10.0
LOOK_S = 0.05


class ResetConnections(Fault):
    """CLIENT KILL TYPE at data nodes."""

    name = "reset-connections"
    aims = "data"
    description = "Close established connections to data nodes: of clients, Sentinels, replicas or all."
    undo = "Nothing to undo: all clients reconnect by themselves."
    evidence = "The server says how many it closed, and lists none of those from before; later it lists new ones."
    parameters = (
        Parameter(
            "clients",
            "all",
            "whose: normal (clients and Sentinels), pubsub (subscribers, Sentinels too), replica, or all of these; or, at a replica, "
            "the one to its primary",
            ("all", *TYPES, "primary"),
        ),
        Parameter("every_ms", 0, "how long after one reset the next one follows, until healed (0: once)"),
    )

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Close them at each target."""
        names = data_nodes(deployment, targets, fault=self.name, do="are reset")
        types = KINDS.get(parameters["clients"]) or (parameters["clients"],)
        active = ActiveResetConnections(deployment, names, types, parameters["every_ms"] / 1000)
        active.begin()
        return active


class ActiveResetConnections(ActivePerTarget):
    """Connections that were closed."""

    def __init__(
        self, deployment: RunningDeployment, targets: Sequence[str], types: Sequence[str], every_s: float
    ) -> None:
        super().__init__(deployment, targets)
        self._types = types
        self._every_s = every_s
        self._before = {name: connected(deployment, name, types) for name in targets}
        self._closed = dict.fromkeys(targets, 0)
        self._over = threading.Event()
        # The lab's own questions come on connections too: one that is closed while it measures would leave the fault unproven.
        self._busy = threading.Lock()
        self._thread = threading.Thread(target=self._repeat, name="reset-connections", daemon=True)

    def begin(self) -> None:
        """Close them now; where that was asked for, again and again."""
        for name in self.targets:
            self._close(name)
        if self._every_s:
            self._thread.start()

    def _close(self, name: str) -> None:
        with self._busy:
            for kind in self._types:
                self._closed[name] += int(self._deployment.ask(name, "CLIENT", "KILL", "TYPE", kind))

    def _repeat(self) -> None:
        while not self._over.wait(self._every_s):
            for name in self.targets:
                with contextlib.suppress(LabError):  # it may have crashed meanwhile: that is another fault's doing
                    self._close(name)

    def bit_at(self, name: str) -> Evidence:
        """Some were closed, and none from before is left."""
        with self._busy:
            closed = self._closed[name]
            left = self._before[name] & connected(self._deployment, name, self._types)
        return Evidence(
            closed > 0 and not left,
            f"{name} closed {closed} connections ({', '.join(self._types)}), {len(left)} from before are left",
        )

    def heal(self) -> None:
        """No further reset."""
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()

    def healed_at(self, name: str) -> Evidence:
        """Others are connected again."""
        there = wait_until(lambda: self._others(name), limit_s=RETURN_LIMIT_S, look_s=LOOK_S)
        return Evidence(bool(there), f"{len(there)} connections to {name} are there again")

    def _others(self, name: str) -> list[int]:
        """All connections but that of the question itself, which is a normal one and the newest."""
        with contextlib.suppress(LabError):
            return sorted(connected(self._deployment, name))[:-1]
        return []
