"""Disk slow: what a server writes reaches its disk late, as on a busy volume or a failing device."""

import time
from collections.abc import Mapping, Sequence

from jsquared.faults.fault import ActiveFault, ActivePerTarget, Evidence, Fault, Parameter, ParameterValues, combine
from jsquared.faults.planned_means import refuse_unplanned
from jsquared.faults.process_state import answers_again
from jsquared.faults.targets import nodes_of
from jsquared.faults.waiting import wait_until
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.facets import DiskCalls, DiskLatency, given
from jsquared.text import listed

LOOK_S = 0.01
CALL_LIMIT_S = 3.0
"""How long the next call may be in coming; ``appendfsync everysec`` syncs once a second."""


class DiskSlow(Fault):
    """A server's fsync and write calls take longer."""

    name = "disk-slow"
    description = (
        "Make fsync and writes to files take longer in servers, within their own processes; "
        "the lab's disk itself is memory, and not affected."
    )
    undo = "The calls take as long as the disk does; one that is under way still ends late."
    evidence = (
        "How long the calls took, measured in the server's own process; after healing its next calls are fast again."
    )
    needs = frozenset({Capability.PROCESS, Capability.SLOW_DISK})
    parameters = (
        Parameter("fsync_ms", 500, "how much longer each fsync takes"),
        Parameter("write_ms", 0, "how much longer each write to a file takes, on the thread that serves clients"),
    )

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Slow the targets' disks."""
        if not parameters["fsync_ms"] and not parameters["write_ms"]:
            raise self.refusal("nothing would be slower", hint="fsync_ms or write_ms above 0")
        refuse_unplanned(deployment, Capability.SLOW_DISK, "slow a disk")
        latencies = given(deployment.sandbox.latency, Capability.SLOW_DISK)
        disks = {name: latencies.of(deployment.folder(name)) for name in nodes_of(deployment, targets)}
        active = ActiveDiskSlow(deployment, disks, parameters["fsync_ms"], parameters["write_ms"])
        active.begin()
        return active


class ActiveDiskSlow(ActivePerTarget):
    """Disks that are slow."""

    proven_at_end = True

    def __init__(
        self, deployment: RunningDeployment, disks: Mapping[str, DiskLatency], fsync_ms: int, write_ms: int
    ) -> None:
        super().__init__(deployment, disks)
        self._disks = disks
        self._delays = {"fsync": float(fsync_ms), "write": float(write_ms)}
        self._since: dict[str, DiskCalls] = {}

    def begin(self) -> None:
        """Slow each."""
        for name, disk in self._disks.items():
            disk.delay(fsync_ms=self._delays["fsync"], write_ms=self._delays["write"])
            self._since[name] = disk.disk_calls()

    def bit_at(self, name: str) -> Evidence:
        """The first calls of each kind took at least as long as asked: an fsync comes once a second."""
        asked = [kind for kind, delay_ms in self._delays.items() if delay_ms]
        calls = wait_until(
            lambda: self._disks[name].disk_calls().since(self._since[name]),
            lambda calls: all(calls.count(kind) for kind in asked),
            limit_s=CALL_LIMIT_S + sum(self._delays.values()) / 1000,
            look_s=LOOK_S,
        )
        ok = all(calls.mean_ms(kind) >= self._delays[kind] for kind in asked)
        return Evidence(ok, f"in {name} " + listed([calls.describe(kind) for kind in asked]))

    def heal(self) -> None:
        """As fast as the disk is."""
        for name, disk in self._disks.items():
            disk.delay()
            self._since[name] = disk.disk_calls()

    def healed_at(self, name: str) -> Evidence:
        """The next calls are fast, and the server answers."""
        return combine([self._fast(name, self._disks[name]), answers_again(self._deployment, name)])

    def _fast(self, name: str, disk: DiskLatency) -> Evidence:
        """Wait for a call that was fast; one that was under way at the undo is not."""
        asked = next(kind for kind, delay_ms in self._delays.items() if delay_ms)
        deadline = time.monotonic() + CALL_LIMIT_S + self._delays[asked] / 1000
        since = self._since[name]
        while time.monotonic() < deadline:
            now = disk.disk_calls()
            calls = now.since(since)
            if calls.count(asked) and calls.mean_ms(asked) < self._delays[asked]:
                return Evidence(True, f"in {name} {calls.describe(asked)}")
            if calls.count(asked):
                since = now  # all of them were late: look at those that come after
            time.sleep(LOOK_S)
        return Evidence(False, f"{name} had no fast {asked} in time after the undo")
