"""The checks of the sandbox contract about host names: resolved by every host's own C library, disturbed for one host at a time."""

import sys
from pathlib import Path

from jsquared.sandbox.capability import Capability
from jsquared.sandbox.facets import given
from jsquared.sandbox.sandbox import Sandbox
from jsquared.testing.sandbox_means import WAIT_LIMIT_S, Check, expect, start_python

NAME = "redis-1.example.internal"
DELAY_MS = 80
_RESOLVE = (
    "import socket, sys, time\n"
    "began = time.monotonic()\n"
    "try:\n"
    "    found = socket.getaddrinfo(sys.argv[1], 1, socket.AF_UNSPEC, socket.SOCK_STREAM)[0][4][0]\n"
    "except socket.gaierror:\n"
    "    found = 'nothing'\n"
    "print(found, round((time.monotonic() - began) * 1000))\n"
)


def _resolved(sandbox: Sandbox, folder: Path, host: str, name: str) -> tuple[str, int]:
    """Resolve a name as a process on a host; return the address and the milliseconds it took."""
    argv = [sys.executable, "-c", _RESOLVE, name]
    process = start_python(sandbox, host, argv, folder, "names")
    address, _, ms = next(process.output(), b"").decode().partition(" ")
    process.wait(WAIT_LIMIT_S)
    return address, int(ms or 0)


def names_resolve(sandbox: Sandbox, folder: Path) -> None:
    """A served name resolves on every host, in any case of its letters and once more after serving others; others do not."""
    wanted = sandbox.address("n1", "data")
    given(sandbox.name_service, Capability.NAMES).serve({"other": wanted})
    given(sandbox.name_service, Capability.NAMES).serve({NAME: wanted})
    for host in ("n1", "n2"):
        expect(_resolved(sandbox, folder, host, NAME.upper())[0] == wanted, f"{host} does not resolve {NAME}")
        expect(_resolved(sandbox, folder, host, "other")[0] == "nothing", f"{host} resolves what is not served")
        expect(_resolved(sandbox, folder, host, "localhost")[0] in ("127.0.0.1", "::1"), f"{host} has no localhost")


def names_are_disturbed(sandbox: Sandbox, folder: Path) -> None:
    """Lookups of one host come late or fail while those of another go on, and both are as before afterwards."""
    names, wanted = given(sandbox.name_service, Capability.NAMES), sandbox.address("n1", "data")
    names.serve({NAME: wanted})
    names.disturb(["n1"], after_ms=DELAY_MS)
    measured = names.lookup("n1", NAME, limit_s=WAIT_LIMIT_S)
    expect(measured.address == wanted and measured.ms >= DELAY_MS, f"measured {measured}")
    address, ms = _resolved(sandbox, folder, "n1", NAME)
    expect(address == wanted and ms >= DELAY_MS, f"{address} after {ms} ms instead of {DELAY_MS}")
    names.disturb(["n1"], how="no-such-name")
    expect(_resolved(sandbox, folder, "n1", NAME)[0] == "nothing", "a refused name resolves")
    expect(_resolved(sandbox, folder, "n2", NAME)[0] == wanted, "another host is disturbed too")
    names.disturb(["n1"], how="silence")
    expect(names.lookup("n1", NAME, limit_s=0.2).said == "nothing", "silence is an answer")
    names.disturb(["n1"])
    expect(_resolved(sandbox, folder, "n1", NAME)[0] == wanted, "it does not resolve afterwards")


def names_change(sandbox: Sandbox, folder: Path) -> None:
    """A name means another address from one moment to the next, or nothing, on every host; another name stays."""
    names, first, second = (
        given(sandbox.name_service, Capability.NAMES),
        sandbox.address("n1", "data"),
        sandbox.address("n2", "data"),
    )
    names.serve({NAME: first, "stays": first})
    names.change({NAME: second})
    expect(_resolved(sandbox, folder, "n3", NAME)[0] == second, "the old address is given")
    expect(names.lookup("n3", NAME, limit_s=WAIT_LIMIT_S).address == second, "the old address is answered")
    names.change({NAME: ""})
    expect(_resolved(sandbox, folder, "n3", NAME)[0] == "nothing", "a name that has gone resolves")
    expect(names.lookup("n3", NAME, limit_s=WAIT_LIMIT_S).said == "no such name", "a name that has gone is answered")
    expect(_resolved(sandbox, folder, "n3", "stays")[0] == first, "another name has gone too")
    names.disturb(["n1"], how="no-such-name")
    names.disturb(["n1"])
    expect(_resolved(sandbox, folder, "n3", NAME)[0] == "nothing", "a name that has gone is back")
    names.change({NAME: first})
    expect(_resolved(sandbox, folder, "n3", NAME)[0] == first, "it is not back")


def names_are_refused(sandbox: Sandbox, _folder: Path) -> None:
    """A sandbox that cannot serve names has no such facet."""
    expect(sandbox.name_service is None, "it says that it lacks a name service, and offers one")


NAME_CHECKS: tuple[Check, ...] = (names_resolve, names_are_disturbed, names_change)
