"""What becomes of addresses: whoever has one at home has it here, in whatever line it stands, and nobody's stays nobody's."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.render.render import Rendered, render
from jsquared.deployment.render.rendering_context import Role
from jsquared.records.plan import Engine

Tree = Callable[[dict[str, str]], Path]
ENGINE = Engine(name="redis", version="7.0.15")
ROLES: dict[Role, int] = {"data": 1, "sentinel": 2, "client": 3}
ID = {number: f"{number}" * 40 for number in range(1, 10)}
MONITOR = "sentinel monitor m 10.9.0.1 6379 2\n"


def deployed(tree: Tree, data: str = "", sentinel: str = "", **only: str) -> Deployment:
    """Hosts n1 to n3 that listen on 10.9.0.<number>, each with a Sentinel: ``data`` and ``sentinel`` are lines of all of them.

    ``only`` are further lines of one file: ``redis_n2``, ``sentinel_n3``.
    """
    files = {}
    for number in (1, 2, 3):
        follow = "replicaof 10.9.0.1 6379\n" if number > 1 else ""
        own = only.get(f"redis_n{number}", "")
        files[f"n{number}/redis.conf"] = f"bind 10.9.0.{number}\nprotected-mode no\n{follow}{data}{own}"
        own = only.get(f"sentinel_n{number}", "")
        files[f"n{number}/sentinel.conf"] = f"{MONITOR}{sentinel.format(number=number, id=ID[number])}{own}"
    return load_deployment(tree(files))


def here(deployment: Deployment, *, served: bool = False, network: str = "10.77") -> Rendered:
    """Rendered for hosts ``<network>.<role>.<number>``, numbered in the order in which they are named."""
    numbers: dict[str, int] = {}

    def address(host: str, role: Role) -> str:
        return f"{network}.{ROLES[role]}.{numbers.setdefault(host, len(numbers) + 1)}"

    return render(deployment, address, lambda host: Path("/lab") / host, ENGINE, 1, names_served=served)


def lines(rendered: Rendered, node: str, *words: str) -> list[str]:
    """The lines of a node's file that have one of these words."""
    return [line for line in rendered.files[node].splitlines() if any(word in line for word in words)]


@pytest.mark.parametrize(
    ("written", "become"),
    [
        pytest.param("10.9.0.2 26379", "10.77.2.2 26379", id="its own"),
        pytest.param("10.9.0.3 26379", "10.77.2.3 26379", id="another Sentinel's"),
        pytest.param("10.9.0.3 6379", "10.77.1.3 6379", id="another host's data node"),
        pytest.param("10.9.0.3 7000", "10.77.2.3 7000", id="a closed port of another host"),
        pytest.param("10.9.0.2 7000", "10.77.2.2 7000", id="a closed port of its own"),
        pytest.param("203.0.113.5 7000", "10.77.2.2 26379", id="what stands before it, and maps a port"),
        pytest.param("127.0.0.1 26379", "127.0.0.1 26379", id="each host itself"),
    ],
)
def test_an_announced_address_stays_whose_it_is(tree: Tree, written: str, become: str) -> None:
    """A Sentinel that announces an address announces the same one's here, and the others are told so."""
    ip, port = written.split()
    deployment = deployed(tree, sentinel_n2=f"sentinel announce-ip {ip}\nsentinel announce-port {port}\n")
    rendered = here(deployment)
    assert lines(rendered, "sentinel-n2", "announce") == [
        f"sentinel announce-ip {become.split(maxsplit=1)[0]}",
        f"sentinel announce-port {become.split()[1]}",
    ]
    known = [line.split()[3:5] for line in lines(rendered, "sentinel-n1", "known-sentinel")]
    assert (become.split() in known) == (len(known) == 2)
    assert any("Port mappings" in one for one in rendered.not_reproduced) == (ip == "203.0.113.5")


def test_replicas_with_one_address_are_told_to_nobody(tree: Tree) -> None:
    """The lines stay alike, and no Sentinel is seeded with nodes that it could not tell apart."""
    rendered = here(deployed(tree, data="replica-announce-ip 203.0.113.5\n"))
    assert {line for n in (1, 2, 3) for line in lines(rendered, f"redis-n{n}", "announce")} == {
        "replica-announce-ip 10.77.1.1"
    }
    assert not lines(rendered, "sentinel-n1", "known-replica")


def test_copied_ids_are_kept(tree: Tree) -> None:
    """Each Sentinel has the id of its file, and finds out by itself whom it takes for itself."""
    rendered = here(deployed(tree, sentinel=f"sentinel myid {ID[7]}\n"))
    for number in (1, 2, 3):
        assert lines(rendered, f"sentinel-n{number}", "myid", "known-sentinel") == [f"sentinel myid {ID[7]}"]


