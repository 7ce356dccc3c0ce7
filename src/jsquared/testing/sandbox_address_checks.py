"""The checks of the sandbox contract about hosts that get another address: reached there, and nowhere else any more."""

from pathlib import Path

from jsquared.sandbox.link import Endpoint, HostRole
from jsquared.sandbox.sandbox import Sandbox
from jsquared.testing.sandbox_means import PORT, ROLES, WAIT_LIMIT_S, Check, ask, expect, links_of, refused, start_echo

_SILENCE_S = 0.15


def _answer_at(sandbox: Sandbox, address: str) -> str:
    """Return the fate of a connection to an address: ``accepted``, ``refused`` or ``silence``."""
    try:
        sandbox.dial(Endpoint("n1"), address, PORT, _SILENCE_S).close()
    except ConnectionRefusedError:
        return "refused"
    except OSError:
        return "silence"
    return "accepted"


def _moves(sandbox: Sandbox, folder: Path, role: HostRole) -> None:
    """Move a role of ``n2``, then ask a server that listens at its new address."""
    old, new = sandbox.address("n2", role), sandbox.other_address("n2", role)
    sandbox.readdress("n2", role)
    expect((sandbox.address("n2", role), sandbox.other_address("n2", role)) == (new, old), "it has another address")
    expect(_answer_at(sandbox, old) == "silence", f"somebody has {old}")
    expect(_answer_at(sandbox, new) == "refused", f"no host has {new}")
    server = start_echo(sandbox, folder, "n2", role)
    expect(ask(sandbox, ("n1", "client"), "n2", role) == sandbox.address("n1", "client"), f"{new} is not reached")
    expect(bool(ask(sandbox, None, "n2", role)), "the observer got nothing")
    server.kill()
    server.wait(WAIT_LIMIT_S)
    for each in ROLES:
        for ends in ((Endpoint("n2", each), Endpoint("n3", each)), (Endpoint("n3", each), Endpoint("n2", each))):
            expect(links_of(sandbox).probe(*ends), f"{ends[0]} does not reach {ends[1]}")


def hosts_get_other_addresses(sandbox: Sandbox, folder: Path) -> None:
    """Each role of a host is reached at its new address alone, there and back again, and the other roles as before."""
    for role in ROLES:
        _moves(sandbox, folder, role)
    for role in ROLES:
        _moves(sandbox, folder, role)


def unbound_sockets_speak_from_the_new_address(sandbox: Sandbox, _folder: Path) -> None:
    """What a data node connects to sees the address that its host has now, as it saw the first one."""
    home = sandbox.address("n1", "data")
    with sandbox.listen("n1", home) as listening:
        for _ in range(2):
            sandbox.readdress("n2", "data")
            with sandbox.dial(Endpoint("n2"), home, listening.port, WAIT_LIMIT_S):
                taken, (seen, _) = listening.accept(WAIT_LIMIT_S)
                taken.close()
            expect(seen == sandbox.address("n2", "data"), f"speaks from {seen}")


def new_addresses_are_refused(sandbox: Sandbox, _folder: Path) -> None:
    """A sandbox that cannot change addresses says so rather than pretend."""
    refused(lambda: sandbox.readdress("n1", "data"), "n1")
    refused(lambda: sandbox.other_address("n1", "data"), "n1")


ADDRESS_CHECKS: tuple[Check, ...] = (hosts_get_other_addresses, unbound_sockets_speak_from_the_new_address)
