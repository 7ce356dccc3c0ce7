"""The checks of the sandbox contract about addresses that hosts share in turn: who is reached there, and who on which side of a cut."""

import contextlib
import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jsquared.sandbox.capability import Capability
from jsquared.sandbox.facets import given
from jsquared.sandbox.link import Endpoint, LinkSelector
from jsquared.sandbox.sandbox import Listener, Sandbox
from jsquared.testing.sandbox_means import PORT, Check, expect, links_of, wait

_SILENCE_S = 0.3
_SHARING = ("n2", "n3")


@contextmanager
def _servers(sandbox: Sandbox) -> Iterator[dict[str, Listener]]:
    """A server on all addresses of each host that shares."""
    with contextlib.ExitStack() as stack:
        yield {host: stack.enter_context(sandbox.listen(host, "", PORT)) for host in _SHARING}


def _reached(sandbox: Sandbox, servers: dict[str, Listener], asking: str, address: str) -> str:
    """The host that a connection from another host to an address ends at; empty where there is no answer."""
    try:
        question = sandbox.dial(Endpoint(asking), address, PORT, _SILENCE_S)
    except OSError:
        return ""
    with question:
        own = question.getsockname()
        for host, server in servers.items():
            with contextlib.suppress(TimeoutError):
                accepted, peer = server.accept(0)
                accepted.close()
                if peer == own:
                    return host
    return ""


def an_address_floats(sandbox: Sandbox, _folder: Path) -> None:
    """A floating address belongs to no host at first, then to the last that took it, for those too who have just talked to another."""
    floating = given(sandbox.floating, Capability.FLOATING)
    address = floating.address(1)
    expect(
        address == given(sandbox.floating, Capability.FLOATING).address(1) != floating.address(2),
        "floating addresses change, or are one",
    )
    with _servers(sandbox) as servers:
        expect(_reached(sandbox, servers, "n1", address) == "", f"somebody has {address} at first")
        for host in (*_SHARING, _SHARING[0]):
            for other in _SHARING:
                floating.give_up(other, address)
            floating.take(host, address)
            wait(lambda host=host: _reached(sandbox, servers, "n1", address) == host, f"{address} is not at {host}")  # type: ignore[misc]
        floating.give_up(_SHARING[0], address)
        floating.give_up(_SHARING[0], address)
        expect(_reached(sandbox, servers, "n1", address) == "", f"somebody keeps {address}")


def both_sides_of_a_cut_may_have_it(sandbox: Sandbox, _folder: Path) -> None:
    """Who is cut off keeps it and knows of no other; after that, all go to the one that announces it last."""
    floating = given(sandbox.floating, Capability.FLOATING)
    address = floating.address(2)
    apart = [
        LinkSelector(Endpoint(one), Endpoint(other))
        for one, other in (("n2", "n1"), ("n1", "n2"), ("n2", "n3"), ("n3", "n2"))
    ]
    with _servers(sandbox) as servers:
        floating.take("n2", address)
        wait(lambda: _reached(sandbox, servers, "n1", address) == "n2", f"{address} is not at n2")
        cut = links_of(sandbox).cut(apart)
        floating.take("n3", address)
        wait(lambda: _reached(sandbox, servers, "n1", address) == "n3", f"{address} is not at n3 beyond the cut")
        expect(_reached(sandbox, servers, "n2", address) == "n2", "who is cut off has lost it")
        cut.restore()
        floating.take("n2", address)
        wait(lambda: _reached(sandbox, servers, "n1", address) == "n2", "no host heard the last announcement")
        for host in _SHARING:
            floating.give_up(host, address)


def hosts_hear_each_other(sandbox: Sandbox, _folder: Path) -> None:
    """What a host says all others hear once, in order and as it was said, but for those that a cut of a whole host keeps from it."""
    floating = given(sandbox.floating, Capability.FLOATING)
    for host in ("n1", *_SHARING):
        floating.heard(host)
    floating.say("n1", b"one")
    floating.say("n1", b"two")
    cut = links_of(sandbox).cut([LinkSelector(Endpoint("n1"), Endpoint("n2"))])
    floating.say("n1", b"three")
    cut.restore()
    cut = links_of(sandbox).cut([LinkSelector(Endpoint("n1", "data"), Endpoint("n2", "data"))])
    floating.say("n1", b"four")
    cut.restore()
    heard: dict[str, list[bytes]] = {host: [] for host in ("n1", *_SHARING)}

    def last_has_come() -> bool:
        for host in heard:
            heard[host] += floating.heard(host)
        return all(heard[host][-1:] == [b"four"] for host in _SHARING)

    wait(last_has_come, "not all heard the last word")
    expect(heard == {"n1": [], "n2": [b"one", b"two", b"four"], "n3": [b"one", b"two", b"three", b"four"]}, str(heard))


def early_binds_are_allowed(sandbox: Sandbox, _folder: Path) -> None:
    """A server cannot listen on an address that its host does not have, until that is allowed there."""
    floating = given(sandbox.floating, Capability.FLOATING)
    address = floating.address(3)

    def bind(host: str) -> int:
        try:
            sandbox.listen(host, address).close()
        except OSError as problem:
            return problem.errno or -1
        return 0

    expect(bind("n3") == errno.EADDRNOTAVAIL, "an absent address can be listened on")
    floating.allow_early_binds("n3")
    expect((bind("n3"), bind("n2")) == (0, errno.EADDRNOTAVAIL), "it is not allowed there, or elsewhere too")


def floating_is_refused(sandbox: Sandbox, _folder: Path) -> None:
    """A sandbox that cannot move addresses between hosts has no such facet."""
    expect(sandbox.floating is None, "it says that it lacks floating addresses, and offers some")


FLOATING_CHECKS: tuple[Check, ...] = (
    an_address_floats,
    both_sides_of_a_cut_may_have_it,
    hosts_hear_each_other,
    early_binds_are_allowed,
)