def test_what_a_sentinels_file_knows_is_kept(tree: Tree) -> None:
    """Ids, epochs and whom it knows, gone ones too, at addresses that nobody has here; seeds come only where a kind of line is lacking."""
    state = (
        "sentinel myid {id}\nsentinel config-epoch m 7\nsentinel leader-epoch m 7\nsentinel current-epoch 7\n"
        f"sentinel known-sentinel m 10.9.0.8 26379 {ID[8]}\nsentinel known-sentinel m 10.9.0.3 26379 {ID[3]}\n"
    )
    rendered = here(deployed(tree, sentinel=state))
    kept = lines(rendered, "sentinel-n2", "myid", "epoch", "known")
    assert kept[:4] == [
        f"sentinel myid {ID[2]}",
        "sentinel config-epoch m 7",
        "sentinel leader-epoch m 7",
        "sentinel current-epoch 7",
    ]
    gone, other, *seeds = kept[4:]
    assert other == f"sentinel known-sentinel m 10.77.2.3 26379 {ID[3]}"
    assert gone.split()[3] not in {node.address for node in rendered.nodes}
    assert gone.endswith(f" 26379 {ID[8]}")
    assert seeds == ["sentinel known-replica m 10.77.1.2 6379", "sentinel known-replica m 10.77.1.3 6379"]


NAMED = {
    "n1/redis.conf": "",
    "n2/redis.conf": "replicaof 10.9.0.1 6379\n",
    "n3/redis.conf": "replicaof 10.9.0.1 6379\n",
}
"""Hosts of which no file gives the address, as where servers listen everywhere."""


def test_sentinels_without_addresses_are_known_by_their_ids(tree: Tree) -> None:
    """As running Sentinels leave their files: ids tell which Sentinel is meant, and what replicas are known by is theirs."""
    known = "sentinel known-replica m 10.9.0.3 6379\nsentinel known-replica m 10.9.0.2 6379\n"
    files = dict(NAMED)
    for number in (1, 2, 3):
        others = [f"sentinel known-sentinel m 10.9.0.{n} 26379 {ID[n]}\n" for n in (1, 2, 3) if n != number]
        files[f"n{number}/sentinel.conf"] = f"sentinel myid {ID[number]}\n{MONITOR}{known}{''.join(others)}"
    rendered = here(load_deployment(tree(files)))
    assert lines(rendered, "sentinel-n1", "known") == [
        "sentinel known-replica m 10.77.1.3 6379",
        "sentinel known-replica m 10.77.1.2 6379",
        f"sentinel known-sentinel m 10.77.2.2 26379 {ID[2]}",
        f"sentinel known-sentinel m 10.77.2.3 26379 {ID[3]}",
    ]
    assert not rendered.unreproduced_lines


def test_a_sentinel_that_may_be_gone_is_no_pass(tree: Tree) -> None:
    """Neither its id nor its address is anybody's, and some hosts give no address: here it is gone, and the line is named."""
    gone = f"sentinel known-sentinel m 10.9.0.8 26379 {ID[8]}\n"
    files = {f"n{n}/sentinel.conf": MONITOR + gone for n in (1, 2, 3)} | NAMED
    rendered = here(load_deployment(tree(files)))
    assert [line.partition(" (")[0] for line in rendered.unreproduced_lines] == [gone.strip()] * 3
    assert lines(rendered, "sentinel-n1", "known-sentinel")[0].endswith(f"26379 {ID[8]}")


def test_known_lines_that_lack_something_are_the_servers_to_refuse(tree: Tree) -> None:
    """They are kept as they are."""
    rendered = here(deployed(tree, sentinel_n1="sentinel known-replica m 10.9.0.2\n"))
    assert "sentinel known-replica m 10.9.0.2" in lines(rendered, "sentinel-n1", "known-replica")


def test_names_that_others_have_stay_names(tree: Tree) -> None:
    """With names that stay, a known or announced name is the node's that has it; a name of nobody becomes an address of nobody."""
    state = (
        "sentinel resolve-hostnames yes\nsentinel known-replica m n3 6379\n"
        f"sentinel known-sentinel m n3 26379 {ID[3]}\nsentinel known-sentinel m gone 26379 {ID[8]}\n"
    )
    deployment = deployed(tree, sentinel=state, sentinel_n1="sentinel announce-ip n2\n")
    rendered = here(deployment, served=True)
    known = lines(rendered, "sentinel-n2", "known")
    assert known[:2] == ["sentinel known-replica m n3 6379", f"sentinel known-sentinel m sentinel-n3 26379 {ID[3]}"]
    assert known[2].split()[3].startswith("10.77.1.")
    names = {node.name: node.names for node in rendered.nodes}
    assert ("n3" in names["redis-n3"], "sentinel-n3" in names["sentinel-n3"]) == (True, True)
    assert lines(rendered, "sentinel-n1", "announce") == ["sentinel announce-ip sentinel-n2"]


