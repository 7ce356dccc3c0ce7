"""Write burst: large values are written to the primary, once or again and again, as a batch job beside the usual load does."""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from jsquared.errors import BadInputError, LabError
from jsquared.faults.bulk_writer import MEGABYTE, BulkWriter
from jsquared.faults.fault import Evidence, Parameter
from jsquared.faults.targets import nodes_of
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.sandbox import Capability


class WriteBurst:
    """Bulk writes at a primary."""

    name: ClassVar[str] = "write-burst"
    description: ClassVar[str] = "Write large values to the primary at once, or again and again until healed."
    undo: ClassVar[str] = "No further write; the keys are removed."
    evidence: ClassVar[str] = (
        "The primary's replication offset has risen by at least what was written; after healing the keys are gone."
    )
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.PROCESS})
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("size_mb", 8, "how many megabytes are written at a time"),
        Parameter("keys", 8, "over how many keys they are spread"),
        Parameter("every_ms", 0, "how long after the beginning of a burst the next one begins (0: one burst only)"),
    )

    def inject(
        self, deployment: RunningDeployment, targets: Sequence[str], parameters: Mapping[str, Any]
    ) -> "ActiveWriteBurst":
        """Begin to write to the target, which must be one data node."""
        [name, *more] = nodes_of(deployment, targets)
        if more or deployment.plan.node(name).role != "data":
            raise BadInputError("one data node is written to", where="fault 'write-burst'", hint="primary")
        active = ActiveWriteBurst(deployment, name, parameters)
        active.begin()
        return active


class ActiveWriteBurst:
    """Bursts, by a thread of their own."""

    proven_at_end: ClassVar[bool] = True

    def __init__(self, deployment: RunningDeployment, name: str, parameters: Mapping[str, Any]) -> None:
        self.targets: Sequence[str] = [name]
        self.details: Mapping[str, Any] = {}
        self._deployment = deployment
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

    def bit(self) -> Evidence:
        """Every byte written is in the replication stream, and at least as many as one burst has."""
        [name] = self.targets
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

    def healed(self) -> Evidence:
        """They are gone."""
        left = self._bulk.left(self._deployment)
        return Evidence(not left, f"{left} of {len(self._bulk.keys)} keys are left on the primary")


def _offset(deployment: RunningDeployment, name: str) -> int:
    role = deployment.role(name)
    return 0 if role is None else role.offset
