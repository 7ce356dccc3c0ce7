"""Unauthenticated flood: very many clients connect to a data node, ask for something, and never log in.

What a server holds for them is all that they can get: their connections, and its refusals, which are read here and not left to pile up.
"""

import contextlib
import socket
import time
from collections.abc import Callable, Sequence

from jsquared.faults.connection_storm import allow_files
from jsquared.faults.fault import ActiveFault, ActivePerTarget, Evidence, Fault, Parameter, ParameterValues
from jsquared.faults.targets import one_data_node
from jsquared.faults.waiting import wait_until
from jsquared.resp.blocking import encrypted
from jsquared.resp.packing import packed
from jsquared.resp.replies import parse_info
from jsquared.running.deployment import RunningDeployment

FLOOD_LIMIT_S = 15.0
SETTLE_LIMIT_S = 5.0
LOOK_S = 0.05
SHARE = 0.9
"""Others come and go meanwhile: so much of the rise, or of the fall, proves it."""
LEAST = 100
"""So many are a flood, where a busy machine opens no more of them in time."""
SPARE_FILES = 256
ANSWER_LIMIT_S = 1.0
ANSWER_BYTES = 4096
QUESTION = packed("GET", "a key of somebody else's")
REFUSED = b"-NOAUTH"


class UnauthenticatedFlood(Fault):
    """Connections without AUTH."""

    name = "unauthenticated-flood"
    aims = "data"
    description = "Open very many connections to a data node that ask for a key and never log in, and hold them."
    undo = "Closes them."
    evidence = (
        "INFO shows that many more connected clients, and how many of them were refused as not logged in (all, where a password is asked "
        "for); after healing they are gone."
    )
    parameters = (Parameter("count", 500, "how many connections"),)

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Open them, to the target, which must be one data node."""
        name = one_data_node(deployment, targets, fault=self.name, does="is flooded")
        if not parameters["count"]:
            raise self.refusal("a flood has at least one connection", parameter="count", hint="1 or more")
        active = ActiveUnauthenticatedFlood(deployment, name, parameters["count"])
        active.begin()
        return active


class ActiveUnauthenticatedFlood(ActivePerTarget):
    """Connections that are held, and how many of them were refused what they asked for."""

    def __init__(self, deployment: RunningDeployment, name: str, count: int) -> None:
        super().__init__(deployment, [name])
        self._count = count
        self._before = self._connected()
        self._held: list[socket.socket] = []
        self._refused = 0

    def _connected(self) -> int:
        [name] = self.targets
        return int(parse_info(self._deployment.ask(name, "INFO", "clients")).get("connected_clients", 0))

    def begin(self) -> None:
        """Open the connections, one after another, each with one question whose answer is read."""
        [name] = self.targets
        allow_files(self._count + SPARE_FILES)
        where = self._deployment.address(name), self._deployment.node(name).port, ANSWER_LIMIT_S
        deadline = time.monotonic() + FLOOD_LIMIT_S
        for _ in range(self._count):
            with contextlib.suppress(OSError):
                one = encrypted(self._deployment.dial(*where), self._deployment.tls(name))
                self._held.append(one)
                one.sendall(QUESTION)
                self._refused += (one.recv(ANSWER_BYTES) or b"").startswith(REFUSED)
            if time.monotonic() > deadline:
                break

    def bit_at(self, name: str) -> Evidence:
        """The server counts them, and answered none of them where it asks for a password."""
        rose = self._wait(lambda: self._connected() - self._before)
        asks = bool(self._deployment.credentials(name))
        is_flood = len(self._held) >= min(self._count, LEAST) and rose >= len(self._held) * SHARE
        enough = is_flood and (self._refused == len(self._held) or not asks)
        return Evidence(
            enough,
            f"{name} has {rose:,} connections more than the {self._before:,} before, and refused {self._refused:,} of "
            f"{len(self._held):,} as not logged in",
        )

    def _wait(self, measure: Callable[[], int]) -> int:
        """The measure once it is enough, or as it is after 5 s."""
        return wait_until(
            measure, lambda value: value >= len(self._held) * SHARE, limit_s=SETTLE_LIMIT_S, look_s=LOOK_S
        )

    def heal(self) -> None:
        """Close them."""
        for one in self._held:
            one.close()

    def healed_at(self, name: str) -> Evidence:
        """They are gone."""
        gone = self._wait(lambda: self._before + self._count - self._connected())
        return Evidence(gone >= self._count * SHARE, f"{gone:,} of {self._count:,} connections to {name} are gone")
