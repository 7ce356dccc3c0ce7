"""Output buffer overflow: a data node closes whoever takes its output too slowly, by client-output-buffer-limit.

The limit and the backlog are made tiny and large values follow, so that one value alone overflows the buffer of every replica, which
must then synchronise in full, which the next value ends again: a loop for as long as the values come. The other victim is a
subscriber that does not read.
"""

import contextlib
import threading
from collections.abc import Sequence

from jsquared.errors import LabError
from jsquared.faults.bulk_writer import MEGABYTE, WRITE_LIMIT_S, BulkWriter
from jsquared.faults.connections import connected
from jsquared.faults.fault import (
    ActiveFault,
    ActivePerTarget,
    Evidence,
    Fault,
    FaultDetails,
    Parameter,
    ParameterValues,
    combine,
)
from jsquared.faults.settings import Settings
from jsquared.faults.targets import one_data_node
from jsquared.resp.blocking import Connection
from jsquared.resp.replies import parse_info
from jsquared.running.deployment import RunningDeployment

LIMIT_BYTES = 65_536
BACKLOG_BYTES = 16_384
"""The smallest backlog that there is; where it is larger, the limit for replicas is as large (since 7.0)."""
CHANNEL = "jsquared:output-buffer-overflow"
CLASSES = {"replicas": "replica", "subscriber": "pubsub"}


class OutputBufferOverflow(Fault):
    """A tiny client-output-buffer-limit, and large values."""

    name = "output-buffer-overflow"
    aims = "data"
    description = "Overflow output buffers with large values until the server closes its replicas again and again, or a lazy subscriber."
    undo = "No further values; the limit and the backlog are set back, and the keys are removed."
    evidence = (
        "The server lists none of the victims' connections from before; for replicas it also counts more full "
        "synchronisations. After healing it shows its old limits."
    )
    parameters = (
        Parameter("victim", "replicas", "whose buffer overflows", tuple(CLASSES)),
        Parameter("size_mb", 1, "how large each value is"),
        Parameter("every_ms", 500, "how long after one value the next one follows"),
    )

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Lower the limits of the target, which must be one data node, and begin to write or publish."""
        name = one_data_node(deployment, targets, fault=self.name, does="overflows")
        if not parameters["size_mb"]:
            raise self.refusal(
                "one data node overflows by values of at least 1 MB", parameter="size_mb", hint="1 or more"
            )
        active = ActiveOutputBufferOverflow(deployment, name, parameters)
        active.begin()
        return active


class ActiveOutputBufferOverflow(ActivePerTarget):
    """Values that overflow buffers, sent by a thread."""

    proven_at_end = True

    def __init__(self, deployment: RunningDeployment, name: str, parameters: ParameterValues) -> None:
        super().__init__(deployment, [name])
        self._class = CLASSES[parameters["victim"]]
        self._every_s = parameters["every_ms"] / 1000
        self._value = b"x" * (parameters["size_mb"] * MEGABYTE)
        self._bulk = BulkWriter(OutputBufferOverflow.name, parameters["size_mb"] * MEGABYTE, 1)
        self._settings = Settings(deployment)
        self._subscriber = self._subscribe(name) if self._class == "pubsub" else None
        self._victims = connected(deployment, name, [self._class])
        self._syncs = full_syncs(deployment, name)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._overflow, name="output-buffer-overflow", daemon=True)

    def _subscribe(self, name: str) -> Connection:
        connection = self._deployment.connect(name, WRITE_LIMIT_S)
        connection.command("SUBSCRIBE", CHANNEL)
        return connection

    @property
    def details(self) -> FaultDetails:
        """The limits from before."""
        return {"before": self._settings.recorded()}

    def begin(self) -> None:
        """Lower the limits, then send."""
        [name] = self.targets
        self._settings.change(name, "repl-backlog-size", BACKLOG_BYTES)
        limit = f"{self._class} {LIMIT_BYTES} {LIMIT_BYTES} 1"
        self._settings.change(name, "client-output-buffer-limit", limit)
        self._thread.start()

    def _overflow(self) -> None:
        [name] = self.targets
        while not self._over.is_set():
            with contextlib.suppress(LabError):
                if self._class == "replica":
                    self._bulk.write(self._deployment, name)
                else:
                    with self._deployment.connect(name, WRITE_LIMIT_S) as connection:
                        connection.command("PUBLISH", CHANNEL, self._value)
            self._over.wait(max(self._every_s, 0.001))

    def bit_at(self, name: str) -> Evidence:
        """The victims from before are gone; replicas had to begin again."""
        left = self._victims & connected(self._deployment, name, [self._class])
        syncs = full_syncs(self._deployment, name) - self._syncs
        gone = f"{name} closed {len(self._victims - left)} of {len(self._victims)} {self._class} connections"
        if self._class == "pubsub":
            return Evidence(len(left) < len(self._victims), gone)
        return Evidence(
            bool(self._victims) and not left and syncs > 0, f"{gone} and began {syncs} full synchronisations"
        )

    def heal(self) -> None:
        """Nothing more is sent; the old limits count again."""
        self._over.set()
        self._thread.join()
        self._settings.restore()
        if self._subscriber is not None:
            self._subscriber.close()
        self._bulk.remove(self._deployment)

    def healed_at(self, name: str) -> Evidence:  # noqa: ARG002
        """The node shows its old limits, and the keys are gone."""
        return combine([*self._settings.restored(), self._bulk.gone(self._deployment)])


def full_syncs(deployment: RunningDeployment, name: str) -> int:
    """Return the number of full synchronisations that a data node has begun to give since its start.

    :raises LabError: it does not answer.
    """
    return int(parse_info(deployment.ask(name, "INFO", "stats")).get("sync_full", 0))
