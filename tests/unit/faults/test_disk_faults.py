"""Disk faults are proven by what a write gives and by how long the server's calls took."""

import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jsquared.errors import BadInputError, SandboxError
from jsquared.faults import disk_slow
from jsquared.faults.disk_full import DiskFull
from jsquared.faults.disk_read_only import DiskReadOnly
from jsquared.faults.disk_slow import DiskSlow
from jsquared.faults.fault import Fault
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.facets import ServerFolder
from jsquared.sandbox.linux import shim
from jsquared.sandbox.linux.shim import Control
from jsquared.sandbox.linux.this_machine import LocalFolder, LocalPages, page_of

NODES = ("redis-n1", "redis-n2")


class Disks:
    """Stand-in for the disks: what each folder gives to a write; ``refused`` names a folder that stays as it is."""

    def __init__(self) -> None:
        self.gives: dict[str, str] = {}
        self.refused = ""
        self.deaf = False

    def _set(self, folder: ServerFolder, gives: str) -> None:
        if folder.path.name == self.refused:
            raise SandboxError("refused")
        if not self.deaf:
            self.gives[folder.path.name] = gives

    def fill(self, folder: ServerFolder) -> None:
        """Full."""
        self._set(folder, "ENOSPC")

    def make_room(self, folder: ServerFolder) -> None:
        """Not full."""
        self._set(folder, "")

    def set_read_only(self, folder: ServerFolder, read_only: bool) -> None:
        """Read-only or not."""
        if read_only:
            self._set(folder, "EROFS")
        elif folder.path.name != self.refused:
            self._set(folder, "")

    def write_error(self, folder: ServerFolder) -> str:
        """What a write gives."""
        return self.gives.get(folder.path.name, "")


class Servers:
    """Data nodes that answer while they run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.codes: dict[str, int | None] = dict.fromkeys(NODES)
        self.done: list[str] = []
        nodes = [SimpleNamespace(name=name) for name in NODES]
        self.disks = Disks()
        self.sandbox = SimpleNamespace(disk=self.disks, latency=LocalPages())
        self.plan = SimpleNamespace(scenario="primary-disk-full", needs=("disk", "slow-disk"), nodes=nodes)
        self.events = SimpleNamespace(add=lambda event: self.done.append(f"{event.source} {event.state}"))

    def folder(self, name: str) -> LocalFolder:
        """A node's folder."""
        return LocalFolder(self._folder / name)

    def process(self, name: str) -> Any:
        """A node's process."""
        code = self.codes[name]
        return SimpleNamespace(pid=7, poll=lambda: code, returncode=code)

    def start(self, name: str, *, reason: str) -> None:
        """Start again."""
        self.codes[name] = None
        self.done.append(f"{name} started")

    def answers(self, name: str) -> bool:
        """While it runs."""
        return self.codes[name] is None


@pytest.fixture
def disks(servers: Servers) -> Disks:
    """Disks on paper."""
    return servers.disks


@pytest.fixture
def servers(tmp_path: Path) -> Servers:
    """Two data nodes with folders and pages."""
    return Servers(tmp_path)


def inject(fault: Fault, servers: Servers, **parameters: Any) -> Any:
    """Break the disks of both nodes."""
    defaults = {parameter.name: parameter.default for parameter in fault.parameters}
    return fault.inject(cast("RunningDeployment", servers), NODES, defaults | parameters)


KINDS = [pytest.param(DiskFull(), "ENOSPC", id="full"), pytest.param(DiskReadOnly(), "EROFS", id="read-only")]


@pytest.mark.parametrize(("fault", "error"), KINDS)
def test_a_write_fails_and_succeeds_again(servers: Servers, disks: Disks, fault: Fault, error: str) -> None:
    """The error's name is the proof; after healing there is none, and nothing was started."""
    active = inject(fault, servers)
    bit = active.bit()
    assert bit.ok
    assert bit.sentence.startswith(f"a write of 64 KiB in redis-n1's folder gives {error}; ")
    active.heal()
    active.heal()
    assert active.healed().ok
    assert servers.done == []


