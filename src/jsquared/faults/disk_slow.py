"""Disk slow: what a server writes reaches its disk late, as on a busy volume or a failing device."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from jsquared.errors import BadInputError
from jsquared.faults.clocks import controls
from jsquared.faults.fault import Evidence, Parameter, combine
from jsquared.faults.processes import answers_again
from jsquared.faults.targets import nodes_of
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.sandbox import Capability
from jsquared.sandbox.shim import Control, DiskCalls

CALL_LIMIT_S = 3.0
"""How long the next call may be in coming; ``appendfsync everysec`` syncs once a second."""


class DiskSlow:
    """A server's fsync and write calls take longer."""

    name: ClassVar[str] = "disk-slow"
    description: ClassVar[str] = (
        "Let fsync and write to files take longer in servers, within their own processes; the lab's disk itself is memory and free."
    )
    undo: ClassVar[str] = "The calls take as long as the disk does; one that is under way still ends late."
    evidence: ClassVar[str] = (
        "How long the calls took, measured in the server's own process; after healing its next calls are fast again."
    )
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.PROCESS, Capability.SLOW_DISK})
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("fsync_ms", 500, "how much longer each fsync takes"),
        Parameter("write_ms", 0, "how much longer each write to a file takes, on the thread that serves clients"),
    )

    def inject(
        self, deployment: RunningDeployment, targets: Sequence[str], parameters: Mapping[str, Any]
    ) -> "ActiveDiskSlow":
        """Slow the targets' disks."""
        if not parameters["fsync_ms"] and not parameters["write_ms"]:
            raise BadInputError(
                "nothing would be slower", where="fault 'disk-slow'", hint="fsync_ms or write_ms above 0"
            )
        pages = controls(deployment, nodes_of(deployment, targets))
        active = ActiveDiskSlow(deployment, pages, parameters["fsync_ms"], parameters["write_ms"])
        active.begin()
        return active


class ActiveDiskSlow:
    """Disks that are slow."""

    proven_at_end: ClassVar[bool] = True

    def __init__(
        self, deployment: RunningDeployment, pages: Mapping[str, Control], fsync_ms: int, write_ms: int
    ) -> None:
        self.targets: Sequence[str] = list(pages)
        self.details: Mapping[str, Any] = {}
        self._deployment = deployment
        self._pages = pages
        self._delays = {"fsync": float(fsync_ms), "write": float(write_ms)}
        self._since: dict[str, DiskCalls] = {}

    def begin(self) -> None:
        """Slow each."""
        for name, page in self._pages.items():
            page.delay(fsync_ms=self._delays["fsync"], write_ms=self._delays["write"])
            self._since[name] = page.disk_calls()

    def bit(self) -> Evidence:
        """The calls that ended since then took at least as long as asked."""
        return combine([self._slow(name, page) for name, page in self._pages.items()])

    def _slow(self, name: str, page: Control) -> Evidence:
        """Wait for the first calls of each kind to end: an fsync comes once a second, and then takes as long as asked."""
        asked = [kind for kind, delay_ms in self._delays.items() if delay_ms]
        deadline = time.monotonic() + CALL_LIMIT_S + sum(self._delays.values()) / 1000
        while True:
            calls = page.disk_calls().since(self._since[name])
            if all(calls.count(kind) for kind in asked) or time.monotonic() > deadline:
                break
            time.sleep(0.01)
        ok = all(calls.mean_ms(kind) >= self._delays[kind] for kind in asked)
        return Evidence(ok, f"in {name} " + " and ".join(calls.describe(kind) for kind in asked))

    def heal(self) -> None:
        """As fast as the disk is."""
        for name, page in self._pages.items():
            page.delay()
            self._since[name] = page.disk_calls()

    def healed(self) -> Evidence:
        """The next calls are fast, and the server answers."""
        return combine(
            [
                part
                for name, page in self._pages.items()
                for part in (self._fast(name, page), answers_again(self._deployment, name))
            ]
        )

    def _fast(self, name: str, page: Control) -> Evidence:
        """Wait for a call that was fast; one that was under way at the undo is not."""
        asked = next(kind for kind, delay_ms in self._delays.items() if delay_ms)
        deadline = time.monotonic() + CALL_LIMIT_S + self._delays[asked] / 1000
        since = self._since[name]
        while time.monotonic() < deadline:
            now = page.disk_calls()
            calls = now.since(since)
            if calls.count(asked) and calls.mean_ms(asked) < self._delays[asked]:
                return Evidence(True, f"in {name} {calls.describe(asked)}")
            if calls.count(asked):
                since = now  # all of them were late: look at those that come after
            time.sleep(0.01)
        return Evidence(False, f"in {name} no fast {asked} in time after the undo")
