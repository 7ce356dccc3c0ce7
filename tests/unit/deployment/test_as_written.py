"""Files as they are found in the field, whose lines mean something else than they seem to: each is read as the servers read it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.analysis.analysis import analyse
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.overrides import apply_overrides
from jsquared.errors import BadInputError
from jsquared.records.findings import Finding
from jsquared.records.plan import Engine

Tree = Callable[[dict[str, str]], Path]
ENGINE = Engine(name="redis", version="7.0.15")
DATA = "protected-mode no\nappendonly yes\n"
WATCH = "sentinel resolve-hostnames yes\nsentinel monitor cart {} 6379 2\n"
TIMES = "sentinel down-after-milliseconds cart 5000\nsentinel failover-timeout cart 6000\n"


def serious(deployment: Deployment) -> dict[str, Finding]:
    """What is violated or warned of, by rule; the last of each."""
    return {one.rule: one for one in analyse(deployment, ENGINE) if one.outcome != "fact"}


def three(data: dict[str, str], sentinel: str, *, every: str = "") -> dict[str, str]:
    """Hosts with these lines of data nodes, each with a Sentinel beside it."""
    files = {f"{host}/redis.conf": DATA + every + lines for host, lines in data.items()}
    return files | {f"{host}/sentinel.conf": sentinel for host in data}


def test_the_name_of_a_host_is_its_own(tree: Tree) -> None:
    """A copied line announces another host's name everywhere: the name still means that host, and each copy is found."""
    data = {"fir": "replicaof yew 6379\n", "lime": "replicaof yew 6379\n", "yew": ""}
    deployment = load_deployment(tree(three(data, WATCH.format("yew") + TIMES, every="replica-announce-ip yew\n")))
    assert {node.host: node.replica_of for node in deployment.data} == {"fir": "yew", "lime": "yew", "yew": None}
    found = serious(deployment)
    assert set(found) == {"announced-twice", "announces-another-host"}
    assert found["announces-another-host"].target == "redis-fir, redis-lime"
    assert found["announces-another-host"].outcome == "violated"


def test_sentinels_that_announce_the_primarys_host(tree: Tree) -> None:
    """They are looked for where only the primary is, and are three machines all the same."""
    files = {"yew/redis.conf": DATA, "fir/redis.conf": f"{DATA}port 6380\nreplicaof yew 6379\n"}
    for number in (1, 2, 3):
        own = f"port {26378 + number}\nsentinel announce-ip yew\nsentinel announce-port {26378 + number}\n"
        files[f"eye{number}/sentinel.conf"] = own + WATCH.format("yew") + TIMES
    found = serious(load_deployment(tree(files)))
    assert found["announces-another-host"].directive == "sentinel announce-ip yew"
    assert "none votes" in found["announces-another-host"].message
    assert not {"majority-dies-with-host", "hosts-share-machine"} & set(found)


COMPOSE = """
services:
  main: {{image: redis:7, ports: ["{main}:6379"], command: redis-server {base} --replica-announce-port {main}}}
  copy1: {{image: redis:7, ports: ["7380:6379"], command: redis-server {base} --replicaof 198.51.100.4 {main} --replica-announce-port 7380}}
  copy2: {{image: redis:7, ports: ["7381:6379"], command: redis-server {base} --replicaof 198.51.100.4 {main} --replica-announce-port 7381}}
  eye1: &eye {{image: redis:7, configs: [{{source: eye, target: /eye.conf}}], command: redis-sentinel /eye.conf}}
  eye2: *eye
  eye3: *eye
configs:
  eye: {{content: "sentinel monitor cart 198.51.100.4 {main} 2\\n{times}"}}
"""


@pytest.mark.parametrize("main", ["6379", "7379"])
def test_published_ports_tell_containers_apart(tree: Tree, main: str) -> None:
    """The machine's address and a published port mean the one container that announces them, and no advice would break that."""
    text = COMPOSE.format(
        main=main, base="--appendonly yes --replica-announce-ip 198.51.100.4", times=TIMES.replace("\n", "\\n")
    )
    deployment = load_deployment(tree({"compose.yaml": text}) / "compose.yaml")
    assert {node.host: node.replica_of for node in deployment.data} == {"main": None, "copy1": "main", "copy2": "main"}
    assert set(serious(deployment)) == {"hosts-share-machine"}


@pytest.mark.parametrize("monitored", ["10.6.0.1", "10.6.0.50"])
@pytest.mark.parametrize("floating", ["-10.6.0.50", "10.6.0.50"])
def test_a_floating_address_makes_no_machine(tree: Tree, floating: str, monitored: str) -> None:
    """All may have it, one at a time: each has an address of its own, and who monitors it means the primary."""
    hosts = {f"10.6.0.{number}": "replicaof 10.6.0.1 6379\n" if number > 1 else "" for number in (1, 2, 3)}
    data = {host: f"bind {host} {floating} 127.0.0.1\n{lines}" for host, lines in hosts.items()}
    sentinel = f"sentinel monitor cart {monitored} 6379 2\n" + TIMES
    deployment = load_deployment(tree(three(data, sentinel)))
    assert not serious(deployment)
    assert deployment.primary.host == "10.6.0.1"


