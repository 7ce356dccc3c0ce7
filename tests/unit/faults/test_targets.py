"""Targets resolved against a deployment that only answers questions."""

from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from jsquared.errors import BadInputError
from jsquared.faults.targets import (
    all_hosts,
    data_nodes,
    hosts_of,
    nodes_of,
    one_data_node,
    one_sentinel,
    sentinels,
)
from jsquared.running.deployment import RunningDeployment
from jsquared.running.view import RoleView
from support.record_plan import other_group
from support.sample_run import sample_plan

PLAN = sample_plan("crash")


class Answers:
    """A deployment of which only questions are asked."""

    plan = PLAN

    def __init__(self, primary: str = "redis-n1", offsets: dict[str, int] | None = None) -> None:
        self._primary = primary
        self._offsets = offsets if offsets is not None else {"redis-n2": 10, "redis-n3": 5}

    def last_primary(self) -> str:
        """The primary."""
        return self._primary

    def replicas(self) -> list[str]:
        """The others."""
        return [node.name for node in self.plan.data_nodes() if node.name != self._primary]

    def role(self, name: str) -> RoleView | None:
        """An offset, or silence."""
        offset = self._offsets.get(name)
        return None if offset is None else cast("RoleView", SimpleNamespace(offset=offset))

    def leading_sentinel(self) -> str:
        """Whoever leads."""
        return "sentinel-n2"


def deployment(**options: Any) -> RunningDeployment:
    """The stand-in, as its type."""
    return cast("RunningDeployment", Answers(**options))


@pytest.mark.parametrize(
    ("target", "nodes"),
    [
        ("primary", ["redis-n1"]),
        ("replica:1", ["redis-n2"]),
        ("replica:2", ["redis-n3"]),
        ("replica:behind", ["redis-n3"]),
        ("replica:ahead", ["redis-n2"]),
        ("replicas", ["redis-n2", "redis-n3"]),
        ("sentinel:1", ["sentinel-n1"]),
        ("sentinel:leader", ["sentinel-n2"]),
        ("sentinels", ["sentinel-n1", "sentinel-n2", "sentinel-n3"]),
        ("redis-n2", ["redis-n2"]),
        ("host:n2", ["redis-n2", "sentinel-n2"]),
    ],
)
def test_targets_mean_nodes(target: str, nodes: list[str]) -> None:
    """Every word for a server means the nodes that it says."""
    assert nodes_of(deployment(), [target]) == nodes


@pytest.mark.parametrize(
    ("targets", "hosts"),
    [
        (["primary", "client:1"], ["n1", "c1"]),
        (["client:2"], ["c2"]),
        (["clients"], ["c1", "c2"]),
        (["host:n3", "replica:2"], ["n3"]),
        (["sentinels"], ["n1", "n2", "n3"]),
    ],
)
def test_targets_mean_hosts(targets: list[str], hosts: list[str]) -> None:
    """For cuts the same words mean hosts, each named once."""
    assert hosts_of(deployment(), targets) == hosts


def test_primaries_are_those_of_every_group() -> None:
    """Where several primaries are monitored, all or one of them can be named; a name that nobody monitors is refused."""
    two = SimpleNamespace(
        plan=msgspec.structs.replace(PLAN, nodes=(*PLAN.nodes, *other_group("sessions")), master_name="mymaster"),
        primaries=lambda: {"mymaster": "redis-n1", "sessions": "redis-m1"},
        last_primary=lambda master="": "redis-m1" if master == "sessions" else "redis-n1",
    )
    both = cast("RunningDeployment", two)
    assert nodes_of(both, ["primaries"]) == ["redis-n1", "redis-m1"]
    assert nodes_of(both, ["primary@sessions"]) == ["redis-m1"]
    assert nodes_of(both, ["primary"]) == ["redis-n1"]
    assert hosts_of(both, ["primary@sessions", "host:m2"]) == ["m1", "m2"]
    with pytest.raises(BadInputError, match="there: one of primary@mymaster, primary@sessions"):
        nodes_of(both, ["primary@other"])


def test_words_follow_the_primary() -> None:
    """After a failover the primary is another node, and so are the replicas."""
    moved = deployment(primary="redis-n3")
    assert nodes_of(moved, ["primary", "replica:1"]) == ["redis-n3", "redis-n1"]


@pytest.mark.parametrize("target", ["replica:3", "replica:0", "replica:x", "sentinel:9", "redis-n9", "lunch", "host:"])
def test_unknown_targets_are_refused(target: str) -> None:
    """A target that does not exist is refused with what there is."""
    with pytest.raises(BadInputError, match="no such target"):
        nodes_of(deployment(), [target])


@pytest.mark.parametrize("target", ["host:n9", "client:9"])
def test_unknown_hosts_are_refused(target: str) -> None:
    """So is a host or client that does not exist."""
    with pytest.raises(BadInputError, match="no such target"):
        hosts_of(deployment(), [target])


def test_the_replica_behind_needs_an_answer() -> None:
    """When no replica says where it is, none can be called behind."""
    with pytest.raises(BadInputError, match="no replica answers"):
        nodes_of(deployment(offsets={}), ["replica:behind"])


def test_all_hosts_are_named_once() -> None:
    """Hosts of data nodes and Sentinels, then of clients."""
    assert all_hosts(deployment()) == ["n1", "n2", "n3", "c1", "c2"]


def test_nodes_of_the_right_role_are_found() -> None:
    """What is asked for by role is given by name."""
    assert data_nodes(deployment(), ["primary", "replicas"], fault="kill", do="end") == [
        "redis-n1",
        "redis-n2",
        "redis-n3",
    ]
    assert one_data_node(deployment(), ["replica:1"], fault="kill", does="ends") == "redis-n2"
    assert sentinels(deployment(), ["sentinel:1", "sentinel:2"], fault="kill") == ["sentinel-n1", "sentinel-n2"]
    assert one_sentinel(deployment(), ["sentinel:leader"], fault="kill", does="ends") == "sentinel-n2"


@pytest.mark.parametrize(
    ("find", "words", "targets", "refusal"),
    [
        (data_nodes, {"do": "end"}, ["primary", "sentinel:1"], "only data nodes end.*primary, replica:1"),
        (one_data_node, {"does": "ends"}, ["sentinel:1"], "one data node ends.*primary"),
        (one_data_node, {"does": "ends"}, ["replicas"], "one data node ends.*primary"),
        (sentinels, {}, ["sentinel:1", "primary"], "only Sentinels can be told that.*sentinel:1, sentinels"),
        (one_sentinel, {"does": "ends"}, ["primary"], "one Sentinel ends.*sentinel:1"),
        (one_sentinel, {"does": "ends"}, ["sentinels"], "one Sentinel ends.*sentinel:1"),
    ],
)
def test_nodes_of_another_role_are_refused(find: Any, words: dict[str, str], targets: list[str], refusal: str) -> None:
    """The refusal names the fault, and a target that it takes."""
    with pytest.raises(BadInputError, match=f"fault 'kill'.*{refusal}"):
        find(deployment(), targets, fault="kill", **words)
