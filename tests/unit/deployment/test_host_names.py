"""Host names stay names where Sentinels resolve them and somebody answers; everywhere else they become addresses."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.analysis.analysis import analyse
from jsquared.deployment.model.host_names import is_name, names_in
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.native.folder import read_folder
from jsquared.deployment.read.overrides import apply_overrides
from jsquared.deployment.render.render import Rendered, render
from jsquared.deployment.render.rendering_context import Role
from jsquared.records.plan import Engine

Tree = Callable[[dict[str, str]], Path]
ROLES: dict[Role, int] = {"data": 1, "sentinel": 2, "client": 3}


def rendered(deployment: Deployment, *, served: bool = True) -> Rendered:
    """A deployment rendered where names are answered."""
    hosts = list(deployment.hosts)

    def address(host: str, role: Role) -> str:
        return f"10.77.{ROLES[role]}.{hosts.index(host) + 1}"

    engine = Engine(name="valkey", version="9.1.2")
    return render(deployment, address, lambda host: Path("/lab") / host, engine, 1, names_served=served)


def named(tree: Tree, *, sentinel: str = "", resolve: str = "yes") -> Deployment:
    """Three hosts that call each other by long names; each Sentinel announces the name of its host."""
    files = {}
    for number in (1, 2, 3):
        upstream = "" if number == 1 else "replicaof redis-1.example.internal 6379\n"
        files[f"redis-{number}/redis.conf"] = (
            f"{upstream}replica-announce-ip Redis-{number}.example.internal\nbind 10.0.0.{number}\n"
        )
        files[f"redis-{number}/sentinel.conf"] = (
            f"sentinel resolve-hostnames {resolve}\nsentinel announce-hostnames yes\n{sentinel.format(number=number)}\n"
            "sentinel monitor m redis-1.example.internal 6379 2\n"
        )
    return read_folder(tree(files))


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("redis-1", True),
        ("10.0.0.1", False),
        ("fe80::1", False),
        ("localhost", False),
        ("*", False),
        ("", False),
    ],
)
def test_names_are_told_from_addresses(word: str, name: bool) -> None:
    """Addresses, wildcards and this machine are no names of others."""
    assert is_name(word) is name


def test_names_stay_and_have_addresses(tree: Tree) -> None:
    """Lines with names are kept, Sentinels are pre-seeded by name, and each node knows what it is called."""
    result = rendered(named(tree, sentinel="sentinel announce-ip s{number}.example"))
    redis, sentinel = result.files["redis-2"].splitlines(), result.files["sentinel-redis-2"].splitlines()
    assert redis[:3] == [
        "replicaof redis-1.example.internal 6379",
        "replica-announce-ip Redis-2.example.internal",
        "bind 10.77.1.2",
    ]
    assert "sentinel announce-ip s2.example" in sentinel
    assert "sentinel monitor m redis-1.example.internal 6379 2" in sentinel
    assert "sentinel known-replica m redis-3.example.internal 6379" in sentinel
    assert any(line.startswith("sentinel known-sentinel m s3.example 26379 ") for line in sentinel)
    names = {node.name: node.names for node in result.nodes}
    assert names["redis-1"] == ("redis-1.example.internal", "redis-1")
    assert names["sentinel-redis-3"] == ("s3.example",)
    assert not [rewrite for rewrite in result.rewrites if "example" in rewrite.before]


def test_a_sentinel_needs_a_name_of_its_own(tree: Tree) -> None:
    """A Sentinel that announces its data node's name announces another one, with the reason."""
    result = rendered(named(tree, sentinel="sentinel announce-ip redis-{number}.example.internal"))
    [rewrite] = [
        rewrite for rewrite in result.rewrites if rewrite.before.endswith("announce-ip redis-1.example.internal")
    ]
    assert rewrite.after == "sentinel announce-ip sentinel-redis-1.example.internal"
    assert "a name that no data node has" in rewrite.reason
    assert result.nodes[3].names == ("sentinel-redis-1.example.internal",)


