"""Cuts: which links they name, and that their proofs do not hold when packets pass or stay away."""

from typing import Any

import pytest

from jsquared.errors import BadInputError
from jsquared.faults.catalogue import complete
from jsquared.faults.cut import ActiveCut, CutLinks
from jsquared.sandbox.link import Endpoint, LinkSelector
from jsquared.testing.fake_deployment import FakeDeployment


def cut(fake: FakeDeployment, *targets: str, **parameters: Any) -> ActiveCut:
    """Cut links."""
    return CutLinks().inject(fake.deployment, targets, complete(CutLinks(), parameters))


def links(fake: FakeDeployment) -> set[tuple[str, str]]:
    """What was cut, as ``host.role``, from and to."""
    [made] = fake.sandbox.links.cuts
    return {(_words(link.source), _words(link.destination)) for link in made.links}


def _words(endpoint: Endpoint) -> str:
    return endpoint.host if endpoint.role is None else f"{endpoint.host}.{endpoint.role}"


def test_hosts_are_cut_from_everybody_else(fake: FakeDeployment) -> None:
    """By default whole hosts are cut from all others, both ways, and never from each other."""
    active = cut(fake, "primary", "client:1")
    assert active.targets == ["n1", "c1"]
    near, far = ("n1", "c1"), ("n2", "n3", "c2")
    assert links(fake) == {pair for a in near for b in far for pair in ((a, b), (b, a))}
    assert active.details == {"sides": (("n1", "c1"), ("n2", "n3", "c2")), "links": "all", "direction": "both"}


@pytest.mark.parametrize(("direction", "expected"), [("outbound", {("n1", "n2")}), ("inbound", {("n2", "n1")})])
def test_one_direction_may_be_cut(fake: FakeDeployment, direction: str, expected: set[tuple[str, str]]) -> None:
    """Packets from the targets, or to them."""
    cut(fake, "primary", against="replica:1", direction=direction)
    assert links(fake) == expected


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (
            "watch",
            {
                ("n1.sentinel", "n2.data"), ("n2.data", "n1.sentinel"), ("n1.data", "n2.sentinel"),
                ("n2.sentinel", "n1.data"),
            },
        ),
        ("replication", {("n1.data", "n2.data"), ("n2.data", "n1.data")}),
        (
            "clients",
            {("n1.client", "n2.data"), ("n2.data", "n1.client"), ("n1.data", "n2.client"), ("n2.client", "n1.data")},
        ),
        (
            "sentinels",
            {
                ("n1.sentinel", "n2.data"), ("n2.data", "n1.sentinel"), ("n1.data", "n2.sentinel"),
                ("n2.sentinel", "n1.data"), ("n1.sentinel", "n2.sentinel"), ("n2.sentinel", "n1.sentinel"),
            },
        ),
    ],
)  # fmt: skip
def test_one_kind_of_traffic_may_be_cut(fake: FakeDeployment, kind: str, expected: set[tuple[str, str]]) -> None:
    """Roles have addresses of their own, so replication, clients and Sentinels can be cut apart on the same hosts."""
    cut(fake, "primary", against=" replica:1 ,", links=kind)
    assert links(fake) == expected


def test_hosts_may_be_cut_from_each_other(fake: FakeDeployment) -> None:
    """Without sides, every target's host is cut from every other one's, and each is a side of its own for the record."""
    active = cut(fake, "sentinels", against="each-other", links="votes")
    hosts = ("n1", "n2", "n3")
    assert links(fake) == {(f"{a}.sentinel", f"{b}.sentinel") for a in hosts for b in hosts if a != b}
    assert active.targets == ["n1", "n2", "n3"]
    assert active.details == {"sides": (("n1",), ("n2",), ("n3",)), "links": "votes", "direction": "both"}


def test_one_port_may_be_cut(fake: FakeDeployment) -> None:
    """Only packets of that port vanish."""
    cut(fake, "primary", against="host:c1", port=6379, direction="outbound")
    assert list(fake.sandbox.links.cuts[0].links) == [LinkSelector(Endpoint("n1"), Endpoint("c1"), 6379)]


def test_a_cut_from_nobody_is_refused(fake: FakeDeployment) -> None:
    """When all hosts are on one side, or there is only one, there is nothing to cut."""
    with pytest.raises(BadInputError, match="no one is left"):
        cut(fake, "host:n1", "host:n2", "host:n3", "clients")
    with pytest.raises(BadInputError, match="no one is left"):
        cut(fake, "primary", against="each-other")
    assert not fake.sandbox.links.cuts


def test_a_cut_is_proven_by_packets_that_vanish_and_come_back(fake: FakeDeployment) -> None:
    """Datagrams across the cut are lost while it lasts, and arrive after healing."""
    active = cut(fake, "primary")
    bit = active.bit()
    assert (bit.ok, bit.sentence) == (True, "4 of 4 datagrams sent across the cut vanished; 4 packets dropped")
    active.heal()
    healed = active.healed()
    assert (healed.ok, healed.sentence) == (True, "4 of 4 datagrams sent across the former cut arrived")


def test_a_leaky_cut_did_not_bite(fake: FakeDeployment) -> None:
    """Datagrams that arrive although the links are cut are the proof of the contrary, whatever was dropped besides."""
    fake.sandbox.links.leaky = True
    active = cut(fake, "primary")
    fake.sandbox.links.cuts[0].vanished = 100
    bit = active.bit()
    assert not bit.ok
    assert bit.sentence == "0 of 4 datagrams sent across the cut vanished; 100 packets dropped"


def test_lost_datagrams_alone_do_not_prove_a_cut(fake: FakeDeployment) -> None:
    """When the kernel dropped nothing, something else lost the probes."""
    active = cut(fake, "primary")
    fake.sandbox.links.cuts[0].vanished = 0
    assert not active.bit().ok


def test_a_cut_that_stays_has_not_healed(fake: FakeDeployment) -> None:
    """When datagrams still vanish after healing, that is said."""
    active = cut(fake, "primary")
    fake.sandbox.links.cuts[0].stuck = True
    active.heal()
    healed = active.healed()
    assert not healed.ok
    assert healed.sentence.startswith("0 of 4")
