"""The contract of every sandbox, as checks to run inside one: for JSquared's own and for yours.

``python -m jsquared.testing.sandbox_contract namespaces FOLDER`` opens the sandbox, enters it and runs all checks in it; from code, call
:func:`run_contract`. A sandbox that lacks a capability must not have its facet, and without :attr:`Capability.ADDRESSES` it must refuse to
give hosts other addresses; all else is the same for every one.
Standard library only, so that any user of the machine can run it.
"""

import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from jsquared.sandbox.capability import Capability
from jsquared.sandbox.choose import open_sandbox
from jsquared.sandbox.link import Endpoint
from jsquared.sandbox.sandbox import Sandbox
from jsquared.testing.sandbox_address_checks import ADDRESS_CHECKS, new_addresses_are_refused
from jsquared.testing.sandbox_confinement_checks import CANARY, CONFINEMENT_CHECKS, VARIABLE, environment_is_new
from jsquared.testing.sandbox_floating_checks import FLOATING_CHECKS, floating_is_refused
from jsquared.testing.sandbox_impair_checks import DELAYED, IMPAIR_CHECKS, impairing_is_refused
from jsquared.testing.sandbox_link_checks import LINK_CHECKS, cutting_is_refused
from jsquared.testing.sandbox_means import (
    PORT,
    ROLES,
    WAIT_LIMIT_S,
    Check,
    ContractError,
    ask,
    both_ways,
    children_of,
    expect,
    home_of,
    refused,
    said,
    start_echo,
    started,
    state_of,
    wait,
)
from jsquared.testing.sandbox_name_checks import NAME_CHECKS, names_are_refused

HOSTS = ("n1", "n2", "n3")
ACCOUNTS = Path("/proc/self/schedstat")


@dataclass(frozen=True)
class Finding:
    """One check and what was wrong; ``problem`` is empty when nothing was."""

    check: str
    problem: str


def run_contract(
    sandbox: Sandbox, folder: Path, before: Sequence[str] = (), *, has_shell: bool = True
) -> list[Finding]:
    """Run every check in an entered sandbox with the hosts :data:`HOSTS`, and close it.

    :param folder: an existing folder that both sides see.
    :param before: the addresses that :func:`all_addresses` gave before entering, when they are to be compared.
    :param has_shell: whether its hosts have a shell and this Python; without them ``/bin/sleep`` and ``/bin/cat`` must be there.
    """
    moved = _finding("addresses_stay", lambda: expect(not before or list(before) == all_addresses(sandbox), "moved"))
    return [moved, *(run_check(check, sandbox, folder) for check in checks_for(sandbox, has_shell=has_shell))]


def checks_for(sandbox: Sandbox, *, has_shell: bool = True) -> tuple[Check, ...]:
    """Return the checks for a sandbox with these capabilities; the last one closes it."""
    links = LINK_CHECKS if Capability.LINKS in sandbox.capabilities else (cutting_is_refused,)
    impairments = IMPAIR_CHECKS if Capability.DELAY in sandbox.capabilities else (impairing_is_refused,)
    names = NAME_CHECKS if Capability.NAMES in sandbox.capabilities else (names_are_refused,)
    addresses = ADDRESS_CHECKS if Capability.ADDRESSES in sandbox.capabilities else (new_addresses_are_refused,)
    floating = FLOATING_CHECKS if Capability.FLOATING in sandbox.capabilities else (floating_is_refused,)
    confinement = CONFINEMENT_CHECKS if Capability.CONFINED in sandbox.capabilities else ()
    closing = close_leaves_nothing if has_shell else close_ends_all
    shell = _SHELL_CHECKS if has_shell else ()
    return (*_COMMON_CHECKS, *shell, *links, *impairments, *names, *addresses, *floating, *confinement, closing)


def run_check(check: Check, sandbox: Sandbox, folder: Path) -> Finding:
    """Run one check in an entered sandbox; whatever it raises is a finding about the sandbox."""
    return _finding(check.__name__, partial(check, sandbox, folder))


def all_addresses(sandbox: Sandbox) -> list[str]:
    """The address of every role on every host, in a fixed order."""
    return [sandbox.address(host, role) for host in HOSTS for role in ROLES]


def addresses_are_distinct(sandbox: Sandbox, _folder: Path) -> None:
    """Every role on every host has its own IPv4 address."""
    addresses = all_addresses(sandbox)
    expect(len({socket.inet_aton(address) for address in addresses}) == len(addresses), f"shared: {addresses}")


