"""Memory limit: a server may not grow any more, and one large value later it ends for lack of memory."""

import contextlib
import signal
from collections.abc import Mapping, Sequence

from jsquared.errors import LabError
from jsquared.faults.fault import ActiveFault, ActivePerTarget, Evidence, Fault, Parameter, ParameterValues, combine
from jsquared.faults.process_state import answers_again
from jsquared.faults.revive import note_end
from jsquared.faults.targets import data_nodes
from jsquared.faults.waiting import wait_until
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.facets import given

KEY = "jsquared:memory-limit"
MEBIBYTE = 1024 * 1024
MOST_MEBIBYTES = 200
"""Twice as much and some more must fit into one value (proto-max-bulk-len, 512 MiB)."""
END_LIMIT_S = 10.0


class MemoryLimit(Fault):
    """A server process may map no more memory than it has, and a little."""

    name = "memory-limit"
    aims = "data"
    description = (
        "Limit the memory that data nodes may map to what they have and a little more, then write one value that does not fit: "
        "the server ends with 'Out Of Memory'."
    )
    undo = "The server is started again without the limit."
    evidence = (
        "The kernel gives the limit back, and the process ends by itself at the large value; after healing it answers."
    )
    needs = frozenset({Capability.PROCESS, Capability.MEMORY})
    parameters = (Parameter("spare_mebibytes", 16, "how much more than now the process may map"),)

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Limit the targets and write the value to each."""
        spare = parameters["spare_mebibytes"]
        if spare > MOST_MEBIBYTES:
            hint = f"at most {MOST_MEBIBYTES}"
            raise self.refusal(f"no value is larger than {spare} MiB", parameter="spare_mebibytes", hint=hint)
        names = data_nodes(deployment, targets, fault=self.name, do="take values")
        kernel = given(deployment.sandbox.limits, Capability.MEMORY)
        limits = {name: kernel.mapped_bytes(deployment.process(name)) + spare * MEBIBYTE for name in names}
        active = ActiveMemoryLimit(deployment, limits, (2 * spare + 64) * MEBIBYTE)
        active.begin()
        return active


class ActiveMemoryLimit(ActivePerTarget):
    """Processes whose memory is limited. ``limits`` maps node to bytes, ``value_bytes`` is what they are asked to hold."""

    def __init__(self, deployment: RunningDeployment, limits: Mapping[str, int], value_bytes: int) -> None:
        super().__init__(deployment, limits, {"limit_bytes": dict(limits)})
        self._limits = limits
        self._value_bytes = value_bytes
        self._kernel = given(deployment.sandbox.limits, Capability.MEMORY)
        self._read_back: dict[str, int] = {}

    def begin(self) -> None:
        """Limit each, read the limit back, and ask for more."""
        for name, limit in self._limits.items():
            process = self._deployment.process(name)
            self._kernel.limit_memory(process, limit)
            self._read_back[name] = self._kernel.memory_limit(process) or 0
            with contextlib.suppress(LabError):  # it ends instead of answering; a replica refuses the value
                self._deployment.ask(name, "SETRANGE", KEY, self._value_bytes - 1, "x", timeout_s=0.5)

    def bit_at(self, name: str) -> Evidence:
        """The limit holds, and the process has ended."""
        process = self._deployment.process(name)
        wait_until(process.poll, lambda code: code is not None, limit_s=END_LIMIT_S, look_s=0.005)
        how = note_end(self._deployment, name)
        mebibytes = self._read_back[name] // MEBIBYTE
        holds = self._read_back[name] == self._limits[name]
        asked = self._value_bytes // MEBIBYTE
        return Evidence(
            holds and bool(how),
            f"{name} may map {mebibytes} MiB according to the kernel, was asked to hold {asked} MiB more and {how or 'keeps running'}",
        )

    def heal(self) -> None:
        """Start again what has ended; lift the limit of what has not."""
        for name in self.targets:
            process = self._deployment.process(name)
            if process.poll() is None:
                self._kernel.limit_memory(process, None)
            elif process.returncode != -signal.SIGKILL:  # what another fault killed it starts again itself
                self._deployment.start(name, reason="fault")

    def healed_at(self, name: str) -> Evidence:
        """It has no limit, and answers."""
        return combine([self._unlimited(name), answers_again(self._deployment, name)])

    def _unlimited(self, name: str) -> Evidence:
        limit = self._kernel.memory_limit(self._deployment.process(name))
        return Evidence(
            limit is None, f"{name} may map {'as much as there is' if limit is None else f'{limit // MEBIBYTE} MiB'}"
        )
