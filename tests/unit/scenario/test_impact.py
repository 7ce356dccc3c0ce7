"""What schedules do to a deployment, derived from its text: who is away, who is cut off, and what may then be asked."""

import pytest

from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.overrides import apply_overrides
from jsquared.errors import BadInputError
from jsquared.records.plan import Ack, PlannedFault
from jsquared.scenario.impact import Impact, fair_objectives, impact_of, recovery_limit_ms
from jsquared.scenario.limits import DEMOTION_LIMIT_MS, FAILOVER_LIMIT_MS
from jsquared.scenario.situation import Situation
from jsquared.scenario.targets import is_target_word
from jsquared.scenario.targets_at_start import hosts_at_start, nodes_at_start

LATER = "1000 ms after recovery"


def fault(
    name: str, *targets: str, heal: str = LATER, start: str = "1000 ms after load", **parameters: str
) -> PlannedFault:
    """A fault on targets."""
    return PlannedFault(
        id=f"{name}-{targets[0]}", name=name, targets=targets, parameters=dict(parameters), start=start, heal=heal
    )


def asked(deployment: str, *faults: PlannedFault, ack: Ack | None = None) -> list[str]:
    """The names of the limits that are fair for these faults."""
    under_test = load_deployment(deployment)
    impact = impact_of(under_test, faults)
    situation = Situation(under_test, ack or under_test.majority_ack, frozenset(impact.away), frozenset(impact.cut_off))
    return [objective.name for objective in fair_objectives(impact)(situation)]


@pytest.mark.parametrize(
    ("text", "is_word"),
    [
        ("primary", True), ("primary@cache", True), ("primaries", True), ("replica:12", True), ("replica:0", False),
        ("replica:behind", True), ("replica:first", False), ("host:db-1.example", True), ("host:", False), ("redis-n1", False),
    ],
)  # fmt: skip
def test_words_for_targets_are_known(text: str, is_word: bool) -> None:
    """The words of the targets' table are recognised, with any number or name in them."""
    assert is_target_word(text) is is_word


@pytest.mark.parametrize(
    ("target", "nodes", "hosts"),
    [
        ("primary", ["redis-n1"], ["n1"]),
        ("primaries", ["redis-n1"], ["n1"]),
        ("primary@mymaster", ["redis-n1"], ["n1"]),
        ("replicas", ["redis-n2", "redis-n3"], ["n2", "n3"]),
        ("replica:2", ["redis-n3"], ["n3"]),
        ("replica:ahead", ["redis-n2"], ["n2"]),
        ("replica:behind", ["redis-n3"], ["n3"]),
        ("sentinel:leader", ["sentinel-s1"], ["s1"]),
        ("sentinel-s3", ["sentinel-s3"], ["s3"]),
        ("host:n2", ["redis-n2"], ["n2"]),
        ("host:c2", [], ["c2"]),
        ("client:2", [], ["c2"]),
        ("clients", [], ["c1", "c2"]),
    ],
)
def test_targets_are_resolved_while_nothing_has_moved(target: str, nodes: list[str], hosts: list[str]) -> None:
    """Every word means servers and hosts of the deployment at its start."""
    apart = load_deployment("apart")
    assert [node.name for node in nodes_at_start(apart, target)] == nodes
    assert hosts_at_start(apart, target) == hosts


@pytest.mark.parametrize(
    "target", ["replica:3", "sentinel:4", "client:3", "host:x", "redis-x", "primary@x", "nonsense"]
)
def test_targets_that_are_not_there_are_refused(target: str) -> None:
    """What the deployment lacks is named."""
    with pytest.raises(BadInputError, match="deployment 'apart' has no"):
        hosts_at_start(load_deployment("apart"), target)


def test_clients_on_data_hosts_are_counted_without_the_primarys() -> None:
    """A client that lives with the primary shares its fate, so counting begins with the others."""
    assert hosts_at_start(load_deployment("classic-2013"), "client:1") == ["n2"]


def test_a_crash_takes_its_data_away() -> None:
    """Killed data nodes are away; a killed Sentinel is one that the majority cannot reach; an instant restart takes nothing."""
    reference = load_deployment("reference")
    assert impact_of(reference, [fault("kill", "primary")]) == Impact(("n1",), (), True)
    assert impact_of(reference, [fault("pause", "host:n2")]) == Impact(("n2",), ("n2",), True)
    assert impact_of(reference, [fault("restart", "primary")]) == Impact((), (), False)


def test_a_cut_separates_the_side_without_the_majority() -> None:
    """The side that keeps a majority of the Sentinels is the one that decides, whichever side was named."""
    reference = load_deployment("reference")
    assert impact_of(reference, [fault("cut", "primary", "client:1")]) == Impact(("n1",), ("n1", "c1"), True)
    assert impact_of(reference, [fault("cut", "replica:1", "replica:2")]) == Impact(("n1",), ("n1", "c1", "c2"), True)


@pytest.mark.parametrize(
    ("faults", "names"),
    [
        ([fault("kill", "primary")], ["lost_writes", "failover", "write_gap", "convergence"]),
        ([fault("cut", "primary", "client:1")], ["lost_writes", "failover", "write_gap", "writes_resume_after_heal", "convergence"]),
        ([fault("kill", "replica:1")], ["lost_writes", "no_failover", "write_gap", "convergence"]),
        ([fault("kill", "primary"), fault("kill", "replica:1")], ["lost_writes", "writes_resume_after_heal", "convergence"]),
    ],
)  # fmt: skip
def test_what_breaks_at_once_is_asked_for_service(faults: list[PlannedFault], names: list[str]) -> None:
    """Where it can be said who is left, that service is asked for which they can give."""
    assert asked("reference", *faults) == names


@pytest.mark.parametrize(
    "faults",
    [
        [fault("kill", "primary", heal="2000 ms after injection")],
        [fault("kill", "primary", heal="2000 ms after load")],
        [fault("restart", "primary")],
        [fault("kill", "primary", "replicas")],
        [fault("kill", "primary", "sentinel:2", "sentinel:3")],
        [fault("cut", "primary", links="replication")],
        [fault("cut", "primary", against="replica:1")],
        [fault("kill", "primary"), fault("kill", "replica:1", start="9000 ms after load")],
    ],
)
def test_what_cannot_be_said_for_sure_is_asked_to_recover_only(faults: list[PlannedFault]) -> None:
    """Short, partial, successive or overwhelming faults: nothing lost, and service and one deployment after the heal."""
    assert asked("reference", *faults) == ["lost_writes", "writes_resume_after_heal", "convergence"]


def test_a_long_fault_with_a_fixed_end_is_like_one_that_waits() -> None:
    """Healed long after a failover could have happened, the failover is asked for."""
    assert "failover" in asked("reference", fault("kill", "primary", heal="14000 ms after injection"))


def test_the_limit_on_recovery_covers_the_slowest_sound_course() -> None:
    """TILT (30 s), detection (3.5 s), a repeated election (2 * 6 s), a failover and a demotion fit into it."""
    settings = ("sentinel.down-after-milliseconds=3500", "sentinel.failover-timeout=6000")
    assert (
        recovery_limit_ms(apply_overrides(load_deployment("reference"), settings))
        == 45_500 + FAILOVER_LIMIT_MS + DEMOTION_LIMIT_MS
    )
