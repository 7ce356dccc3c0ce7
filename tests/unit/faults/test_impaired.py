"""Delay, loss, duplication and bandwidth: what is asked of the sandbox, and that proofs fail where packets say otherwise."""

from collections.abc import Callable
from typing import Any

import pytest

from jsquared.errors import BadInputError
from jsquared.faults import bandwidth, delay, duplicate, loss
from jsquared.faults.catalogue import complete, fault_named
from jsquared.faults.impaired import ActiveImpairment, Effect
from jsquared.sandbox.link import Impairment, PacketCounts, Volley
from jsquared.testing.fake_deployment import FakeDeployment

SEED = 1
FAULTS = ("delay", "loss", "duplicate", "bandwidth")
COUNTED = PacketCounts(packets=1000, delayed=1000, lost=200, duplicated=200)


def impaired(fake: FakeDeployment, name: str, *targets: str, **parameters: Any) -> ActiveImpairment:
    """Inject a fault; its packets are counted as they should be."""
    fault = fault_named(name)
    active = fault.inject(fake.deployment, targets or ("primary",), complete(fault, parameters))
    assert isinstance(active, ActiveImpairment)
    fake.sandbox.impairments.impaired[-1].counted = COUNTED
    return active


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("delay", {"delay_ms": 50, "jitter_ms": 5}, Impairment(delay_ms=50, jitter_ms=5)),
        ("loss", {"percent": 30}, Impairment(loss_percent=30)),
        ("duplicate", {"percent": 30}, Impairment(duplicate_percent=30)),
        ("bandwidth", {"rate_kbit": 500}, Impairment(rate_kbit=500)),
    ],
)
def test_links_are_impaired_as_asked(
    fake: FakeDeployment, name: str, parameters: dict[str, int], expected: Impairment
) -> None:
    """The sandbox is asked for exactly this, with the trial's seed, on the links that a cut of the same words would take."""
    active = impaired(
        fake, name, "primary", against="replica:1", links="replication", direction="outbound", **parameters
    )
    [made] = fake.sandbox.impairments.impaired
    assert made.impairment == Impairment(**{**expected.__dict__, "seed": fake.plan.seed})
    assert [(link.source.host, link.destination.host, link.source.role) for link in made.links] == [
        ("n1", "n2", "data")
    ]
    assert active.targets == ["n1"]
    assert active.details == {"between": [["n1"], ["n2"]], "links": "replication", "direction": "outbound"}


@pytest.mark.parametrize("name", FAULTS)
def test_an_impairment_is_proven_by_packets_and_heals(fake: FakeDeployment, name: str) -> None:
    """Datagrams show it while it lasts, the counters agree, and after healing datagrams show nothing of it."""
    active = impaired(fake, name)
    bit = active.bit()
    assert bit.ok, bit.sentence
    assert "of 1,000 packets on these links were" in bit.sentence
    active.heal()
    healed = active.healed()
    assert healed.ok, healed.sentence


@pytest.mark.parametrize("name", FAULTS)
def test_an_impairment_without_effect_did_not_bite(fake: FakeDeployment, name: str) -> None:
    """Datagrams that pass as if nothing was are the proof of the contrary, whatever was counted."""
    fake.sandbox.impairments.leaky = True
    active = impaired(fake, name)
    assert not active.bit().ok


@pytest.mark.parametrize("name", FAULTS)
def test_datagrams_alone_do_not_prove_an_impairment(fake: FakeDeployment, name: str) -> None:
    """Where no packet was counted, something else held or lost the datagrams."""
    active = impaired(fake, name)
    fake.sandbox.impairments.impaired[0].counted = PacketCounts(packets=1000)
    bit = active.bit()
    assert not bit.ok
    assert "0 of 1,000 packets on these links were" in bit.sentence


@pytest.mark.parametrize("name", FAULTS)
def test_an_impairment_that_stays_has_not_healed(fake: FakeDeployment, name: str) -> None:
    """When datagrams still show it after healing, that is said."""
    active = impaired(fake, name)
    fake.sandbox.impairments.impaired[0].stuck = True
    active.heal()
    assert not active.healed().ok


def test_what_could_not_be_shown_at_first_may_be_shown_later(fake: FakeDeployment) -> None:
    """Where the link was cut when the fault began, it is measured once more before it heals."""
    fake.sandbox.impairments.leaky = True
    active = impaired(fake, "delay")
    fake.sandbox.impairments.leaky = False
    assert active.bit().ok


def test_a_machine_that_cannot_keep_up_proves_nothing(fake: FakeDeployment) -> None:
    """Packets that nobody asked to lose are said, and more than a few of them spoil the proof."""
    active = impaired(fake, "delay")
    for missed, proven in ((10, True), (11, False)):
        fake.sandbox.impairments.impaired[0].counted = PacketCounts(
            packets=1000, delayed=1000, overflowed=2, missed=missed
        )
        bit = active.bit()
        assert bit.ok is proven
        assert f"2 dropped by a full queue, {missed} lost because this machine could not keep up" in bit.sentence


