"""Compose files as people have them: one or several, overrides, machines, scale and profiles; what is ambiguous is asked for."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.deployment.model.reach import Allowed
from jsquared.deployment.model.spec import Deployment, Node
from jsquared.deployment.read.load import load_deployment
from jsquared.errors import BadInputError
from support.compose_fixtures import COMPOSE, COMPOSE_FIXTURES

Tree = Callable[[dict[str, str]], Path]
WATCH = "sentinel resolve-hostnames yes\nsentinel monitor m one 6379 2\n"
SERVICES = """services:
  one: {image: redis, command: redis-server}
  two: {image: redis, command: redis-server --replicaof one 6379}
  watch: {image: redis, command: redis-sentinel /s.conf, volumes: ["./s.conf:/s.conf"]}
"""


def lines(node: Node) -> list[str]:
    """A node's lines."""
    return [line.text for line in node.directives if line.text != "protected-mode no"]


def servers(deployment: Deployment) -> list[str]:
    """The hosts with servers."""
    return sorted({node.host for node in deployment.nodes})


def refused(path: Path, **options: list[str]) -> str:
    """The line that a deployment is refused with."""
    with pytest.raises(BadInputError) as problem:
        load_deployment(path, Allowed(**options))  # type: ignore[arg-type]
    return str(problem.value)


@pytest.mark.parametrize("name", COMPOSE)
def test_what_people_write_is_understood(name: str) -> None:
    """Every fixture has its primary, two replicas (or as many as it says) and a quorum of Sentinels, with nothing that leads astray."""
    expected = COMPOSE[name]
    deployment = load_deployment(COMPOSE_FIXTURES / name, expected.allowed)
    assert deployment.primary.host == expected.primary
    assert [node.host for node in deployment.replicas] == expected.replicas
    assert [node.host for node in deployment.sentinels] == expected.sentinels
    assert (deployment.quorum, deployment.astray) == (2, ())


def test_every_fixture_is_expected() -> None:
    """No folder of fixtures is forgotten."""
    assert sorted(path.name for path in COMPOSE_FIXTURES.iterdir()) == sorted(COMPOSE)


# -- Machines


def test_machines_are_hosts_with_both_servers() -> None:
    """A machine's containers share its address, and each file has the variables that lie beside it."""
    deployment = load_deployment(COMPOSE_FIXTURES / "a-file-for-each-machine")
    assert servers(deployment) == ["node1", "node2", "node3"]
    assert "bind 198.51.100.2 127.0.0.1" in lines(deployment.sentinels[1])
    assert deployment.sentinels[1].source.path.endswith("node2/docker-compose.yml, node2:/tmp/sentinel.conf")
    assert not any("several Sentinels write to" in note for note in deployment.not_reproduced)


def test_ports_of_a_machine_lead_to_its_containers(tree: Tree) -> None:
    """A published port is known to others, whatever the port inside is."""
    machine = """services:
  redis: {{image: redis, ports: ["7000:6379"], command: redis-server --replica-announce-ip 10.0.0.{0} --replica-announce-port 7000 {1}}}
  watch: {{image: redis, ports: ["27000:26379"], command: redis-sentinel /s.conf, volumes: ["./s.conf:/s.conf"]}}
"""
    files = {
        f"n{number}/compose.yaml": machine.format(number, "--replicaof 10.0.0.1 7000" if number > 1 else "")
        for number in (1, 2, 3)
    }
    files |= {f"n{number}/s.conf": "sentinel monitor m 10.0.0.1 7000 2\n" for number in (1, 2, 3)}
    deployment = load_deployment(tree(files))
    assert [node.replica_of for node in deployment.data] == [None, "n1", "n1"]
    assert deployment.astray == ()


