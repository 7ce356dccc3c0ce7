"""Connection storm: very many connections are opened to a data node at once and held, as clients without a pool do."""

import contextlib
import resource
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from jsquared.errors import BadInputError
from jsquared.faults.bulk_writer import WRITE_LIMIT_S
from jsquared.faults.fault import Evidence, Parameter, combine
from jsquared.faults.settings import Settings, setting
from jsquared.faults.targets import nodes_of
from jsquared.resp.blocking import Connection
from jsquared.resp.replies import parse_info
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.sandbox import Capability

CONNECT_LIMIT_S = 2.0
STORM_LIMIT_S = 10.0
SETTLE_LIMIT_S = 5.0
LOOK_S = 0.02
SPARE_FILES = 256
SHARE = 0.9
"""Others come and go meanwhile: so much of the rise, or of the fall, proves it."""
DIRECTIVE = "maxclients"


class ConnectionStorm:
    """Thousands of connections to a data node."""

    name: ClassVar[str] = "connection-storm"
    description: ClassVar[str] = (
        "Open very many connections to a data node at once and hold them, up to maxclients if asked."
    )
    undo: ClassVar[str] = "Closes them, and sets maxclients back to what it was where it was changed."
    evidence: ClassVar[str] = (
        "INFO shows so many more connected clients, and refused ones where it was filled; after healing they are gone."
    )
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.PROCESS})
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("count", 1000, "how many connections"),
        Parameter(
            "fill", False, "lower maxclients so that they are as many as the server takes: it refuses everybody else"
        ),
    )

    def inject(
        self, deployment: RunningDeployment, targets: Sequence[str], parameters: Mapping[str, Any]
    ) -> "ActiveConnectionStorm":
        """Open them, to the target, which must be one data node."""
        [name, *more] = nodes_of(deployment, targets)
        if more or deployment.plan.node(name).role != "data" or not parameters["count"]:
            raise BadInputError(
                "goes to one data node, with at least one connection", where="fault 'connection-storm'", hint="primary"
            )
        active = ActiveConnectionStorm(deployment, name, parameters["count"])
        active.begin(fill=parameters["fill"])
        return active


class ActiveConnectionStorm:
    """Connections that are held. The fault's own connection is older, so that it can ask and undo when nobody else is let in."""

    proven_at_end: ClassVar[bool] = False

    def __init__(self, deployment: RunningDeployment, name: str, count: int) -> None:
        self.targets: Sequence[str] = [name]
        self.details: Mapping[str, Any] = {}
        self._deployment = deployment
        self._count = count
        self._own: Connection = deployment.connect(name, WRITE_LIMIT_S)
        self._settings = Settings(deployment)
        self._before = self._info("connected_clients")
        self._rejected = self._info("rejected_connections")
        self._held: list[socket.socket] = []

    def _info(self, field: str) -> int:
        return int(parse_info(self._own.command("INFO")).get(field, 0))

    def begin(self, *, fill: bool) -> None:
        """Open the connections; one more than are let in where the server is to be filled."""
        [name] = self.targets
        allow_files(self._count + SPARE_FILES)
        if fill:
            self._settings.before[name, DIRECTIVE] = setting(self._deployment, name, DIRECTIVE)
            self._own.command("CONFIG", "SET", DIRECTIVE, self._before + self._count)
        where = self._deployment.address(name), self._deployment.plan.node(name).port
        deadline = time.monotonic() + STORM_LIMIT_S
        for _ in range(self._count + int(fill)):
            with contextlib.suppress(OSError):
                self._held.append(socket.create_connection(where, timeout=CONNECT_LIMIT_S))
            if time.monotonic() > deadline:
                break

    def bit(self) -> Evidence:
        """The server counts them, and refuses more where it is full."""
        [name] = self.targets
        rose = self._wait(lambda: self._info("connected_clients") - self._before, self._count * SHARE)
        refused = (
            self._wait(lambda: self._info("rejected_connections") - self._rejected, 1) if self._settings.before else 0
        )
        sentence = f"{name} has {rose:,} connections more than the {self._before:,} before"
        if self._settings.before:
            sentence += f" and refused {refused:,}"
        return Evidence(rose >= self._count * SHARE and (refused > 0 or not self._settings.before), sentence)

    @staticmethod
    def _wait(measure: Callable[[], int], enough: float) -> int:
        """The measure once it is enough, or as it is after 5 s."""
        deadline = time.monotonic() + SETTLE_LIMIT_S
        while (value := measure()) < enough and time.monotonic() < deadline:
            time.sleep(LOOK_S)
        return value

    def heal(self) -> None:
        """Close them; let others in again."""
        for one in self._held:
            one.close()
        for (_, directive), value in self._settings.before.items():
            self._own.command("CONFIG", "SET", directive, value)

    def healed(self) -> Evidence:
        """They are gone."""
        [name] = self.targets
        gone = self._wait(lambda: self._before + self._count - self._info("connected_clients"), self._count * SHARE)
        self._own.close()
        closed = Evidence(gone >= self._count * SHARE, f"{gone:,} of {self._count:,} connections to {name} are gone")
        return combine([closed, *self._settings.restored()])


def allow_files(count: int) -> None:
    """Let this process have so many files open, as far as the machine allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
