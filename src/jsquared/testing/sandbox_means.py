"""Helpers for the checks of the sandbox contract: expectations, waiting, and a server to ask."""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path, PurePath

from jsquared.errors import SandboxError
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.facets import given
from jsquared.sandbox.link import Endpoint, HostRole, Impairments, Links, LinkSelector
from jsquared.sandbox.linux.libraries import python_environment, python_files
from jsquared.sandbox.process import Process
from jsquared.sandbox.sandbox import Sandbox

ROLES: tuple[HostRole, ...] = ("data", "sentinel", "client")
WAIT_LIMIT_S = 10.0
PORT = 6399
_ECHO = (
    "import socket, sys\n"
    "server = socket.create_server((sys.argv[1], int(sys.argv[2])))\n"
    "print('listening', flush=True)\n"
    "while True:\n"
    "    peer, address = server.accept()\n"
    "    peer.sendall(address[0].encode())\n"
    "    peer.close()\n"
)


Check = Callable[[Sandbox, Path], None]


class ContractError(AssertionError):
    """The sandbox does not do what the contract says."""


def expect(holds: bool, problem: str) -> None:
    """Raise :class:`ContractError` with the problem unless it holds."""
    if not holds:
        raise ContractError(problem)


def refused(request: Callable[[], object], names: str) -> None:
    """Expect a SandboxError whose line contains ``names``."""
    try:
        request()
    except SandboxError as refusal:
        expect(names in str(refusal), f"'{refusal}' does not name '{names}'")
        return
    raise ContractError(f"no SandboxError that names '{names}'")


def wait(condition: Callable[[], bool], problem: str) -> None:
    """Wait for a condition, at most :data:`WAIT_LIMIT_S`."""
    deadline = time.monotonic() + WAIT_LIMIT_S
    while not condition():
        expect(time.monotonic() < deadline, problem)
        time.sleep(0.002)


def state_of(pid: int) -> str:
    """The state letter of a process in /proc; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def both_ways(one: str, other: str) -> list[LinkSelector]:
    """The links between two hosts, in both directions."""
    return [LinkSelector(Endpoint(one), Endpoint(other)), LinkSelector(Endpoint(other), Endpoint(one))]


def links_of(sandbox: Sandbox) -> Links:
    """The links of a sandbox that can cut them."""
    return given(sandbox.links, Capability.LINKS)


def impairments_of(sandbox: Sandbox) -> Impairments:
    """The impairments of a sandbox that can make them."""
    return given(sandbox.impairments, Capability.DELAY)


def reaches(sandbox: Sandbox, *expected: tuple[str, str, bool]) -> None:
    """Expect of each source and destination that a probe arrives, or that it does not."""
    for source, destination, arrives in expected:
        measured = links_of(sandbox).probe(Endpoint(source), Endpoint(destination))
        expect(measured is arrives, f"{source} reaches {destination}: {measured}")


def start_echo(sandbox: Sandbox, folder: PurePath, host: str, role: HostRole) -> Process:
    """A server that tells each peer the address it came from, ready to be asked."""
    argv = [sys.executable, "-c", _ECHO, sandbox.address(host, role), str(PORT)]
    server = start_python(sandbox, host, argv, folder, "echo")
    expect(next(server.output(), b"") == b"listening\n", "the server does not start")
    return server


def start_python(sandbox: Sandbox, host: str, argv: Sequence[str], folder: PurePath, log: str) -> Process:
    """A process of this Python on a host, with pipes, that may write in ``folder``."""
    return sandbox.spawn(
        host,
        argv,
        cwd=folder,
        log=sandbox.log(host, log),
        environment=python_environment(),
        pipes=True,
        sees=python_files(),
    )


def home_of(sandbox: Sandbox, host: str) -> PurePath:
    """The folder of a process on a host, made."""
    folder = sandbox.folder(host, "process")
    folder.make()
    return folder.path


def started(sandbox: Sandbox, host: str, *argv: str, pipes: bool = False) -> Process:
    """Start a process on a host, in a folder of its own."""
    return sandbox.spawn(host, argv, cwd=home_of(sandbox, host), log=sandbox.log(host, "process"), pipes=pipes)


def said(process: Process) -> bytes:
    """Return all that a process with pipes writes until it ends."""
    written = b"".join(process.output())
    expect(process.wait(WAIT_LIMIT_S) is not None, "it goes on after the end of its output")
    return written


def children_of(pid: int) -> list[int]:
    """The processes that a process has started, as this process knows them."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def ask(sandbox: Sandbox, source: tuple[str, HostRole] | None, host: str, role: HostRole) -> str | None:
    """Return the answer of the server there, asked from a role on a host or from the observer; None when it refuses."""
    try:
        client = sandbox.dial(Endpoint(*source) if source else None, sandbox.address(host, role), PORT, WAIT_LIMIT_S)
    except ConnectionRefusedError:
        return None
    with client:
        return client.recv(64).decode()