def folders_are_private(sandbox: Sandbox, _folder: Path) -> None:
    """Every server has its own folder below its host's, in which files are written, read, listed and taken away by their names."""
    for host in HOSTS:
        folder = sandbox.folder(host, "server")
        expect(folder.path.parent == sandbox.directory(host), f"{host}'s folder is elsewhere")
        folder.make()
        folder.make()
        folder.write_text("written", host)
        folder.write_bytes("deep/er", b"x", executable=True)
    for host in HOSTS:
        folder = sandbox.folder(host, "server")
        expect(folder.read_text("written") == host, f"{host}'s folder is shared")
        expect(sorted(folder.names()) == ["deep", "written"], f"it has {folder.names()}")
        for name in ("deep", "written", "nothing"):
            folder.remove(name)
        expect(folder.names() == [], f"{folder.names()} cannot be taken away")
        refused(lambda folder=folder: folder.read_text("written"), "written")  # type: ignore[misc]
    refused(sandbox.folder("n1", "nowhere").names, "nowhere")


def output_is_appended(sandbox: Sandbox, _folder: Path) -> None:
    """Both outputs of a process go to the end of its log; folder, environment and an empty stdin are as asked for."""
    log, home = sandbox.log("n1", "appended"), home_of(sandbox, "n1")
    expect((log.size_bytes(), log.read(0, 100)) == (0, b""), "the log is not empty at first")
    for script in ("echo before", 'cat; echo "$GREETING"; pwd; echo problem >&2'):
        argv = ["/bin/sh", "-c", script]
        process = sandbox.spawn("n1", argv, cwd=home, log=log, environment={"GREETING": "hello"})
        expect(process.wait(WAIT_LIMIT_S) == 0, f"exit code {process.returncode}")
    written = f"before\nhello\n{home}\nproblem\n".encode()
    expect(log.read(0, 1000) == written, f"the log holds {log.read(0, 1000)!r}")
    expect((log.size_bytes(), log.read(7, 5)) == (len(written), b"hello"), "the log is read badly")
    log.close()


def pipes_carry_both_ways(sandbox: Sandbox, _folder: Path) -> None:
    """With pipes, stdin and stdout are the caller's; words to a process that has ended are lost."""
    process = started(sandbox, "n2", "/bin/cat", pipes=True)
    process.tell(b"through\n")
    answer = next(process.output(), b"")
    expect(answer == b"through\n", f"came back as {answer!r}")
    process.kill()
    expect(said(process) == b"", "it says more than it was told")
    process.tell(b"too late\n")


def processes_have_own_sessions(sandbox: Sandbox, _folder: Path) -> None:
    """A process leads its own session, so a terminal's signals never reach it."""
    script = "cut -d' ' -f 1,6 /proc/$$/stat"
    process = started(sandbox, "n1", "/bin/sh", "-c", script, pipes=True)
    own, session = said(process).split()
    expect(own == session, "shares a session")


def processes_are_known_by_handles(sandbox: Sandbox, _folder: Path) -> None:
    """A process says where it runs, what it is and how it ended; waiting for one that goes on has an end, and each has its own number."""
    one, other = (started(sandbox, host, "/bin/sleep", "60") for host in ("n1", "n2"))
    expect((one.host, one.program) == ("n1", "/bin/sleep"), f"{one.program} on {one.host}")
    expect(one.pid != other.pid, "two have one number")
    expect(one.wait(0.05) is one.poll() is one.returncode is None, "it has ended at once")
    wait(lambda: one.account() is not None or not ACCOUNTS.exists(), "its kernel keeps no account")
    other.send_signal(signal.SIGTERM)
    one.kill()
    codes = one.wait(WAIT_LIMIT_S), other.wait(WAIT_LIMIT_S)
    expect(codes == (-signal.SIGKILL, -signal.SIGTERM), f"they ended with {codes}")
    expect((one.poll(), one.returncode) == (-signal.SIGKILL, -signal.SIGKILL), "its end is forgotten")
    expect((one.state(), one.account()) == ("", None), "it is gone and has a state")
    one.send_signal(signal.SIGTERM)
    one.kill()


def pausing_stops(sandbox: Sandbox, _folder: Path) -> None:
    """SIGSTOP stops a process and SIGCONT lets it go on, as its kernel shows and reports, each report once."""
    process = started(sandbox, "n1", "/bin/sleep", "60")
    expect(not process.has_reported("stopped"), "it is reported as stopped before it was")
    process.send_signal(signal.SIGSTOP)
    wait(lambda: process.state() == "T", "a paused process goes on")
    wait(lambda: process.has_reported("stopped"), "no report of a paused process")
    expect(not process.has_reported("stopped"), "one stop is reported twice")
    process.send_signal(signal.SIGCONT)
    wait(lambda: process.state() != "T", "a resumed process stays stopped")
    wait(lambda: process.has_reported("continued"), "no report of a resumed process")
    process.kill()
    process.wait(WAIT_LIMIT_S)


def bad_requests_are_named(sandbox: Sandbox, _folder: Path) -> None:
    """Unknown programs and unknown hosts are SandboxErrors that name them."""
    home, log = home_of(sandbox, "n1"), sandbox.log("n1", "bad")
    refused(lambda: sandbox.spawn("n1", ["/no/such/program"], cwd=home, log=log), "/no/such/program")
    refused(lambda: sandbox.spawn("nowhere", ["/bin/true"], cwd=home, log=log), "nowhere")
    refused(lambda: sandbox.dial(Endpoint("nowhere"), sandbox.address("n1", "data"), PORT, 1), "nowhere")
    refused(lambda: sandbox.listen("nowhere", ""), "nowhere")