def test_a_name_ends_at_its_machine(tree: Tree) -> None:
    """The name of another machine's container is none here, and the own container's name is no address for others."""
    other = SERVICES.replace("  two:", "  x: {image: nginx}\n  two:")
    first = "services: {one: {image: redis, command: redis-server}}\n"
    root = tree({"n1/compose.yaml": first, "n2/compose.yaml": other.replace("  one:", "  uno:"), "n2/s.conf": WATCH})
    assert "runs several data nodes. Try: one of them in each machine's file, or --deployment" in refused(root)
    second = "services: {two: {image: redis, command: redis-server --replicaof one 6379}}\n"
    third = "services: {watch: {image: redis, command: redis-sentinel --sentinel monitor m one 6379 1}}\n"
    root = tree({"n1/compose.yaml": first, "n2/compose.yaml": second, "n3/compose.yaml": third})
    assert "'one' is a service of n1, and no name here: other machines know it by the machine's address" in refused(
        root
    )
    own = "services: {one: {image: redis, command: redis-server --replicaof one 6379}}\n"
    root = tree({"n1/compose.yaml": first, "n2/compose.yaml": own, "n3/compose.yaml": third})
    assert "'one' is a service of this machine's own network" in refused(root)


def test_one_machine_and_something_else_is_no_pair(tree: Tree) -> None:
    """A folder with other services beside the one of these servers has one file that is read; names that are left of files stay unique."""
    files = {"app/compose.yaml": "services: {web: {image: nginx}}\n", "db/compose.yaml": SERVICES, "db/s.conf": WATCH}
    assert "compose.yaml" not in refused(tree(files)), "read like a folder of redis.conf files"
    text = "services: {{r: {{image: redis, command: redis-server --bind 10.0.0.{} {}}}}}\n"
    watch = "services: {w: {image: redis, command: redis-sentinel --sentinel monitor m 10.0.0.1 6379 1}}\n"
    alike = tree({"compose.yml.yaml": "", "a.yml": text.format(1, ""), "a.yaml": watch})
    assert servers(load_deployment(alike)) == ["a.yaml", "a.yml"]
    named = tree({"redis-compose.yml": text.format(1, ""), "docker-compose.w.yaml": watch})
    assert servers(load_deployment(named)) == ["redis", "w"]
    assert "--compose-file: is laid over one file, and here each of several" in refused(named, compose_files=["x"])


def test_what_else_lies_there_is_no_machine(tree: Tree) -> None:
    """A pipe, a link to elsewhere and a file that is no text are passed over, as are folders without Compose files."""
    files = {
        "n1/redis.conf": "bind 10.0.0.1\n",
        "n1/sentinel.conf": "sentinel monitor m 10.0.0.1 6379 1\n",
        "n2/notes.txt": "",
    }
    root = tree(files)
    os.mkfifo(root / "n2" / "compose.yaml")
    os.mkfifo(root / "a.yaml")
    (root / "b.yaml").symlink_to("/etc/passwd")
    (root / "c.yaml").write_bytes(b"services: \xff")
    assert servers(load_deployment(root)) == ["n1"]


def test_a_mapping_outranks_files_of_machines(tree: Tree) -> None:
    """Who says which configuration belongs to which host means the configurations."""
    files = {f"n{number}/compose.yaml": SERVICES for number in (1, 2)}
    files |= {"n1/redis.conf": "", "n1/sentinel.conf": "sentinel monitor m 127.0.0.1 6379 1\n"}
    deployment = load_deployment(tree(files), Allowed(hosts=["n1/redis.conf=box", "n1/sentinel.conf=box"]))
    assert servers(deployment) == ["box"]


# -- Files laid over each other


