"""What all faults share: defaults, one proof a target, and the words of a refusal."""

from typing import Any, cast

import pytest

from jsquared.faults.fault import ActivePerTarget, Evidence, Fault
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.capability import Capability


class Broken(ActivePerTarget):
    """Nodes of which those named in ``sound`` show nothing."""

    sound: tuple[str, ...] = ()

    def bit_at(self, name: str) -> Evidence:
        """Broken unless it is sound."""
        return Evidence(name not in self.sound, f"{name} was looked at")

    def heal(self) -> None:
        """Make all sound."""
        self.sound = tuple(self.targets)

    def healed_at(self, name: str) -> Evidence:
        """Sound."""
        return Evidence(name in self.sound, f"{name} was looked at again")


class Breaking(Fault):
    """A fault that says only what it must."""

    name = "breaking"

    def inject(self, deployment: Any, targets: Any, parameters: Any) -> Broken:
        """Break it."""
        return Broken(deployment, targets)


def broken(*targets: str) -> Broken:
    """What is broken at these targets."""
    return Breaking().inject(cast("RunningDeployment", None), targets, {})


def test_what_a_fault_does_not_say() -> None:
    """It needs processes, takes no parameters, tells nothing more, and is proven at once."""
    fault, active = Breaking(), broken("redis-n1")
    assert (fault.needs, fault.parameters) == ({Capability.PROCESS}, ())
    assert (active.proven_at_end, active.details, active.targets) == (False, {}, ["redis-n1"])


def test_every_target_must_prove_it() -> None:
    """One that is not broken, or has not healed, is enough for no proof; so is none at all."""
    active = broken("redis-n1", "redis-n2")
    assert active.bit() == Evidence(True, "redis-n1 was looked at; redis-n2 was looked at")
    assert not active.healed().ok
    active.sound = ("redis-n2",)
    assert not active.bit().ok
    assert not active.healed().ok
    active.heal()
    assert active.healed() == Evidence(True, "redis-n1 was looked at again; redis-n2 was looked at again")
    assert not broken().bit().ok


def test_a_fault_without_a_proof_cannot_be_made() -> None:
    """Who forgets the proof of an undo is told when the fault is injected."""

    class Unproven(ActivePerTarget):
        def bit_at(self, name: str) -> Evidence:
            return Evidence(True, name)

        def heal(self) -> None:
            pass

    with pytest.raises(TypeError, match="healed_at"):
        Unproven(cast("RunningDeployment", None), ["redis-n1"])  # type: ignore[abstract]


def test_a_refusal_names_the_fault_and_the_parameter() -> None:
    """Where it is, what is wrong and what to write instead."""
    assert "fault 'breaking'" in str(Breaking().refusal("it is whole", hint="primary"))
    told = str(Breaking().refusal("0 is none", parameter="count", hint="1 or more"))
    assert all(part in told for part in ("fault 'breaking', parameter 'count'", "0 is none", "1 or more"))
