"""Connection storm: very many connections are opened to a data node at once and held, as clients without a pool do."""

import contextlib
import resource
import socket
import time
from collections.abc import Callable, Sequence

from jsquared.faults.bulk_writer import WRITE_LIMIT_S
from jsquared.faults.fault import ActiveFault, ActivePerTarget, Evidence, Fault, Parameter, ParameterValues, combine
from jsquared.faults.settings import Settings
from jsquared.faults.targets import one_data_node
from jsquared.faults.waiting import wait_until
from jsquared.resp.blocking import Connection
from jsquared.resp.replies import parse_info
from jsquared.running.deployment import RunningDeployment

CONNECT_LIMIT_S = 2.0
STORM_LIMIT_S = 10.0
SETTLE_LIMIT_S = 5.0
LOOK_S = 0.02
SPARE_FILES = 256
SHARE = 0.9
"""Others come and go meanwhile: so much of the rise, or of the fall, proves it."""
DIRECTIVE = "maxclients"


class ConnectionStorm(Fault):
    """Thousands of connections to a data node."""

    name = "connection-storm"
    aims = "data"
    description = "Open very many connections to a data node at once and hold them, up to maxclients if asked."
    undo = "Closes them, and sets maxclients back to what it was where it was changed."
    evidence = "INFO shows that many more connected clients, and refused ones if maxclients was reached; after healing they are gone."
    parameters = (
        Parameter("count", 1000, "how many connections"),
        Parameter("fill", False, "lower maxclients to this number, so that the server refuses everyone else"),
    )

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Open them, to the target, which must be one data node."""
        name = one_data_node(deployment, targets, fault=self.name, does="takes the connections")
        if not parameters["count"]:
            raise self.refusal("one data node takes at least one connection", parameter="count", hint="1 or more")
        active = ActiveConnectionStorm(deployment, name, parameters["count"])
        active.begin(fill=parameters["fill"])
        return active


class ActiveConnectionStorm(ActivePerTarget):
    """Connections that are held. The fault's own connection is older, so that it can ask and undo when no one else is let in."""

    def __init__(self, deployment: RunningDeployment, name: str, count: int) -> None:
        super().__init__(deployment, [name])
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
            self._settings.note(name, DIRECTIVE)
            self._own.command("CONFIG", "SET", DIRECTIVE, self._before + self._count)
        where = self._deployment.address(name), self._deployment.node(name).port
        deadline = time.monotonic() + STORM_LIMIT_S
        for _ in range(self._count + int(fill)):
            with contextlib.suppress(OSError):
                self._held.append(self._deployment.dial(*where, CONNECT_LIMIT_S))
            if time.monotonic() > deadline:
                break

    def bit_at(self, name: str) -> Evidence:
        """The server counts them, and refuses more where it is full."""
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
        return wait_until(measure, lambda value: value >= enough, limit_s=SETTLE_LIMIT_S, look_s=LOOK_S)

    def heal(self) -> None:
        """Close them; let others in again."""
        for one in self._held:
            one.close()
        for (_, directive), value in self._settings.before.items():
            self._own.command("CONFIG", "SET", directive, value)

    def healed_at(self, name: str) -> Evidence:
        """They are gone."""
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
