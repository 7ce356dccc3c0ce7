"""Deployments as folders of native files: who is whose replica, which host an address means, and what is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.deployment.model.reach import Reach
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.native.folder import read_folder
from jsquared.errors import BadInputError

Tree = Callable[[dict[str, str]], Path]
MONITOR = "sentinel monitor m {} 6379 1"


def roles(deployment: Deployment) -> dict[str, str | None]:
    """Each data node's host with that of its primary."""
    return {node.host: node.replica_of for node in deployment.data}


def test_production_files_are_understood(deployments: Path) -> None:
    """Addresses in bind lines, old names, includes of another machine and what Sentinel wrote itself are all read."""
    deployment = read_folder(deployments / "production")
    assert roles(deployment) == {"n1": None, "n2": "n1", "n3": "n1"}
    assert (deployment.name, deployment.master_name, deployment.quorum) == ("production", "cache", 2)
    assert (deployment.down_after_ms, deployment.failover_timeout_ms) == (5000, 180_000)
    assert deployment.aof_everywhere
    assert deployment.primary.value("min-replicas-max-lag") == "3"
    assert deployment.primary.value("masterauth") == "s3cret pass"
    assert set(deployment.input_files) == {
        "common.conf",
        *(f"n{number}/{kind}.conf" for number in (1, 2, 3) for kind in ("redis", "sentinel")),
    }


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(
            {
                "n1/redis.conf": "",
                "n2/redis.conf": "replicaof n1 6379",
                "n10/redis.conf": "replicaof N1.prod.example 6379",
                "s1/sentinel.conf": MONITOR.format("n1"),
            },
            id="folder names",
        ),
        pytest.param(
            {
                "n1/redis.conf": "bind 0.0.0.0 -::* *",
                "n2/redis.conf": "replicaof 10.0.0.1 6379",
                "n10/redis.conf": "replicaof 10.0.0.1 6379",
                "s1/sentinel.conf": MONITOR.format("primary.example"),
            },
            id="one unknown address and one unknown name, which can only be the primary's",
        ),
        pytest.param(
            {
                "n1/redis.conf": "port 7001",
                "n2/redis.conf": "port 7002\nreplicaof 127.0.0.1 7001",
                "n10/redis.conf": "port 7010\nreplicaof localhost 7001",
                "n10/sentinel.conf": "sentinel monitor m 127.0.0.1 7001 1",
            },
            id="all on one machine",
        ),
        pytest.param(
            {
                "n1/redis.conf": "replicaof no one",
                "n1/sentinel.conf": MONITOR.format("127.0.0.1"),
                "n2/redis.conf": "replicaof n1 6379",
                "n10/redis.conf": "replicaof n1 6379",
            },
            id="a Sentinel that names its own host by 127.0.0.1",
        ),
        pytest.param(
            {
                "n1/valkey.conf": "bind 10.0.0.9\nport 7001",
                "n2/redis.conf": "bind 10.0.0.9\nport 7002\nreplicaof 10.0.0.9 7001",
                "n10/redis.conf": "bind 10.0.0.9\nport 7003\nreplicaof 10.0.0.9 7001",
                "s1/sentinel.conf": "sentinel monitor m 10.0.0.9 7001 1",
            },
            id="one address with several ports",
        ),
        pytest.param(
            {
                "n1/redis.conf": "slave-announce-ip 192.0.2.1\nslave-announce-port 17001",
                "n2/redis.conf": "replicaof 192.0.2.1 17001",
                "n10/redis.conf": "replicaof 192.0.2.7 6379",
                "n1/sentinel.conf": "sentinel announce-ip 192.0.2.7\nsentinel monitor m 192.0.2.1 6379 1",
            },
            id="announced addresses",
        ),
    ],
)
def test_addresses_are_traced_to_hosts(tree: Tree, files: dict[str, str]) -> None:
    """However the primary is called, n2 and n10 are its replicas, in natural order."""
    deployment = read_folder(tree(files))
    assert list(roles(deployment).items()) == [("n1", None), ("n2", "n1"), ("n10", "n1")]
    assert deployment.monitored[0].host == "n1"