@pytest.mark.parametrize(("fault", "error"), KINDS)
def test_without_an_effect_it_did_not_bite(servers: Servers, disks: Disks, fault: Fault, error: str) -> None:
    """A folder that can still be written to is found out."""
    disks.deaf = True
    assert not inject(fault, servers).bit().ok


@pytest.mark.parametrize(("fault", "error"), KINDS)
def test_what_ended_by_itself_is_started_again(servers: Servers, disks: Disks, fault: Fault, error: str) -> None:
    """A server that gave up over its disk is; one that another fault killed is that fault's to start."""
    active = inject(fault, servers)
    servers.codes = {"redis-n1": -signal.SIGABRT, "redis-n2": -signal.SIGKILL}
    active.heal()
    assert servers.done == ["redis-n1 exited", "redis-n1 started"]
    healed = active.healed()
    assert healed.ok
    assert "redis-n2 is down by another fault" in healed.sentence


def test_what_ends_again_is_not_healed(servers: Servers, disks: Disks) -> None:
    """A server that was started again and gave up once more does not answer."""
    active = inject(DiskFull(), servers)
    active.heal()
    servers.codes["redis-n1"] = 1
    assert not active.healed().ok


def test_what_panics_late_is_started_again(servers: Servers, disks: Disks) -> None:
    """A server that still wrote its report when the fault healed ends by a signal afterwards, and is started then."""
    active = inject(DiskFull(), servers)
    active.heal()
    servers.codes["redis-n1"] = -11
    assert active.healed().ok


def test_all_or_no_folder_is_read_only(servers: Servers, disks: Disks) -> None:
    """Where one is refused the others are writable again."""
    disks.refused = "redis-n2"
    with pytest.raises(SandboxError, match="refused"):
        inject(DiskReadOnly(), servers)
    assert disks.gives["redis-n1"] == ""


@pytest.mark.parametrize(("fault", "words"), [(DiskFull(), "'disk'"), (DiskSlow(), "'slow-disk'")])
def test_servers_without_a_disk_of_their_own_are_said(servers: Servers, fault: Fault, words: str) -> None:
    """A plan that does not ask for disks has servers whose disk cannot be broken."""
    servers.plan.needs = ("process",)
    with pytest.raises(BadInputError, match=words):
        inject(fault, servers)


def calls(servers: Servers, name: str, *counts: int) -> None:
    """Let a server have counted so many fsyncs and the nanoseconds they took, and the same of writes."""
    with Control(page_of(servers.folder(name))) as page:
        now = page._read(shim._COUNTS, shim._COUNTS_AT)
        page._write(shim._COUNTS, shim._COUNTS_AT, *map(sum, zip(now, counts, strict=True)))


def test_slow_calls_are_proven_by_the_servers_own_count(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    """They took as long as asked; after healing the next ones are fast, and one that was under way does not count."""
    monkeypatch.setattr(disk_slow, "CALL_LIMIT_S", 0.2)
    active = inject(DiskSlow(), servers, fsync_ms=50, write_ms=20)
    for name in NODES:
        calls(servers, name, 2, 120_000_000, 3, 66_000_000)
    bit = active.bit()
    assert bit.ok
    assert "in redis-n1 2 fsync calls took 60.0 ms each and 3 write calls took 22.0 ms each" in bit.sentence
    active.heal()
    for name in NODES:
        calls(servers, name, 2, 60_000_000, 0, 0)  # a late one and a fast one
    assert active.healed().ok


def test_fast_or_missing_calls_are_no_proof(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is slow that nobody called, and nothing is fast again whose calls stay late."""
    monkeypatch.setattr(disk_slow, "CALL_LIMIT_S", 0.05)
    active = inject(DiskSlow(), servers, fsync_ms=50)
    assert not active.bit().ok
    for name in NODES:
        calls(servers, name, 2, 2_000_000, 0, 0)
    assert not active.bit().ok
    active.heal()
    assert not active.healed().ok
    for name in NODES:
        calls(servers, name, 1, 90_000_000, 0, 0)
    assert not active.healed().ok


def test_no_delay_is_none(servers: Servers) -> None:
    """Zero for both would break nothing."""
    with pytest.raises(BadInputError, match="nothing would be slower"):
        inject(DiskSlow(), servers, fsync_ms=0, write_ms=0)
