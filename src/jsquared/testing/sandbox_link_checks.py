"""The part of the sandbox contract that is about links: each function is one check in an entered sandbox."""

from functools import partial
from pathlib import Path

from jsquared.sandbox.link import Endpoint, LinkSelector
from jsquared.sandbox.sandbox import Sandbox
from jsquared.testing.sandbox_means import (
    PORT,
    ROLES,
    WAIT_LIMIT_S,
    Check,
    ask,
    both_ways,
    expect,
    links_of,
    reaches,
    refused,
    start_echo,
)


def cutting_is_refused(sandbox: Sandbox, _folder: Path) -> None:
    """A sandbox that cannot cut has no such facet."""
    expect(sandbox.links is None, "it says that it lacks links, and offers some")


def probes_arrive(sandbox: Sandbox, _folder: Path) -> None:
    """Nothing is lost between any two hosts, in any role, and a port may be given."""
    for source in ("n1", "n2", "n3"):
        for destination in ("n1", "n2", "n3"):
            reaches(sandbox, (source, destination, True))
    for role in ROLES:
        arrives = links_of(sandbox).probe(Endpoint("n1", role), Endpoint("n2", role), port=PORT)
        expect(arrives, f"nothing arrives for {role}")


def cut_takes_one_direction(sandbox: Sandbox, _folder: Path) -> None:
    """A cut takes packets of its direction only, counts them, and ends with restore, which may be called twice."""
    cut = links_of(sandbox).cut([LinkSelector(Endpoint("n1"), Endpoint("n2"))])
    expect(cut.dropped() == 0, "counts before anything was sent")
    reaches(sandbox, ("n1", "n2", False), ("n2", "n1", True), ("n1", "n3", True), ("n3", "n2", True))
    dropped = cut.dropped()
    expect(dropped > 0, "drops without counting")
    cut.restore()
    cut.restore()
    reaches(sandbox, ("n1", "n2", True))
    expect(cut.dropped() == dropped, "forgets its count after restore")


def cut_takes_all_links_together(sandbox: Sandbox, _folder: Path) -> None:
    """A host can be cut from all others in both directions at once; the others still reach each other."""
    cut = links_of(sandbox).cut([link for other in ("n2", "n3") for link in both_ways("n1", other)])
    reaches(sandbox, ("n1", "n2", False), ("n2", "n1", False), ("n3", "n1", False), ("n2", "n3", True))
    for role in ROLES:
        expect(not links_of(sandbox).probe(Endpoint("n1", role), Endpoint("n2", role)), f"{role} still gets through")
    cut.restore()
    reaches(sandbox, ("n1", "n2", True), ("n2", "n1", True), ("n3", "n1", True))


def cut_is_all_or_nothing(sandbox: Sandbox, _folder: Path) -> None:
    """When one link of a cut is impossible, none is cut."""
    possible = LinkSelector(Endpoint("n1"), Endpoint("n2"))
    for other in ("nowhere", "n1"):
        impossible = LinkSelector(Endpoint("n1"), Endpoint(other))
        refused(partial(links_of(sandbox).cut, [possible, impossible]), other)
    reaches(sandbox, ("n1", "n2", True))


def cut_may_name_roles(sandbox: Sandbox, _folder: Path) -> None:
    """A cut between roles leaves the other roles of the same hosts alone."""
    data, sentinel = Endpoint("n2", "data"), Endpoint("n2", "sentinel")
    cut = links_of(sandbox).cut(
        [LinkSelector(Endpoint("n1", "sentinel"), data), LinkSelector(Endpoint("n3"), sentinel)]
    )
    for source, destination, arrives in (
        (Endpoint("n1", "sentinel"), data, False),
        (Endpoint("n1", "data"), data, True),
        (Endpoint("n1", "sentinel"), sentinel, True),
        (Endpoint("n3", "client"), sentinel, False),
        (Endpoint("n3", "client"), data, True),
    ):
        expect(links_of(sandbox).probe(source, destination) is arrives, f"{source} to {destination}: {not arrives}")
    cut.restore()


def cut_may_name_a_port(sandbox: Sandbox, _folder: Path) -> None:
    """A cut of a port leaves other ports alone."""
    source, destination = Endpoint("n1"), Endpoint("n2", "data")
    cut = links_of(sandbox).cut([LinkSelector(source, destination, PORT)])
    expect(not links_of(sandbox).probe(source, destination, port=PORT), "the port is open")
    expect(links_of(sandbox).probe(source, destination, port=PORT + 1), "another port is closed")
    expect(cut.dropped() > 0, "drops without counting")
    cut.restore()
    expect(links_of(sandbox).probe(source, destination, port=PORT), "the port stays closed")


def cuts_are_independent(sandbox: Sandbox, _folder: Path) -> None:
    """Of two cuts that overlap, restoring one leaves the other."""
    first, second = (links_of(sandbox).cut(both_ways("n1", "n2")) for _ in range(2))
    first.restore()
    reaches(sandbox, ("n1", "n2", False))
    second.restore()
    reaches(sandbox, ("n1", "n2", True))


def observer_is_never_cut(sandbox: Sandbox, folder: Path) -> None:
    """While a host is cut from all others, the observer reaches a server on it."""
    server = start_echo(sandbox, folder, "n1", "data")
    cut = links_of(sandbox).cut([link for other in ("n2", "n3") for link in both_ways("n1", other)])
    expect(bool(ask(sandbox, None, "n1", "data")), "the observer is cut off")
    cut.restore()
    server.kill()
    server.wait(WAIT_LIMIT_S)


LINK_CHECKS: tuple[Check, ...] = (
    probes_arrive,
    cut_takes_one_direction,
    cut_takes_all_links_together,
    cut_is_all_or_nothing,
    cut_may_name_roles,
    cut_may_name_a_port,
    cuts_are_independent,
    observer_is_never_cut,
)