def test_the_slowest_sentinel_counts(tree: Tree) -> None:
    """Where Sentinels differ, limits go by the largest number; a primary alone needs no replica."""
    settings = "\nsentinel down-after-milliseconds m {}\nSENTINEL failover-timeout m {}"
    root = tree(
        {
            "n1/redis.conf": "",
            "s1/sentinel.conf": "sentinel monitor m n1 6379 1" + settings.format(1000, 9000),
            "s2/sentinel.conf": "sentinel monitor m n1 6379 2" + settings.format(2000, 8000),
            "notes/readme.txt": "ignored",
        }
    )
    deployment = read_folder(root)
    monitored = deployment.monitored[0]
    assert (monitored.quorum, monitored.down_after_ms, monitored.failover_timeout_ms) == (2, 2000, 9000)
    assert str(deployment.majority_ack) == "async"


S = {"s1/sentinel.conf": MONITOR.format("n1")}
BAD: dict[str, tuple[dict[str, str], str]] = {
    "no files": ({"n1/notes.txt": ""}, "deployment: no file of a data node or a Sentinel: there is n1/notes.txt. Try: FOLDER/<host>"),
    "files without hosts": ({"redis.conf": ""}, r"deployment: no Sentinels\. Try: .*found: redis.conf \(data node\)"),
    "no Sentinels": ({"n1/redis.conf": ""}, r"deployment: no Sentinels\. Try: .*sentinel\.conf"),
    "no data nodes": (
        {f"s{number}/sentinel.conf": MONITOR.format("10.0.0.1") for number in (1, 2)},
        "s1/sentinel.conf:1, sentinel monitor: 2 Sentinels and no data node: the primary at 10.0.0.1:6379 is not part of the deployment",
    ),
    "a Sentinel that monitors nothing": ({"n1/redis.conf": "", "s1/sentinel.conf": ""}, "s1/sentinel.conf: no Sentinel monitors a primary"),
    "no primary": (
        {**S, "n1/redis.conf": "replicaof n2 6379", "n2/redis.conf": "replicaof n1 6379"},
        "n1/redis.conf:1, replicaof: every data node is a replica: none is left as primary. Try: no replicaof on the host",
    ),
    "a circle beside a primary": (
        {"n1/redis.conf": "replicaof n2 6379", "n2/redis.conf": "replicaof n1 6379", "n3/redis.conf": "", **S},
        "s1/sentinel.conf:1, sentinel monitor: n1 is a replica of n2. Try: monitoring n2",
    ),
    "only replicas of themselves": (
        {**S, "n1/redis.conf": "slaveof 127.0.0.1 6379", "n2/redis.conf": "slaveof 127.0.0.1 6379"},
        "n1/redis.conf:1, replicaof: every data node is a replica: none is left as primary; 127.0.0.1 is each host itself",
    ),
    "an unknown address": (
        {**S, "n1/redis.conf": "bind 10.0.0.1", "n2/redis.conf": "hz 1\nslaveof 10.9.9.9 6379"},
        "n2/redis.conf:2, replicaof: 10.9.9.9 is not the address of any data node here. Try: ",
    ),
    "two unknown addresses": (
        {**S, "n1/redis.conf": "", "n2/redis.conf": "replicaof 10.0.0.1 6379", "n3/redis.conf": "replicaof 10.0.0.2 6379"},
        "n3/redis.conf:1, replicaof: 10.0.0.2 is not the address of any data node here",
    ),
    "another port of two": (
        {**S, "n1/redis.conf": "bind 10.0.0.1\nport 7000", "n2/redis.conf": "bind 10.0.0.1\nport 7001\nreplicaof 10.0.0.1 6379"},
        "none of n1, n2 listens on port 6379",
    ),
    "an ambiguous address": (
        {**S, "n1/redis.conf": "bind 10.0.0.1", "n2/redis.conf": "bind 10.0.0.1", "n3/redis.conf": "replicaof 10.0.0.1 6379"},
        "10.0.0.1:6379 could be n1 or n2. Try: the folder name",
    ),
    "half a replicaof": ({**S, "n1/redis.conf": "", "n2/redis.conf": "replicaof n1"}, "replicaof: takes an address and a port"),
    "half a monitor": ({"n1/redis.conf": "", "s1/sentinel.conf": "sentinel monitor m n1 6379"},
        "takes a name, an address, a port and a quorum"),
    "a bad port": ({**S, "n1/redis.conf": "port x"}, "n1/redis.conf:1, port: 'x' is not a whole number from 0 to 65535"),
    "a quorum below 1": (
        {"n1/redis.conf": "", "s1/sentinel.conf": "sentinel monitor m n1 6379 0"}, "'0' is not a whole number from 1",
    ),
    "a second primary beside two": (
        {
            "n1/redis.conf": "", "n2/redis.conf": "", "n3/redis.conf": "",
            "s1/sentinel.conf": "sentinel monitor a n1 6379 1\nsentinel monitor b n2 6379 1",
        },
        "n3/redis.conf: n3 is a second primary: it has no replicaof, and the Sentinels monitor n1, n2",
    ),
    "replicas of each other beside two": (
        {
            "n1/redis.conf": "", "n2/redis.conf": "", "n3/redis.conf": "replicaof n4 6379", "n4/redis.conf": "replicaof n3 6379",
            "s1/sentinel.conf": "sentinel monitor a n1 6379 1\nsentinel monitor b n2 6379 1",
        },
        "n3 replicates from n4, which belongs to no monitored primary",
    ),
    "a replica that is monitored too": (
        {
            "n1/redis.conf": "", "n2/redis.conf": "replicaof n1 6379",
            "s1/sentinel.conf": "sentinel monitor a n1 6379 1\nsentinel monitor b n2 6379 1",
        },
        "s1/sentinel.conf:2, sentinel monitor: n2 is a replica of n1, which is monitored as a: Sentinel finds replicas by itself",
    ),
    "one host under two names": (
        {"n1/redis.conf": "", "s1/sentinel.conf": "sentinel monitor a n1 6379 1\nsentinel monitor b n1 6379 1"},
        "s1/sentinel.conf:2, sentinel monitor: n1 is already monitored as a. Try: one name for each primary",
    ),
    "a primary that not all monitor": (
        {
            "n1/redis.conf": "", "n2/redis.conf": "", "s2/sentinel.conf": "sentinel monitor a n1 6379 1",
            "s1/sentinel.conf": "sentinel monitor a n1 6379 1\nsentinel monitor b n2 6379 1",
        },
        "the Sentinel on s2 does not monitor b",
    ),
    "a setting of another primary": (
        {"n1/redis.conf": "", "s1/sentinel.conf": MONITOR.format("n1") + "\nsentinel parallel-syncs mm 1"},
        "s1/sentinel.conf:2, sentinel parallel-syncs: no primary called 'mm' is monitored. Try: m",
    ),
    "a setting of no primary": (
        {"n1/redis.conf": "", "s1/sentinel.conf": MONITOR.format("n1") + "\nsentinel parallel-syncs"}, "no primary called ''",
    ),
    "a setting that is no number": (
        {"n1/redis.conf": "", "s1/sentinel.conf": MONITOR.format("n1") + "\nsentinel failover-timeout m 10s"},
        "s1/sentinel.conf:2, sentinel failover-timeout: '10s' is not a whole number",
    ),
    "two files on one host": ({"n1/redis.conf": "", "n1/valkey.conf": ""}, "n1: redis.conf and valkey.conf on one host"),
    "hosts that differ in case": ({"n1/redis.conf": "", "N1/redis.conf": ""}, "host [nN]1 is named twice"),
    "quotes": ({**S, "n1/redis.conf": 'requirepass "a"b'}, "n1/redis.conf:1: unbalanced quotes"),
    "a host's name": ({**S, "n1/redis.conf": "", "n 2/redis.conf": "replicaof n1 6379"}, "'n 2' cannot be the name of a host"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_contradictions_are_one_line_with_the_file(tree: Tree, case: str) -> None:
    """Each contradiction names the file and line, and what to try."""
    files, message = BAD[case]
    with pytest.raises(BadInputError, match=message) as caught:
        read_folder(tree(files))
    assert "\n" not in str(caught.value)
    assert "Try: " in str(caught.value)


def test_a_folder_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A forbidden folder is one line, too."""

    def refuse(_path: Path) -> None:
        raise PermissionError(13, "Permission denied", "hidden")

    monkeypatch.setattr("jsquared.deployment.model.reach.os.scandir", refuse)
    with pytest.raises(BadInputError, match=rf"^{tmp_path}: unreadable: Permission denied"):
        read_folder(tmp_path)


def test_a_folder_in_place_of_a_file_is_refused(tree: Tree) -> None:
    """redis.conf as a folder is no configuration."""
    root = tree({**S})
    (root / "n1" / "redis.conf").mkdir(parents=True)
    with pytest.raises(BadInputError, match=r"redis.conf: is not a regular file"):
        read_folder(root)


TWO = "sentinel monitor orders n1 6379 2\nsentinel monitor sessions m1 6379 1\nsentinel down-after-milliseconds sessions 9000"


def test_several_primaries_are_told_apart(tree: Tree) -> None:
    """Each node belongs to the primary that it follows; what a deployment says is about its subject, the first unless chosen."""
    files = {f"{host}/redis.conf": "" for host in ("n1", "m1")}
    files |= {
        "n2/redis.conf": "replicaof n1 6379",
        "m2/redis.conf": "replicaof m1 6379",
        "m3/redis.conf": "replicaof m1 6379",
    }
    deployment = read_folder(tree(files | {f"s{number}/sentinel.conf": TWO for number in (1, 2)}))
    assert deployment.master_names == ("orders", "sessions")
    assert (deployment.master_name, deployment.quorum, deployment.down_after_ms) == ("orders", 2, 30_000)
    assert (deployment.primary.host, [node.host for node in deployment.replicas]) == ("n1", ["n2"])
    other = deployment.about("sessions")
    assert (other.master_name, other.quorum, other.down_after_ms) == ("sessions", 1, 9_000)
    assert (other.primary.host, [node.host for node in other.replicas]) == ("m1", ["m2", "m3"])
    assert (len(other.data), len(other.group), str(other.majority_ack)) == (5, 3, "wait:1")
    with pytest.raises(BadInputError, match=r"no primary called 'orderz' is monitored\. Try: orders, sessions"):
        deployment.about("orderz")


def test_primaries_without_addresses_are_told_apart_by_their_ports(tree: Tree) -> None:
    """Where each primary has a port of its own, an address that no file gives itself must be the one with that port."""
    monitors = "sentinel monitor orders 10.0.0.1 6379 1\nsentinel monitor sessions 10.0.0.4 6380 1"
    files = {
        "n1/redis.conf": "", "n2/redis.conf": "replicaof 10.0.0.1 6379",
        "m1/redis.conf": "port 6380", "m2/redis.conf": "port 6380\nreplicaof 10.0.0.4 6380", "s1/sentinel.conf": monitors,
    }  # fmt: skip
    deployment = read_folder(tree(files))
    assert roles(deployment) == {"m1": None, "m2": "m1", "n1": None, "n2": "n1"}


def test_an_inferred_address_must_be_the_same_everywhere(tree: Tree) -> None:
    """A second unknown address with the same port means nobody."""
    files = {
        "n1/redis.conf": "", "m1/redis.conf": "port 6380", "m2/redis.conf": "port 6380\nreplicaof 10.0.0.5 6380",
        "s1/sentinel.conf": "sentinel monitor orders n1 6379 1\nsentinel monitor sessions 10.0.0.4 6380 1",
    }  # fmt: skip
    with pytest.raises(BadInputError, match=r"10\.0\.0\.4 is not the address of any data node here"):
        read_folder(tree(files))


def test_a_password_without_a_primarys_name_is_not_shown(tree: Callable[[dict[str, str]], Path]) -> None:
    """Where the name is forgotten in ``auth-pass``, the password stands in its place, however short it is."""
    lines = "sentinel monitor m n1 6379 1\nsentinel auth-pass Kan7\n"
    folder = tree({"n1/redis.conf": "port 6379\n", "n1/sentinel.conf": lines})
    with pytest.raises(BadInputError, match=r"no primary called '<secret>' is monitored") as refused:
        read_folder(folder, Reach.of(folder))
    assert "Kan7" not in str(refused.value)