def test_loopback_is_each_host_itself(tree: Tree) -> None:
    """In lines that listen, follow and monitor; where hosts share the machine's own loopback, nobody answers instead."""
    deployment = deployed(tree, sentinel="bind 127.0.0.1\n", redis_n3="replicaof 127.0.0.1 6379\n")
    rendered = here(deployment)
    assert lines(rendered, "sentinel-n1", "bind ") == ["bind 127.0.0.1"]
    assert "replicaof 127.0.0.1 6379" in lines(rendered, "redis-n3", "replicaof")
    shared = here(deployment, network="127.9")
    own = {node.address for node in shared.nodes}
    [bind] = lines(shared, "sentinel-n1", "bind ")
    assert bind.startswith("bind 127.9.")
    assert bind.split()[1] not in own


def test_one_machine_keeps_its_loopback(tree: Tree) -> None:
    """With different ports everywhere the loopback addresses lead to each other, as they do on the machine."""
    files = {
        "n1/redis.conf": "port 7001\nbind 127.0.0.1\n",
        "n2/redis.conf": "port 7002\nbind 127.0.0.1\nreplicaof 127.0.0.1 7001\nreplica-announce-ip 127.0.0.1\n",
        "n1/sentinel.conf": "port 7003\nsentinel monitor m 127.0.0.1 7001 1\nsentinel known-replica m 127.0.0.1 7002\n",
    }
    rendered = here(load_deployment(tree(files)))
    assert lines(rendered, "redis-n2", "replicaof", "bind ", "announce") == [
        "bind 10.77.1.2 127.0.0.1",
        "replicaof 10.77.1.1 7001",
        "replica-announce-ip 10.77.1.2",
    ]
    assert lines(rendered, "sentinel-n1", "known-replica", "monitor ") == [
        "sentinel monitor m 10.77.1.1 7001 1",
        "sentinel known-replica m 10.77.1.2 7002",
    ]


def test_an_address_that_another_host_has_cannot_be_listened_on(tree: Tree) -> None:
    """A copied bind line stays the other host's address, also as the one to speak from."""
    files = {f"n{n}/redis.conf": "bind 10.9.0.1\n" + ("replicaof 10.9.0.1 6379\n" if n > 1 else "") for n in (1, 2)}
    files["n3/sentinel.conf"] = "sentinel monitor m 10.9.0.1 6379 1\nbind-source-addr 10.9.0.1\n"
    files["n1/sentinel.conf"] = "bind 10.9.0.7\nsentinel monitor m 10.9.0.1 6379 1\nbind-source-addr 10.9.0.1\n"
    rendered = here(load_deployment(tree(files)))
    assert lines(rendered, "redis-n2", "bind ") == ["bind 10.77.1.1"]
    assert lines(rendered, "sentinel-n3", "bind-source-addr") == ["bind-source-addr 10.77.1.1"]
    assert lines(rendered, "sentinel-n1", "bind") == ["bind 10.77.2.1", "bind-source-addr 10.77.2.1"]


def test_a_floating_address_is_no_pass(tree: Tree) -> None:
    """It stays with the primary here, so what is reached through it after a failover is not shown; the line is named."""
    files = {
        f"n{n}/redis.conf": f"bind 10.9.0.{n} -10.9.0.50\n" + ("replicaof 10.9.0.50 6379\n" if n > 1 else "")
        for n in (1, 2)
    }
    files["n1/sentinel.conf"] = "sentinel monitor m 10.9.0.1 6379 1\n"
    rendered = here(load_deployment(tree(files)))
    assert lines(rendered, "redis-n2", "replicaof") == ["replicaof 10.77.1.1 6379"]
    [line] = rendered.unreproduced_lines
    assert line.startswith("replicaof 10.9.0.50 6379 (")


def test_a_module_that_is_not_loaded_is_no_pass(tree: Tree) -> None:
    """Its server may do anything with it."""
    rendered = here(deployed(tree, redis_n1="loadmodule /opt/search.so\n"))
    [line] = rendered.unreproduced_lines
    assert line.startswith("loadmodule /opt/search.so (")


def test_a_name_that_is_not_resolved_is_no_pass(tree: Tree) -> None:
    """A Sentinel that is not told to resolve names would not start with one; here it gets the address, which is told."""
    files = {
        "n1/redis.conf": "",
        "n2/redis.conf": "replicaof n1 6379\n",
        "n1/sentinel.conf": MONITOR.replace("10.9.0.1", "n1"),
    }
    rendered = here(load_deployment(tree(files)), served=True)
    assert lines(rendered, "sentinel-n1", "monitor") == ["sentinel monitor m 10.77.1.1 6379 2"]
    [line] = rendered.unreproduced_lines
    assert line.startswith("sentinel monitor m n1 6379 2 (")