def test_a_folder_is_read_with_its_override_and_a_file_without(tree: Tree) -> None:
    """As ``docker compose`` does without and with ``-f``; the file alone names what it leaves out, and how to read it."""
    over = """services:
  two: {command: redis-server --replicaof one 6379 --appendonly yes}
  three: {image: redis, command: redis-server --replicaof one 6379}
"""
    root = tree({"compose.yaml": SERVICES, "compose.override.yaml": over, "s.conf": WATCH})
    assert [node.host for node in load_deployment(root).data] == ["one", "two", "three"]
    assert load_deployment(root).data_on("two").is_on("appendonly")
    alone = load_deployment(root / "compose.yaml")
    assert [node.host for node in alone.data] == ["one", "two"]
    assert any("--compose-file reads more" in note for note in alone.not_reproduced)
    with_it = load_deployment(root / "compose.yaml", Allowed(compose_files=[str(root / "compose.override.yaml")]))
    assert [lines(node) for node in with_it.nodes] == [lines(node) for node in load_deployment(root).nodes]
    assert not any("--compose-file" in note for note in with_it.not_reproduced)


def test_values_are_merged_as_compose_does(tree: Tree) -> None:
    """Single values are replaced, variables added by name, volumes by target, and tags say that nothing is added."""
    base = """services:
  one:
    image: redis
    command: redis-server /c/r.conf --hz ${HZ}
    environment: {A: "1", B: "2"}
    volumes: ["./base:/c"]
  watch: {image: redis, command: redis-sentinel /s.conf, volumes: ["./s.conf:/s.conf"]}
"""
    over = """services:
  one:
    environment: [B=3]
    volumes: ["./other:/c"]
    command: sh -c 'redis-server /c/r.conf --maxclients $${A}$${B}'
"""
    files = {
        "compose.yaml": base,
        "base/r.conf": "hz 20\n",
        "other/r.conf": "hz 30\n",
        "s.conf": WATCH.replace("2\n", "1\n"),
    }
    root = tree(files | {"compose.override.yml": over})
    assert lines(load_deployment(root, Allowed(env=["HZ=9"])).primary) == ["hz 30", "maxclients 13"]
    (root / "compose.override.yml").write_text(over.replace("environment: [B=3]", "environment: !override {B: '3'}"))
    assert lines(load_deployment(root, Allowed(env=["HZ=9"])).primary) == ["hz 30", "maxclients 3"]
    (root / "compose.override.yml").write_text("services: {one: {volumes: !reset [], command: redis-server}}\n")
    assert lines(load_deployment(root, Allowed(env=["HZ=9"])).primary) == []


def test_paths_begin_at_the_first_file(tree: Tree) -> None:
    """A file that is laid over another from elsewhere names paths from the first one's folder."""
    over = "services: {one: {command: redis-server /r.conf, volumes: ['./r.conf:/r.conf']}}\n"
    root = tree({"a/compose.yaml": SERVICES, "a/s.conf": WATCH, "a/r.conf": "hz 20\n", "a/b/over.yaml": over})
    deployment = load_deployment(
        root / "a" / "compose.yaml", Allowed(compose_files=[str(root / "a" / "b" / "over.yaml")])
    )
    assert lines(deployment.primary) == ["hz 20"]


def test_files_to_lay_over_are_read_wherever_they_lie(tree: Tree) -> None:
    """Who names one means it; a missing file, a folder and a pipe are refused, and what it names elsewhere stays out of reach."""
    over = "services: {one: {command: redis-server /c.conf, volumes: ['../c.conf:/c.conf']}}\n"
    files = {
        "a/compose.yaml": SERVICES,
        "a/s.conf": WATCH,
        "over.yaml": "services: {one: {command: redis-server --hz 20}}\n",
    }
    root = tree(files | {"more.yaml": over, "c.conf": "hz 30\n"})
    file = root / "a" / "compose.yaml"
    assert lines(load_deployment(file, Allowed(compose_files=[str(root / "over.yaml")])).primary) == ["hz 20"]
    assert "lies outside the folders that may be read" in refused(file, compose_files=[str(root / "more.yaml")])
    assert "none.yaml is no file" in refused(file, compose_files=[str(root / "a" / "none.yaml")])
    assert "is no file" in refused(file, compose_files=[str(root / "a")])
    os.mkfifo(root / "pipe")
    assert "pipe" in refused(file, compose_files=[str(root / "pipe")])


