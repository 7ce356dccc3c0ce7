"""Reset connections: a data node closes the connections that others have to it, as a failing firewall or a proxy's restart does.

CLIENT KILL closes them from the server's side; what a peer had under way there is lost, and the kernel answers it with RST.
"""

import contextlib
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from jsquared.errors import BadInputError, LabError
from jsquared.faults.connections import OWN_PRIMARY, TYPES, connected
from jsquared.faults.fault import Evidence, Parameter, combine
from jsquared.faults.targets import nodes_of
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.sandbox import Capability

KINDS: dict[str, tuple[str, ...]] = {"all": TYPES, "primary": (OWN_PRIMARY,)}
"""What a choice means where it is not the word of the command itself."""
RETURN_LIMIT_S = 10.0
LOOK_S = 0.05


class ResetConnections:
    """CLIENT KILL TYPE at data nodes."""

    name: ClassVar[str] = "reset-connections"
    description: ClassVar[str] = "Close established connections to data nodes: of clients, Sentinels, replicas or all."
    undo: ClassVar[str] = "Nothing to undo: whoever was connected connects again by itself."
    evidence: ClassVar[str] = (
        "The server says how many it closed, and lists none of those from before; later it lists new ones."
    )
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.PROCESS})
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(
            "clients",
            "all",
            "whose: normal (clients and Sentinels), pubsub (subscribers, Sentinels too), replica, or all of these; or, at a replica, "
            "the one to its primary",
            ("all", *TYPES, "primary"),
        ),
        Parameter("every_ms", 0, "how long after one reset the next one follows, until healed (0: once)"),
    )

    def inject(
        self, deployment: RunningDeployment, targets: Sequence[str], parameters: Mapping[str, Any]
    ) -> "ActiveResetConnections":
        """Close them at each target."""
        names = nodes_of(deployment, targets)
        if any(deployment.plan.node(name).role != "data" for name in names):
            raise BadInputError("only data nodes are reset", where="fault 'reset-connections'", hint="primary")
        types = KINDS.get(parameters["clients"]) or (parameters["clients"],)
        active = ActiveResetConnections(deployment, names, types, parameters["every_ms"] / 1000)
        active.begin()
        return active


class ActiveResetConnections:
    """Connections that were closed."""

    proven_at_end: ClassVar[bool] = False

    def __init__(
        self, deployment: RunningDeployment, targets: Sequence[str], types: Sequence[str], every_s: float
    ) -> None:
        self.targets = targets
        self.details: Mapping[str, Any] = {}
        self._deployment = deployment
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

    def bit(self) -> Evidence:
        """Some were closed, and none from before is left."""
        return combine([self._reset(name) for name in self.targets])

    def _reset(self, name: str) -> Evidence:
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

    def healed(self) -> Evidence:
        """Others are connected again."""
        return combine([self._back(name) for name in self.targets])

    def _back(self, name: str) -> Evidence:
        deadline = time.monotonic() + RETURN_LIMIT_S
        there: set[int] = set()
        while not there and time.monotonic() < deadline:
            # The question comes on a connection of its own, which is a normal one and the newest.
            with contextlib.suppress(LabError):
                there = set(sorted(connected(self._deployment, name))[:-1])
            time.sleep(LOOK_S)
        return Evidence(bool(there), f"{len(there)} connections to {name} are there again")
