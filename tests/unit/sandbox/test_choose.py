"""Choosing a sandbox: by name, by what works here, and by what is needed."""

import errno
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jsquared.errors import BadInputError, SandboxError
from jsquared.sandbox import attempt, choose, loopback
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.choose import SandboxReport, choose_sandbox, describe_sandboxes, open_sandbox
from jsquared.sandbox.link import Endpoint, LinkSelector
from jsquared.sandbox.linux import network, switch
from jsquared.sandbox.linux.isolate import DATA_FOLDERS
from jsquared.sandbox.linux.network import HOSTS_LIMIT, Network
from jsquared.sandbox.loopback import LoopbackSandbox
from jsquared.sandbox.namespaces import NamespacesSandbox

LINKS = frozenset({Capability.LINKS})
REFUSED = SandboxReport("namespaces", False, "refused", "that setting")


@pytest.fixture(autouse=True)
def forget_attempts() -> Iterator[None]:
    """What one test tried must not answer for the next."""
    choose.try_namespaces.cache_clear()
    yield
    choose.try_namespaces.cache_clear()


def answering(returncode: int, stdout: str = "", stderr: str = "") -> Callable[..., subprocess.CompletedProcess[str]]:
    """A stand-in for subprocess.run."""
    return lambda *_, **__: subprocess.CompletedProcess([], returncode, stdout, stderr)


@pytest.mark.parametrize("name", ["docker", "ssh"])
def test_planned_sandbox_is_said_to_be_planned(name: str) -> None:
    """The sandboxes of the design that do not exist yet are refused with those that do."""
    with pytest.raises(BadInputError, match=r"planned.*auto, namespaces, loopback"):
        open_sandbox(name)


def test_unknown_sandbox_is_refused() -> None:
    """A name that is none is bad input that lists the names."""
    with pytest.raises(BadInputError, match=r"--sandbox chroot: no such sandbox. Try: auto, namespaces, loopback"):
        open_sandbox("chroot")


def test_named_sandbox_is_opened(tmp_path: Path) -> None:
    """A sandbox that is named is opened without being tried first."""
    assert isinstance(open_sandbox("namespaces", needs=LINKS), NamespacesSandbox)
    assert isinstance(open_sandbox("loopback", out=tmp_path), LoopbackSandbox)


def test_named_sandbox_must_do_what_is_needed() -> None:
    """Naming a sandbox that lacks a needed capability is bad input."""
    with pytest.raises(BadInputError, match="--sandbox loopback: cannot do what this scenario needs: links"):
        open_sandbox("loopback", needs=LINKS)


def test_a_sandbox_is_chosen_without_being_opened() -> None:
    """What is planned for has a name and capabilities and no address; where no trial could be opened, that is said at once."""
    assert choose_sandbox("loopback") == LoopbackSandbox.kind
    assert choose_sandbox("namespaces", needs=LINKS) == NamespacesSandbox.kind
    for kind in (LoopbackSandbox, NamespacesSandbox):
        assert (kind.kind.name, kind.kind.capabilities) == (kind.name, kind.capabilities)
    with pytest.raises(BadInputError, match="cannot do what this scenario needs: links"):
        choose_sandbox("loopback", needs=LINKS)
    with pytest.raises(SandboxError, match="no folder is free"):
        choose_sandbox("namespaces", keep=[Path(folder) for folder in DATA_FOLDERS])


def test_auto_prefers_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where namespaces work they are chosen."""
    monkeypatch.setattr(choose, "try_namespaces", lambda: SandboxReport("namespaces", True, "works"))
    assert isinstance(open_sandbox("auto"), NamespacesSandbox)


def test_auto_falls_back_for_process_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where namespaces are refused, loopback serves what needs processes only; the rest is an error with the reason."""
    monkeypatch.setattr(choose.subprocess, "run", answering(1, "refused\tthat setting\n"))
    assert isinstance(open_sandbox("auto", needs=frozenset({Capability.PROCESS})), LoopbackSandbox)
    with pytest.raises(SandboxError, match=r"refused. Try: that setting"):
        open_sandbox("auto", needs=LINKS)