def test_secrets_are_found_in_every_file(tree: Tree) -> None:
    """A password that two files share is masked in the copies of both."""
    over = """services:
  one: {command: redis-server --requirepass moss-77}
  two: {command: redis-server --replicaof one 6379 --masterauth moss-77}
"""
    root = tree({"compose.yaml": SERVICES, "compose.override.yaml": over, "s.conf": WATCH})
    deployment = load_deployment(root)
    assert "moss-77" in deployment.secrets.values
    assert {"compose.yaml", "compose.override.yaml"} <= set(deployment.input_files)


# -- How many, and which


def test_scale_outranks_the_file(tree: Tree) -> None:
    """``--scale`` gives the number of containers, zero included; unknown services and other words are refused."""
    root = tree({"compose.yaml": SERVICES.replace("two: {", "two: {deploy: {replicas: 2}, "), "s.conf": WATCH})
    assert [node.host for node in load_deployment(root).replicas] == ["two-1", "two-2"]
    scaled = load_deployment(root, Allowed(scale=["two=1", "watch=3"]))
    assert ([node.host for node in scaled.replicas], len(scaled.sentinels)) == (["two"], 3)
    assert "--scale: there is no service 'watc'. Try: watch" in refused(root, scale=["watc=3"])
    for written in ("watch", "watch=17", "watch=-1", "=3", "watch=x"):
        assert f"'{written}' is not a service and a number from 0 to 16" in refused(root, scale=[written])
    assert "no Sentinels" in refused(root, scale=["watch=0"])


def test_a_global_service_asks_how_many(tree: Tree) -> None:
    """No file says how many hosts a swarm has; on machines with a file each it is one."""
    text = SERVICES.replace("watch: {", "watch: {deploy: {mode: global}, ")
    root = tree({"compose.yaml": text, "s.conf": WATCH})
    assert "services.watch.deploy.mode: one container on each host of a swarm" in refused(root)
    assert "Try: --scale watch=3" in refused(root)
    assert len(load_deployment(root, Allowed(scale=["watch=2"])).sentinels) == 2


def test_services_of_profiles_are_there_when_they_are_wanted(tree: Tree) -> None:
    """As with Compose; what is left out is named with the option, and so is what is missing then."""
    root = tree({"compose.yaml": SERVICES.replace("two: {", "two: {profiles: [more, all], "), "s.conf": WATCH})
    without = load_deployment(root)
    assert [node.host for node in without.data] == ["one"]
    assert any(
        "left out: two (--profile more and --profile all starts them)" in note for note in without.not_reproduced
    )
    for names in (["more"], ["x", "all"], ["*"]):
        assert [node.host for node in load_deployment(root, Allowed(profiles=names)).data] == ["one", "two"]
    root = tree({"compose.yaml": SERVICES.replace("watch: {", "watch: {profiles: [ha], "), "s.conf": WATCH})
    assert "no Sentinels. Try: --profile ha, without which" in refused(root)


@pytest.mark.parametrize("option", ["scale", "profiles", "compose_files"])
def test_only_compose_files_have_services(tree: Tree, option: str) -> None:
    """An option without effect is refused, for shipped deployments, folders and files."""
    yaml = tree({"a.yaml": "data: [n1]\nsentinels: [n1]\n"})
    for path in ("reference", yaml, yaml / "a.yaml"):
        assert "this deployment is no Compose file" in refused(Path(path), **{option: ["a=1"]})


def test_the_options_are_part_of_the_command() -> None:
    """What is printed to be typed again has them."""
    allowed = Allowed(scale=["a=1"], profiles=["ha"], compose_files=["over.yaml"])
    assert allowed.options() == ["--scale", "a=1", "--profile", "ha", "--compose-file", "over.yaml"]
