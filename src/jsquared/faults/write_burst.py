"""Write burst: large values are written to the primary, once or again and again, as a batch job beside the usual load does."""

import threading
import time
from collections.abc import Sequence

from jsquared.errors import LabError
from jsquared.faults.bulk_writer import MEGABYTE, BulkWriter
from jsquared.faults.fault import ActiveFault, ActivePerTarget, Evidence, Fault, Parameter, ParameterValues
from jsquared.faults.targets import one_data_node
from jsquared.running.deployment import RunningDeployment


class WriteBurst(Fault):
    """Bulk writes at a primary."""

    name = "write-burst"
    aims = "data"
    description = "Write large values to the primary at once, or again and again until healed."
    undo = "No further write; the keys are removed."
    evidence = (
        "The primary's replication offset has risen by at least what was written; after healing the keys are gone."
    )
    parameters = (
        Parameter("size_mb", 8, "how many megabytes are written at a time"),
        Parameter("keys", 8, "over how many keys they are spread"),
        Parameter("every_ms", 0, "how long after the beginning of a burst the next one begins (0: one burst only)"),
    )

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Begin to write to the target, which must be one data node."""
        name = one_data_node(deployment, targets, fault=self.name, does="is written to")
        active = ActiveWriteBurst(deployment, name, parameters)
        active.begin()
        return active


class ActiveWriteBurst(ActivePerTarget):
    """Bursts, by a thread of their own."""

    proven_at_end = True

    def __init__(self, deployment: RunningDeployment, name: str, parameters: ParameterValues) -> None:
        super().__init__(deployment, [name])
        self._bulk = BulkWriter("write-burst", parameters["size_mb"] * MEGABYTE, parameters["keys"])
        self._every_s = parameters["every_ms"] / 1000
        self._offset = _offset(deployment, name)
        self._bursts = 0
        self._written = 0
        self._problem = ""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write, name="write-burst", daemon=True)

    def begin(self) -> None:
        """Start writing."""
        self._thread.start()

    def _write(self) -> None:
        while not self._over.is_set():
            began = time.monotonic()
            try:
                self._written += self._bulk.write(self._deployment, self.targets[0])
            except LabError as problem:
                self._problem = f" ({problem})"
            self._bursts += 1
            if not self._every_s:
                return
            self._over.wait(max(0.0, self._every_s - (time.monotonic() - began)))

    def bit_at(self, name: str) -> Evidence:
        """Every byte written is in the replication stream, and at least as many as one burst has."""
        self._over.set()
        self._thread.join()
        rose = _offset(self._deployment, name) - self._offset
        wanted = self._bursts * self._bulk.size_bytes
        return Evidence(
            0 < self._bulk.size_bytes <= self._written <= rose,
            f"{name} took {self._written:,} of {wanted:,} bytes (bursts: {self._bursts}), and its replication offset rose "
            f"by {rose:,}{self._problem}",
        )

    def heal(self) -> None:
        """Remove the keys."""
        self._over.set()
        self._thread.join()
        self._bulk.remove(self._deployment)

    def healed_at(self, name: str) -> Evidence:  # noqa: ARG002
        """They are gone."""
        left = self._bulk.left(self._deployment)
        return Evidence(not left, f"{left} of {len(self._bulk.keys)} keys are left on the primary")


def _offset(deployment: RunningDeployment, name: str) -> int:
    role = deployment.role(name)
    return 0 if role is None else role.offset
