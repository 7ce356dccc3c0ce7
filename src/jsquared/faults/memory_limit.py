"""Memory limit: a server may not grow any more, and one large value later it ends for lack of memory."""

import contextlib
import resource
import signal
import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from jsquared.errors import BadInputError, LabError
from jsquared.faults.fault import Evidence, Parameter, combine
from jsquared.faults.processes import answers_again
from jsquared.faults.revive import note_end
from jsquared.faults.targets import nodes_of
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.limits import limit_memory, mapped_bytes, memory_limit
from jsquared.sandbox.sandbox import Capability

KEY = "jsquared:memory-limit"
MEBIBYTE = 1024 * 1024
MOST_MEBIBYTES = 200
"""Twice as much and some more must fit into one value (proto-max-bulk-len, 512 MiB)."""
END_LIMIT_S = 10.0


class MemoryLimit:
    """A server process may map no more memory than it has, and a little."""

    name: ClassVar[str] = "memory-limit"
    description: ClassVar[str] = (
        "Limit the memory that data nodes may map to what they have and a little more, then write one value that does not fit: "
        "the server ends with 'Out Of Memory'."
    )
    undo: ClassVar[str] = "The server is started again without the limit."
    evidence: ClassVar[str] = (
        "The kernel gives the limit back, and the process ends by itself at the large value; after healing it answers."
    )
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.PROCESS, Capability.MEMORY})
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("spare_mebibytes", 16, "how much more than now the process may map"),
    )

    def inject(
        self, deployment: RunningDeployment, targets: Sequence[str], parameters: Mapping[str, Any]
    ) -> "ActiveMemoryLimit":
        """Limit the targets and write the value to each."""
        spare = parameters["spare_mebibytes"]
        if spare > MOST_MEBIBYTES:
            where = f"fault '{self.name}', parameter 'spare_mebibytes'"
            raise BadInputError(f"no value is larger than {spare} MiB", where=where, hint=f"at most {MOST_MEBIBYTES}")
        names = nodes_of(deployment, targets)
        if any(deployment.plan.node(name).role != "data" for name in names):
            raise BadInputError("only data nodes take values", where=f"fault '{self.name}'", hint="primary, replica:1")
        limits = {name: mapped_bytes(deployment.process(name).pid) + spare * MEBIBYTE for name in names}
        active = ActiveMemoryLimit(deployment, limits, (2 * spare + 64) * MEBIBYTE)
        active.begin()
        return active


class ActiveMemoryLimit:
    """Processes whose memory is limited. ``limits`` maps node to bytes, ``value_bytes`` is what they are asked to hold."""

    proven_at_end: ClassVar[bool] = False

    def __init__(self, deployment: RunningDeployment, limits: Mapping[str, int], value_bytes: int) -> None:
        self.targets: Sequence[str] = list(limits)
        self.details: Mapping[str, Any] = {"limit_bytes": dict(limits)}
        self._deployment = deployment
        self._limits = limits
        self._value_bytes = value_bytes
        self._read_back: dict[str, int] = {}

    def begin(self) -> None:
        """Limit each, read the limit back, and ask for more."""
        for name, limit in self._limits.items():
            pid = self._deployment.process(name).pid
            limit_memory(pid, limit)
            self._read_back[name] = memory_limit(pid)
            with contextlib.suppress(LabError):  # it ends instead of answering; a replica refuses the value
                self._deployment.ask(name, "SETRANGE", KEY, self._value_bytes - 1, "x", timeout_s=0.5)

    def bit(self) -> Evidence:
        """The limit holds, and each has ended."""
        return combine([self._ended(name) for name in self.targets])

    def _ended(self, name: str) -> Evidence:
        process = self._deployment.process(name)
        deadline = time.monotonic() + END_LIMIT_S
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        how = note_end(self._deployment, name)
        mebibytes = self._read_back[name] // MEBIBYTE
        holds = self._read_back[name] == self._limits[name]
        asked = self._value_bytes // MEBIBYTE
        return Evidence(
            holds and bool(how),
            f"{name} may map {mebibytes} MiB by the kernel's word, was asked to hold {asked} MiB more and {how or 'goes on'}",
        )

    def heal(self) -> None:
        """Start again what has ended; lift the limit of what has not."""
        for name in self.targets:
            process = self._deployment.process(name)
            if process.poll() is None:
                limit_memory(process.pid, resource.RLIM_INFINITY)
            elif process.returncode != -signal.SIGKILL:  # what another fault killed it starts again itself
                self._deployment.start(name, reason="fault")

    def healed(self) -> Evidence:
        """They have no limit and answer."""
        return combine(
            [part for name in self.targets for part in (self._unlimited(name), answers_again(self._deployment, name))]
        )

    def _unlimited(self, name: str) -> Evidence:
        limit = memory_limit(self._deployment.process(name).pid)
        free = limit == resource.RLIM_INFINITY
        return Evidence(free, f"{name} may map {'as much as there is' if free else f'{limit // MEBIBYTE} MiB'}")
