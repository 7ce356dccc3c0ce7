"""The conductor with real faults on a deployment that says what it is told: what is proven only once it has lasted."""

import time
from typing import Any

import pytest

from jsquared.errors import BadInputError
from jsquared.faults.schedule import Conductor
from jsquared.faults.targets import nodes_of
from jsquared.records.event_types import FaultBit, FaultEvent, FaultProof
from jsquared.records.plan import PlannedFault
from jsquared.testing.fake_deployment import FakeDeployment


def planned(fault: str, heal: str, name: str = "cut", **parameters: Any) -> PlannedFault:
    """A fault at the primary that begins with the load."""
    return PlannedFault(
        id=fault, name=name, targets=("primary",), parameters=parameters, start="0 ms after load", heal=heal
    )


def conductor(fake: FakeDeployment, *faults: PlannedFault) -> Conductor:
    """A conductor that never sees a recovery."""
    return Conductor(faults, fake.deployment, fake.events, recovered=lambda: False, recovery_limit_s=60)


def told_of(fake: FakeDeployment, fault: str) -> list[tuple[str, bool | None]]:
    """The events of a fault, each with what it showed."""
    events = [event for event in fake.recorded(FaultEvent) if event.fault == fault]
    return [(event.kind, event.ok if isinstance(event, FaultProof) else None) for event in events]


def test_a_cut_is_proven_just_before_it_heals(fake: FakeDeployment) -> None:
    """What can only be shown once packets were dropped is measured at the end, before the undo."""
    conductor(fake, planned("isolation", "10 ms after injection")).run(time.monotonic())
    assert told_of(fake, "isolation") == [
        ("fault-started", None),
        ("fault-bit", True),
        ("fault-healing", None),
        ("fault-healed", True),
    ]
    assert [cut.active for cut in fake.sandbox.links.cuts] == [False]


def test_a_cut_that_leaks_did_not_bite(fake: FakeDeployment) -> None:
    """Datagrams that arrive across a cut show that it is none."""
    fake.sandbox.links.leaky = True
    conductor(fake, planned("isolation", "0 ms after injection")).run(time.monotonic())
    assert ("fault-bit", False) in told_of(fake, "isolation")


def test_a_fault_that_cannot_begin_did_not_bite(fake: FakeDeployment) -> None:
    """Targets are resolved when their moment has come; one that does not exist then shows nothing, and the schedule goes on."""
    impossible = PlannedFault(
        id="crash", name="kill", targets=("replica:9",), start="0 ms after load", heal="0 ms after injection"
    )
    conductor(fake, impossible).run(time.monotonic())
    assert told_of(fake, "crash") == [
        ("fault-started", None),
        ("fault-bit", False),
        ("fault-healing", None),
        ("fault-healed", True),
    ]
    assert "replica:9" in fake.recorded(FaultBit)[0].evidence


def test_a_host_without_servers_is_no_target_for_processes(fake: FakeDeployment) -> None:
    """A host that runs no server, or is none, has nothing that can be killed."""
    for target in ("host:c1", "host:nowhere", "host:"):
        with pytest.raises(BadInputError, match="no such target"):
            nodes_of(fake.deployment, [target])