def test_crashed_attempt_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """An attempt that ends with a traceback is reported by its last line, a silent one by its exit code."""
    monkeypatch.setattr(choose.subprocess, "run", answering(1, "", "Traceback\nOSError: odd\n"))
    assert choose.try_namespaces().reason == "OSError: odd"
    choose.try_namespaces.cache_clear()
    monkeypatch.setattr(choose.subprocess, "run", answering(3))
    assert choose.try_namespaces().reason == "ended with code 3"


def test_hanging_attempt_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """An attempt that gives no answer does not work here."""

    def hang(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("attempt", 20)

    monkeypatch.setattr(choose.subprocess, "run", hang)
    assert choose.try_namespaces() == SandboxReport("namespaces", False, "gave no answer within 20 s", "again")


@pytest.mark.namespaces
@pytest.mark.parametrize(("uid", "words"), [(0, "as root"), (1000, "without root")])
def test_namespaces_are_really_tried(uid: int, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where namespaces are allowed, the attempt in a process of its own succeeds and says for whom."""
    monkeypatch.setattr(choose.os, "geteuid", lambda: uid)
    report, other = describe_sandboxes()
    assert (report.name, report.works, report.fix) == ("namespaces", True, "")
    assert report.reason.endswith(words)
    assert (other.name, other.works) == ("loopback", True)


def test_unusable_loopback_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no loopback address is free, the report says so with a remedy."""
    monkeypatch.setattr(loopback, "_is_free", lambda *_: False)
    report = choose.try_loopback()
    assert (report.works, report.reason) == (False, "no free loopback addresses")
    assert report.fix


def test_prefix_with_a_server_on_it_is_not_free() -> None:
    """Addresses on which somebody listens at a server's port are passed over."""
    with socket.create_server(("127.19.1.1", 0)) as server:
        assert not loopback._is_free(*server.getsockname())


def test_taken_prefixes_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A prefix that another trial holds is not drawn."""
    draws = iter([0, 0, 1, 1])
    monkeypatch.setattr(loopback.secrets, "randbelow", lambda _: next(draws))
    real = loopback._claim
    monkeypatch.setattr(loopback, "_claim", lambda prefix: None if prefix == "127.20.1" else real(prefix))
    assert loopback._free_prefix() == "127.21.2"


class HalfSandbox:
    """A sandbox, and the links in it, in which cuts have no effect."""

    @property
    def links(self) -> "HalfSandbox":
        """The same."""
        return self

    def enter(self, _hosts: list[str]) -> None:
        """Nothing to enter."""

    def probe(self, _source: Endpoint, _destination: Endpoint) -> bool:
        """Everything arrives."""
        return True

    def cut(self, _links: list[LinkSelector]) -> "HalfSandbox":
        """Nothing is cut."""
        return self

    def restore(self) -> None:
        """Nothing to restore."""

    def close(self) -> None:
        """Nothing to close."""


def test_attempt_measures_the_cut(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A kernel that takes the rule but lets packets through does not count as working."""
    monkeypatch.setattr(attempt, "NamespacesSandbox", HalfSandbox)
    assert attempt.main() == 1
    assert capsys.readouterr().out == ("a link carried packets before the cut: True, during it: True\tanother kernel\n")


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        ("echo started > here", 0, ""),
        ("exit 3", 1, "a process in a root of its own ended with code 3\tanother kernel\n"),
        ("true", 1, "a process in a root of its own ended with code 0\tanother kernel\n"),
    ],
)
def test_attempt_takes_a_cut_that_bites_and_a_process_that_writes(
    script: str,
    code: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Packets before the cut and none during it, and a process that writes in its own folder: it works, and not otherwise."""
    probes = iter([True, False])

    def spawn(_sandbox: object, _host: str, _argv: object, *, cwd: Path, log: None) -> subprocess.Popen[bytes]:
        return subprocess.Popen(["/bin/sh", "-c", script], cwd=cwd)

    monkeypatch.setattr(HalfSandbox, "probe", lambda *_: next(probes))
    monkeypatch.setattr(HalfSandbox, "directory", lambda *_: tmp_path, raising=False)
    monkeypatch.setattr(HalfSandbox, "log", lambda *_: None, raising=False)
    monkeypatch.setattr(HalfSandbox, "spawn", spawn, raising=False)
    monkeypatch.setattr(attempt, "NamespacesSandbox", HalfSandbox)
    monkeypatch.setattr(attempt, "PROBES", {})
    assert attempt.main() == code
    assert capsys.readouterr().out == said


def test_hosts_are_numbered_as_named() -> None:
    """The same hosts named in the same order get the same addresses, known before the sandbox is entered."""
    sandbox = NamespacesSandbox()
    assert [sandbox.address(host, "data") for host in ("b", "a", "b")] == ["10.77.1.1", "10.77.1.2", "10.77.1.1"]
    assert sandbox.address("a", "client") == "10.77.3.2"
    assert sandbox.directory("a").name == "a"


def test_too_many_hosts_are_refused(tmp_path: Path) -> None:
    """More hosts than there are addresses for is said with the limit."""
    network = Network()
    for number in range(HOSTS_LIMIT):
        network.address(f"n{number}", "data")
    with pytest.raises(BadInputError, match=f"more than {HOSTS_LIMIT} hosts"):
        network.address("one-more", "data")
    sandbox = LoopbackSandbox(tmp_path)
    for number in range(loopback.HOSTS_LIMIT - 1):
        sandbox.address(f"n{number}", "data")
    with pytest.raises(BadInputError, match="more than 79 hosts"):
        sandbox.address("one-more", "data")


def test_every_kind_of_refused_network_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever request the kernel does not know, the error names the step and the module for it."""
    steps: list[OSError | None] = []

    class Kernel:
        def __init__(self, _protocol: int) -> None:
            self.fail()

        def fail(self, *_: object) -> None:
            if steps and (error := steps.pop(0)):
                raise error

        run = fail

        def close(self) -> None:
            pass

    def refuse_in_host(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr(network, "Netlink", Kernel)
    monkeypatch.setattr(network.links, "without_ipv6", lambda: None)
    monkeypatch.setattr(network.links, "new_network", lambda: os.open(os.devnull, os.O_RDONLY))
    monkeypatch.setattr(network.syscalls, "setns", refuse_in_host)
    unknown = OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
    for passed, step, modules in (
        (0, "talking to the kernel", "the network"),
        (1, "making a network switch", "bridge"),
        (2, "making virtual network cables", "veth"),
        (3, "setting up the hosts' network", "bridge veth"),
    ):
        steps[:] = [*[None] * passed, unknown]
        with pytest.raises(SandboxError, match=f"{step}.*modprobe -a {modules}"):
            Network().make(["n1"])


def test_refused_cut_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel without nf_tables is said when a link is to be cut."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    sandbox = NamespacesSandbox()
    monkeypatch.setattr(sandbox.links, "_rules", object())
    monkeypatch.setattr(switch.nftables, "install", refuse)
    with pytest.raises(SandboxError, match=r"cutting links .*modprobe -a nf_tables"):
        sandbox.links.cut([])


def test_ending_everything_spares_the_outside(tmp_path: Path) -> None:
    """Outside a PID namespace of its own, ending everything touches nothing but what is given and has ended."""
    bystander = subprocess.Popen(["/bin/sleep", "60"])
    code = "from jsquared.sandbox.namespaces import _end_everything; _end_everything([])"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


def test_nothing_works_before_entering() -> None:
    """Before it is entered a sandbox refuses to cut, and closing it does nothing."""
    sandbox = NamespacesSandbox()
    with pytest.raises(SandboxError, match="not entered yet"):
        sandbox.links.cut([])
    sandbox.close()
