"""Placing a trial: what a plan becomes in a sandbox, and what is refused before anything starts."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from jsquared.deployment.model.reach import Allowed
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.overrides import apply_overrides
from jsquared.errors import BadInputError
from jsquared.records.placement import Placement, as_planned
from jsquared.records.plan import Engine, PlannedFault, PlannedNode, Workload
from jsquared.records.shown import secrets_of
from jsquared.sandbox.loopback import LoopbackSandbox
from jsquared.sandbox.namespaces import NamespacesSandbox
from jsquared.sandbox.sandbox import SandboxKind
from jsquared.scenarios.catalogue import scenario_named
from jsquared.trial.order import TrialOrder
from jsquared.trial.place import place, rehearse
from jsquared.trial.plan import assemble

ENGINE = Engine(name="redis", version="7.2.6", path="/usr/bin/redis-server")
SHARED = Allowed(floating=["10.5.0.100=primary", "10.5.0.101=host"])


def ordered(deployment: Deployment, sandbox: SandboxKind = NamespacesSandbox.kind) -> TrialOrder:
    """A crash of its primary, as it comes to the trial's process."""
    plan = assemble(
        scenario_named("primary-crash"),
        deployment=deployment,
        engine=ENGINE,
        sandbox=sandbox,
        ack=None,
        workload=Workload(),
        seed=7,
        command=("jsquared", "run", "primary-crash"),
        other_engines={"auto": ENGINE},
    )
    order = TrialOrder(plan=plan, deployment=deployment, engine=ENGINE, other_engines={"auto": ENGINE})
    return TrialOrder.decoded(order.encoded())


def on_loopback(order: TrialOrder, folder: Path, prefix: str = "127.88.4") -> Placement:
    """Its placement on these addresses."""
    return place(order, LoopbackSandbox(folder, prefix=prefix))


def test_a_plan_is_the_same_wherever_it_runs(tmp_path: Path) -> None:
    """It names no address, folder or program of this machine; two placements of it differ in these alone."""
    order = ordered(load_deployment("reference"), LoopbackSandbox.kind)
    here, there = on_loopback(order, tmp_path, "127.88.4"), on_loopback(order, tmp_path, "127.88.5")
    text = msgspec.json.encode(order.plan).decode()
    assert not [word for word in ("127.88", "10.0.", str(tmp_path), ENGINE.path) if word in text]
    for placement in (here, there):
        assert [as_planned(PlannedNode, node) for node in placement.nodes] == [*order.plan.nodes]
        assert (placement.engine, placement.other_engines) == (ENGINE, {"auto": ENGINE})
    assert [node.address for node in here.nodes[:3]] == ["127.88.4.1", "127.88.4.2", "127.88.4.3"]
    assert [client.address for client in there.clients] == ["127.88.5.164", "127.88.5.165"]
    assert "127.88.4.1" in here.config_files["redis-n2.conf"]
    assert "127.88.5.1" in there.config_files["redis-n2.conf"]
    assert set(here.config_files) == {f"{node.name}.conf" for node in order.plan.nodes}


def test_what_is_made_up_for_a_trial_is_a_secret_of_its_placement(tmp_path: Path) -> None:
    """The password of a deployment without any on loopback addresses: another each time, in no plan, and masked."""
    order = ordered(load_deployment("reference"), LoopbackSandbox.kind)
    here, there = on_loopback(order, tmp_path), on_loopback(order, tmp_path)
    assert (order.plan.secrets, len(here.secrets), len(there.secrets)) == ((), 1, 1)
    assert here.secrets != there.secrets
    assert f"requirepass {here.secrets[0]}\n" in here.config_files["redis-n1.conf"]
    assert secrets_of(order.plan, here).mask(f"it is {here.secrets[0]}") == "it is <secret-1>"


def test_marks_of_a_plan_keep_their_numbers(tmp_path: Path) -> None:
    """What became a secret later comes behind those of the deployment."""
    locked = apply_overrides(load_deployment("reference"), ["redis.requirepass=zebra-1", "redis.masterauth=zebra-1"])
    order = ordered(apply_overrides(locked, ["redis.user=default off"]), LoopbackSandbox.kind)
    placement = on_loopback(order, tmp_path)
    assert order.plan.secrets[0] == "zebra-1"
    assert not set(order.plan.secrets) & set(placement.secrets)
    assert placement.nodes[0].login == ("jsquared", placement.secrets[-1])


def test_nodes_have_other_addresses_where_a_fault_changes_them(tmp_path: Path) -> None:
    """Only where the trial's faults change addresses, and the sandbox can, a node has two."""
    order, able = ordered(load_deployment("reference")), NamespacesSandbox()
    assert {node.other_address for node in place(order, able).nodes} == {""}
    moves = PlannedFault(id="move", name="new-address", targets=("primary",), start="", heal="")
    unknown = msgspec.structs.replace(moves, name="of-another-version")
    moving = replace(order, plan=msgspec.structs.replace(order.plan, faults=(unknown, moves)))
    nodes = place(moving, able).nodes
    assert [node.other_address for node in nodes] == [able.other_address(node.host, node.role) for node in nodes]
    assert {node.other_address for node in on_loopback(moving, tmp_path).nodes} == {""}