@pytest.mark.parametrize(
    ("name", "parameters", "words"),
    [
        ("delay", {"delay_ms": 0}, "0 ms is not a delay.*1 to 10000"),
        ("delay", {"delay_ms": 10_001}, "10001 ms is not a delay"),
        ("delay", {"delay_ms": 5, "jitter_ms": 6}, "more jitter than delay.*at most 5"),
        ("loss", {"percent": 0}, "0 is not a percentage above 0.*1 to 100"),
        ("duplicate", {"percent": 101}, "fault 'duplicate', parameter 'percent': 101 is not a percentage"),
        ("bandwidth", {"rate_kbit": 7}, "7 kbit/s is not possible.*8 to 100000"),
        ("bandwidth", {"rate_kbit": 100_001}, "100001 kbit/s is not possible"),
    ],
)
def test_impossible_numbers_are_refused(
    fake: FakeDeployment, name: str, parameters: dict[str, int], words: str
) -> None:
    """A number that cannot be is named with what can, and nothing is impaired."""
    with pytest.raises(BadInputError, match=words):
        impaired(fake, name, **parameters)
    assert not fake.sandbox.impairments.impaired


def shows(effect: Effect, **volley: Any) -> tuple[bool, bool]:
    """Whether a volley shows an impairment, and whether it shows its absence."""
    seen = Volley(**{"sent": 200, "delays_ms": (0.1,) * 200, **volley})
    return effect.shows(seen).ok, effect.clear(seen).ok


@pytest.mark.parametrize(
    ("effect", "volley", "expected"),
    [
        (delay._effect(100, 20, SEED), {"delays_ms": (80.0, 120.0)}, (True, False)),
        (delay._effect(100, 20, SEED), {"delays_ms": (79.0, 120.0)}, (False, False)),
        (delay._effect(100, 20, SEED), {"delays_ms": (0.1, 49.0)}, (False, True)),
        (delay._effect(100, 100, SEED), {"delays_ms": (0.1, 0.1, 199.0)}, (False, True)),
        (delay._effect(100, 100, SEED), {"delays_ms": ()}, (False, False)),
        (loss._effect(20, SEED), {"delays_ms": (0.1,) * 160}, (True, False)),
        (loss._effect(20, SEED), {"delays_ms": (0.1,) * 128}, (False, False)),
        (loss._effect(20, SEED), {"delays_ms": (0.1,) * 191}, (False, True)),
        (loss._effect(100, SEED), {"delays_ms": ()}, (True, False)),
        (duplicate._effect(20, SEED), {"duplicates": 40}, (True, False)),
        (duplicate._effect(20, SEED), {"duplicates": 72}, (False, False)),
        (duplicate._effect(20, SEED), {"duplicates": 10}, (False, True)),
        (duplicate._effect(20, SEED), {"delays_ms": ()}, (False, False)),
        (bandwidth._effect(1000, SEED), {"span_ms": 1990.0}, (True, False)),
        (bandwidth._effect(1000, SEED), {"span_ms": 1500.0}, (False, True)),
        (bandwidth._effect(1000, SEED), {"delays_ms": (1.0,), "span_ms": 0.0}, (False, False)),
    ],
)
def test_proofs_are_measurements(effect: Effect, volley: dict[str, Any], expected: tuple[bool, bool]) -> None:
    """What counts is how late, how many, how often and how fast datagrams arrive; nothing that arrives proves nothing."""
    assert shows(effect, **volley) == expected


@pytest.mark.parametrize(
    ("make", "value"),
    [
        (loss._effect, 1),
        (loss._effect, 99),
        (duplicate._effect, 1),
        (bandwidth._effect, 8),
        (bandwidth._effect, 100_000),
    ],
)
def test_enough_is_sent_to_tell(make: Callable[[int, int], Effect], value: int) -> None:
    """Whatever the number, so much is sent that the effect shows, and within little more than a second."""
    effect = make(value, SEED)
    count, size = effect.sends["count"], effect.sends.get("size", 64)
    chance = (effect.impairment.loss_percent or effect.impairment.duplicate_percent or 100) / 100
    assert count * chance >= 2
    assert count * effect.sends.get("spacing_ms", 0) <= 200
    if effect.impairment.rate_kbit:
        assert count * size * 8 / effect.impairment.rate_kbit <= 1000, "more would not fit into the queue"


@pytest.mark.parametrize(("spoilt", "healed"), [(0, True), (1, True), (4, True), (5, False)])
def test_a_volley_that_the_machine_spoilt_is_sent_again(
    fake: FakeDeployment, monkeypatch: pytest.MonkeyPatch, spoilt: int, healed: bool
) -> None:
    """A busy machine delays datagrams too: what a few volleys do not show another one may, and no more than five are sent."""
    active = impaired(fake, "delay", "replica:1", against="primary", links="replication", delay_ms=50)
    active.heal()
    sent: list[int] = []

    def volley(*_: object, count: int, **__: object) -> Volley:
        sent.append(count)
        late_ms = 60.0 if len(sent) <= spoilt else 0.1
        return Volley(count, (late_ms,) * count, 0, 1.0)

    monkeypatch.setattr(fake.sandbox.impairments, "volley", volley)
    assert active.healed().ok is healed
    assert len(sent) == min(spoilt + 1, 5) + 1, "the other direction is measured once"