def test_one_password_is_the_advice_where_passwords_differ(tree: Tree) -> None:
    """No login fits nodes that ask for different passwords, so the advice ends where it is followed."""
    data = {
        f"10.7.0.{number}": f"requirepass {'plum-1' if number == 1 else 'pear-2'}\nmasterauth plum-1\n"
        + ("replicaof 10.7.0.1 6379\n" if number > 1 else "")
        for number in (1, 2, 3)
    }
    sentinel = f"sentinel monitor cart 10.7.0.1 6379 2\n{TIMES}sentinel auth-pass cart plum-1\n"
    deployment = load_deployment(tree(three(data, sentinel)))
    found = serious(deployment)
    assert set(found) == {"masterauth-wrong", "sentinel-auth-wrong", "passwords-differ"}
    advice = {one.try_with for one in found.values()}
    assert len(advice) == 1
    assert found["masterauth-wrong"].fix.startswith("requirepass")
    followed = ["redis@10.7.0.2.requirepass=plum-1", "redis@10.7.0.3.requirepass=plum-1"]
    assert not serious(apply_overrides(deployment, followed))


def test_a_password_that_another_line_knows_is_the_advice(tree: Tree) -> None:
    """The nodes know a hash only, and the replicas log in with what fits it."""
    hashed = "#ab372edc4f4540f59baeeb29bfd9d32c8b8efafd0267ad3ae77eee2e75d2a77b"
    data = {
        f"10.7.1.{number}": f"user default on {hashed} ~* &* +@all\n"
        + ("replicaof 10.7.1.1 6379\nmasterauth lime-6\n" if number > 1 else "")
        for number in (1, 2, 3)
    }
    sentinel = f"sentinel monitor cart 10.7.1.1 6379 2\n{TIMES}sentinel auth-pass cart lime-6\n"
    deployment = load_deployment(tree(three(data, sentinel)))
    (finding,) = [one for one in serious(deployment).values() if one.rule == "masterauth-missing"]
    assert finding.fix.startswith("masterauth <secret-")
    assert not serious(apply_overrides(deployment, ["redis@10.7.1.1.masterauth=lime-6"]))


def test_compose_sentinels_without_data_nodes(tree: Tree) -> None:
    """Options that only a Sentinel takes make one of a service whose image is not known; what is missing is said in words of its file."""
    eye = (
        "  eye{n}:\n    build: .\n    image: our-eye\n    command: ['--sentinel monitor cart 198.51.100.7 6379 2', "
        "'--sentinel announce-port 2638{n}']\n"
    )
    text = "services:\n" + "".join(eye.format(n=number) for number in (1, 2, 3))
    with pytest.raises(
        BadInputError,
        match=r"3 Sentinels and no data node: the primary at 198\.51\.100\.7:6379 .* giving the redis\.conf",
    ):
        load_deployment(tree({"compose.yaml": text}) / "compose.yaml")


def test_an_escaped_dollar_in_a_compose_command(tree: Tree) -> None:
    """Within double quotes a backslash before a dollar sign goes, for Compose as for every shell."""
    text = """
services:
  one:
    image: redis:7
    secrets: [word]
    command: >
      sh -c "
        WORD=\\$$(cat /run/secrets/word 2>/dev/null || echo 'none') &&
        echo 'requirepass '\\$$WORD > /tmp/one.conf &&
        redis-server /tmp/one.conf
      "
  eye: {image: redis:7, command: "redis-sentinel /eye.conf", configs: [{source: eye, target: /eye.conf}]}
secrets:
  word: {file: ./word.txt}
configs:
  eye: {content: "sentinel resolve-hostnames yes\\nsentinel monitor cart one 6379 1\\n"}
"""
    deployment = load_deployment(tree({"compose.yaml": text, "word.txt": "moss-9\n"}) / "compose.yaml")
    assert deployment.primary.value("requirepass") == "moss-9"
    assert "sentinel-auth-missing" in serious(deployment)


SHARED = """
services:
  main: &node {{image: redis:7, volumes: ["{volume}"], command: "redis-server --appendonly yes {more}"}}
  copy:
    <<: *node
    command: "redis-server --appendonly yes --replicaof main 6379 {other}"
  eye: {{image: redis:7, command: redis-sentinel /eye.conf, configs: [{{source: eye, target: /eye.conf}}]}}
volumes: {{store: }}
configs:
  eye: {{content: "sentinel resolve-hostnames yes\\nsentinel monitor cart main 6379 1\\n"}}
"""


@pytest.mark.parametrize(
    ("volume", "more", "other", "shared"),
    [
        ("store:/data", "", "", True),
        ("./store:/data", "", "", True),
        ("store:/var", "--dir /var/lib", "--dir /var/lib", True),
        ("store:/var", "--dir /var/1", "--dir /var/2", False),
        ("store:/elsewhere", "", "", False),
        ("/data", "", "", False),
        ("store:/data", "", "--dbfilename b.rdb --appendfilename b.aof", False),
    ],
)
def test_one_volume_for_several_data_nodes(tree: Tree, volume: str, more: str, other: str, shared: bool) -> None:
    """They write over each other's files; where each has its own the volume may be one."""
    text = SHARED.format(volume=volume, more=more, other=other)
    deployment = load_deployment(tree({"compose.yaml": text, "store/.keep": ""}) / "compose.yaml")
    found = serious(deployment)
    assert ("storage-shared" in found) == shared
    if shared:
        assert found["storage-shared"].target == "redis-main, redis-copy"


def test_one_folder_for_servers_of_one_machine(tree: Tree) -> None:
    """Different ports and the same ``dir``: the snapshots and append-only files are the same ones."""
    files = {f"n{n}/redis.conf": f"port 700{n}\ndir /var/lib/redis\n" for n in (1, 2)}
    files["n2/redis.conf"] += "replicaof 127.0.0.1 7001\n"
    files["n1/sentinel.conf"] = "sentinel monitor cart 127.0.0.1 7001 1\n"
    assert serious(load_deployment(tree(files)))["storage-shared"].directive == "dir /var/lib/redis"