def test_floating_addresses_have_others_here() -> None:
    """Each has one that stands for it, for the clients that know it too."""
    through = apply_overrides(load_deployment("reference", SHARED), ["clients.through=10.5.0.101"])
    placement = place(ordered(through), NamespacesSandbox())
    assert [one.written for one in placement.floating] == ["10.5.0.100", "10.5.0.101"]
    assert [one.address for one in placement.floating] == ["10.77.9.1", "10.77.9.2"]
    assert {client.through for client in placement.clients} == {"10.77.9.2"}


def test_files_that_were_made_are_part_of_the_placement(tmp_path: Path) -> None:
    """Certificates lie beside the configuration, and are made for the addresses here; that they are not the user's stands in the plan."""
    tls = ("tls-replication=yes", "tls-cert-file=a.crt", "tls-key-file=a.key", "tls-ca-cert-file=ca.crt")
    changes = [f"{kind}.{line}" for kind in ("redis", "sentinel") for line in tls]
    over_tls = apply_overrides(
        load_deployment("reference"), ["redis.tls-port=6390", "sentinel.tls-port=26390", *changes]
    )
    order = ordered(over_tls, LoopbackSandbox.kind)
    made = on_loopback(order, tmp_path)
    assert made.tls is not None
    assert all(node.tls for node in order.plan.nodes)
    assert made.tls.key.endswith("redis-n1.tls.key")
    assert "BEGIN PRIVATE KEY" in made.config_files["redis-n1.tls.key"]
    assert any("throw-away" in sentence for sentence in order.plan.not_reproduced)


def test_too_many_hosts_are_refused_before_anything_starts() -> None:
    """By the kind of sandbox, in the words that it has for it itself."""
    small = SandboxKind("small", frozenset(), 4)
    with pytest.raises(BadInputError, match="--sandbox small: more than 4 hosts"):
        rehearse(load_deployment("reference"), ENGINE, small)


def test_a_file_that_has_gone_is_refused_twice(tmp_path: Path) -> None:
    """When the trial is planned; and when it is placed, if it went between."""
    for number in (1, 2, 3):
        host = tmp_path / f"n{number}"
        host.mkdir()
        replica = "" if number == 1 else "replicaof 10.0.0.1 6379\n"
        (host / "redis.conf").write_text(f"replica-announce-ip 10.0.0.{number}\naclfile users.acl\n{replica}")
        (host / "users.acl").write_text("user default on nopass ~* &* +@all\n")
        (host / "sentinel.conf").write_text("sentinel monitor mymaster 10.0.0.1 6379 2\n")
    deployment = load_deployment(tmp_path)
    order = ordered(deployment)
    assert {copied.target for copied in place(order, NamespacesSandbox()).copied_files} == {
        f"redis-n{number}.users.acl" for number in (1, 2, 3)
    }
    (tmp_path / "n2" / "users.acl").unlink()
    with pytest.raises(BadInputError, match=r"users\.acl does not exist"):
        place(order, NamespacesSandbox())
    with pytest.raises(BadInputError, match=r"users\.acl does not exist"):
        ordered(load_deployment(tmp_path))


def test_what_was_read_once_is_not_read_again(tmp_path: Path) -> None:
    """The order brings the texts along that planning has read: a trial is placed with these, whatever the files have become."""
    host = tmp_path / "n1"
    host.mkdir()
    (host / "redis.conf").write_text("aclfile users.acl\n")
    (host / "users.acl").write_text("user default off\nuser app on >old-password ~* &* +@all\n")
    (host / "sentinel.conf").write_text("sentinel monitor mymaster 10.0.0.1 6379 1\n")
    order = ordered(load_deployment(tmp_path))
    (host / "users.acl").write_text("user default off\nuser app on >new-password ~* &* +@all\n")
    made = place(order, NamespacesSandbox()).config_files["redis-n1.users.acl"]
    assert "old-password" in made
    assert "new-password" not in made


def test_words_that_are_no_text_are_refused() -> None:
    """Where the lab itself needs them: no JSON can hold a password of such bytes."""
    odd = apply_overrides(load_deployment("reference"), ['redis.requirepass="\\xff"'])
    with pytest.raises(BadInputError, match="has bytes that are not UTF-8"):
        rehearse(odd, ENGINE, NamespacesSandbox.kind)


@pytest.mark.parametrize("data", [b"", b"{}", b"\x80\x04", b"\x80\x04N."])
def test_what_is_no_order_is_refused(data: bytes) -> None:
    """Nothing, a plan of old, an order that was cut off, and something else."""
    with pytest.raises(ValueError, match="no order"):
        TrialOrder.decoded(data)