def test_without_an_answer_names_become_addresses(tree: Tree) -> None:
    """Where nobody answers lookups names are rewritten, which is said; where Sentinels do not resolve them, as ever."""
    result = rendered(named(tree), served=False)
    assert "sentinel monitor m 10.77.1.1 6379 2" in result.files["sentinel-redis-2"].splitlines()
    assert not any(node.names for node in result.nodes)
    assert any(sentence.startswith("Host names: this sandbox") for sentence in result.not_reproduced)


def test_unresolved_names_become_addresses(tree: Tree) -> None:
    """Sentinels that are not told to resolve names get addresses, and the analysis says what is wrong on real hosts."""
    deployment = named(tree, resolve="no")
    assert not names_in(deployment, served=True).stay
    result = rendered(deployment)
    assert "replica-announce-ip 10.77.1.2" in result.files["redis-2"].splitlines()
    assert not any("ost names" in sentence for sentence in result.not_reproduced)
    found = {finding.rule: finding for finding in analyse(deployment)}
    assert found["hostnames-not-resolved"].outcome == "violated"
    assert "resolve-hostnames yes" in found["announced-name-not-resolved"].fix


def test_a_port_that_is_taken_changes_beside_a_name(tree: Tree) -> None:
    """A name stays where its port has to change, and the reason is the port."""
    files = {
        "n1/redis.conf": "replicaof n2 6379",
        "n2/redis.conf": "",
        "n1/sentinel.conf": "sentinel resolve-hostnames yes\nsentinel monitor m n2 6379 1",
    }
    engine = Engine(name="valkey", version="9.1.2")
    deployment = read_folder(tree(files))
    result = render(deployment, lambda *_: "10.77.1.1", lambda host: Path("/lab") / host, engine, 1, names_served=True)
    [rewrite] = [rewrite for rewrite in result.rewrites if rewrite.before == "replicaof n2 6379"]
    assert (rewrite.after, rewrite.reason) == ("replicaof n2 6380", "another server has this address and port here")


def test_the_shipped_deployment_keeps_its_names() -> None:
    """The deployment with host names is sound, and without resolve-hostnames its names are addresses again."""
    shipped = load_deployment("hostnames")
    result = rendered(shipped)
    assert "replicaof n1 6379" in result.files["redis-n2"].splitlines()
    assert (result.nodes[0].names, result.nodes[3].names) == (("n1",), ("sentinel-1",))
    assert not [finding for finding in analyse(shipped) if finding.outcome != "fact"]
    plain = rendered(apply_overrides(shipped, ["sentinel.resolve-hostnames=no"]))
    assert "replicaof 10.77.1.1 6379" in plain.files["redis-n2"].splitlines()


def test_a_primary_known_twice_is_foreseen() -> None:
    """Data nodes that announce no name beside a primary that is announced by name are found, and the advice mends it."""
    settings = ["sentinel.resolve-hostnames=yes", "sentinel.announce-hostnames=yes"]
    silent = apply_overrides(load_deployment("reference"), settings)
    [finding] = [finding for finding in analyse(silent) if finding.rule == "replica-known-twice"]
    assert finding.try_with[0] == "redis@n1.replica-announce-ip=n1"
    other = apply_overrides(silent, [*finding.try_with, "redis@n1.replica-announce-ip=other"])
    assert "redis-n1" in [each.target for each in analyse(other) if each.rule == "replica-known-twice"]
    mended = apply_overrides(silent, finding.try_with)
    assert "replica-known-twice" not in {each.rule for each in analyse(mended)}


def test_what_is_not_here_is_said(tree: Tree) -> None:
    """Scripts and mapped ports are named beside what its reader noted."""
    files = {
        "n1/redis.conf": "replica-announce-ip 192.0.2.1\nreplica-announce-port 7001",
        "n1/sentinel.conf": "sentinel monitor m n1 6379 1\nsentinel notification-script m /bin/true",
    }
    sentences = rendered(read_folder(tree(files))).not_reproduced
    assert [sentence.partition(" ")[0] for sentence in sentences] == ["Scripts", "Port"]