def hosts_reach_each_other(sandbox: Sandbox, folder: Path) -> None:
    """A connection to a role's address comes from the address it was bound to; from the observer it works as well."""
    server = start_echo(sandbox, folder, "n2", "sentinel")
    for host, role in (("n1", "client"), ("n3", "data"), ("n2", "client")):
        seen = ask(sandbox, (host, role), "n2", "sentinel")  # type: ignore[arg-type]
        expect(seen == sandbox.address(host, role), f"came from {seen}")  # type: ignore[arg-type]
    expect(bool(ask(sandbox, None, "n2", "sentinel")), "the observer got nothing")
    server.kill()
    server.wait(WAIT_LIMIT_S)
    expect(ask(sandbox, ("n1", "data"), "n2", "sentinel") is None, "a killed server answers")


def connections_may_take_their_time(sandbox: Sandbox, _folder: Path) -> None:
    """Without a limit a connection is made while others go on; who listens knows where it comes from, and speaks with it."""
    home = sandbox.address("n2", "data")
    with sandbox.listen("n2", home) as listening:
        expect(listening.port > 0, "it listens nowhere")
        with sandbox.dial(Endpoint("n1", "client"), home, listening.port, 0) as asking:
            expect(not asking.getblocking(), "it blocks")
            taken, (seen, _) = listening.accept(WAIT_LIMIT_S)
            with taken:
                taken.sendall(b"heard")
                asking.settimeout(WAIT_LIMIT_S)
                expect(asking.recv(64) == b"heard", "nothing comes through")
        expect(seen == sandbox.address("n1", "client"), f"came from {seen}")
        try:
            listening.accept(0.01)
        except TimeoutError:
            return
        raise ContractError("another connection comes")


def close_leaves_nothing(sandbox: Sandbox, _folder: Path) -> None:
    """Close ends processes and their children, removes the folders, and may be called twice; afterwards nothing can be asked."""
    home, log, script = home_of(sandbox, "n1"), sandbox.log("n1", "close"), "sleep 60 & echo begun; wait"
    process = started(sandbox, "n1", "/bin/sh", "-c", script, pipes=True)
    next(process.output(), b"")
    [child] = children_of(process.pid)
    if sandbox.links is not None:
        sandbox.links.cut(both_ways("n1", "n2"))
    if sandbox.impairments is not None:
        sandbox.impairments.impair(both_ways("n1", "n2"), DELAYED)
    sandbox.close()
    sandbox.close()
    expect(process.poll() is not None, "a process runs on")
    wait(lambda: state_of(child) in {"", "Z"}, "a process' child runs on")
    refused(sandbox.folder("n1", "process").names, "")
    refused(lambda: sandbox.spawn("n1", ["/bin/true"], cwd=home, log=log), "")
    if sandbox.links is not None:
        refused(partial(sandbox.links.cut, both_ways("n1", "n2")), "")


def close_ends_all(sandbox: Sandbox, _folder: Path) -> None:
    """Close ends processes, removes the folders, and may be called twice; afterwards nothing can be asked."""
    home, log = home_of(sandbox, "n1"), sandbox.log("n1", "close")
    process = started(sandbox, "n1", "/bin/sleep", "60")
    sandbox.close()
    sandbox.close()
    expect(process.poll() is not None, "a process runs on")
    refused(sandbox.folder("n1", "process").names, "")
    refused(lambda: sandbox.spawn("n1", ["/bin/sleep", "60"], cwd=home, log=log), "")


_COMMON_CHECKS: tuple[Check, ...] = (
    addresses_are_distinct,
    folders_are_private,
    pipes_carry_both_ways,
    processes_are_known_by_handles,
    pausing_stops,
    bad_requests_are_named,
    connections_may_take_their_time,
)

_SHELL_CHECKS: tuple[Check, ...] = (
    output_is_appended,
    processes_have_own_sessions,
    hosts_reach_each_other,
    environment_is_new,
)


def _finding(name: str, check: Callable[[], None]) -> Finding:
    try:
        check()
    except Exception as problem:  # noqa: BLE001 -- of whatever kind
        return Finding(name, f"{type(problem).__name__}: {problem}")
    return Finding(name, "")


def main(arguments: Sequence[str]) -> int:
    """Run the contract in a sandbox by name; findings as JSON lines on stdout, exit code 1 when any has a problem."""
    name, folder = arguments[0], Path(arguments[1]).absolute()
    os.environ[VARIABLE] = CANARY
    sandbox = open_sandbox(name, keep=[folder], out=folder)
    before = all_addresses(sandbox)
    sandbox.enter(HOSTS)
    findings = run_contract(sandbox, folder, before)
    for finding in findings:
        sys.stdout.write(json.dumps({"check": finding.check, "problem": finding.problem}) + "\n")
    return int(any(finding.problem for finding in findings))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
