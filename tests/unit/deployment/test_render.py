"""Rendered files, and the list of what had to differ."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from jsquared.deployment.model.directives import Directive, split_words
from jsquared.deployment.model.reach import Allowed, Reach
from jsquared.deployment.read.load import load_deployment, shipped_deployments
from jsquared.deployment.read.native.folder import read_folder
from jsquared.deployment.read.overrides import apply_overrides
from jsquared.deployment.render.render import Rendered, render
from jsquared.errors import BadInputError
from jsquared.records.placement import PlacedNode
from jsquared.records.plan import Engine

OLD_REDIS = Engine(name="redis", version="6.2.14")
VALKEY = Engine(name="valkey", version="9.1.2")
Render = Callable[..., Rendered]


def lines(text: str) -> list[str]:
    """The lines of a rendered file."""
    return text.splitlines()


def test_stock_is_rendered_to_the_least(rendered: Render) -> None:
    """An empty redis.conf gets what other hosts need, and Sentinels know each other and the replicas from the start."""
    files = rendered(load_deployment("stock")).files
    assert lines(files["redis-n1"]) == ["protected-mode no"]
    assert lines(files["redis-n3"]) == ["replicaof 10.77.1.1 6379", "protected-mode no"]
    assert lines(files["sentinel-n1"]) == [
        "sentinel monitor mymaster 10.77.1.1 6379 2",
        "bind-source-addr 10.77.2.1",
        "sentinel myid 90d8f542ee88904a7028a8c98bf18b4ff7078cf4",
        "sentinel known-replica mymaster 10.77.1.2 6379",
        "sentinel known-replica mymaster 10.77.1.3 6379",
        "sentinel known-sentinel mymaster 10.77.2.2 26379 a0a12502af7b160e5ef09dee551168d3b65990f3",
        "sentinel known-sentinel mymaster 10.77.2.3 26379 f17c07784a8f1c41365b596223d5bd8af3b919e9",
    ]


def test_on_loopback_every_server_keeps_to_its_address(rendered: Render) -> None:
    """Where all hosts share one network, servers listen on and speak from their own address only."""
    files = rendered(load_deployment("stock"), prefix="127.9").files
    assert lines(files["redis-n1"]) == ["protected-mode no", "bind-source-addr 127.9.1.1", "bind 127.9.1.1"]
    assert "bind 127.9.2.1" in lines(files["sentinel-n1"])


def test_an_old_engine_speaks_from_its_first_bind(rendered: Render) -> None:
    """Redis before 7.0 has no bind-source-addr: a bind line stands for it."""
    deployment = apply_overrides(load_deployment("stock"), ["redis.bind-source-addr=10.0.0.1"])
    old = rendered(deployment, OLD_REDIS)
    assert "bind-source-addr" not in "".join(old.files.values())
    assert "bind 10.77.2.1" in lines(old.files["sentinel-n1"])
    assert "unknown to redis 6.2.14" in {rewrite.reason for rewrite in old.rewrites}
    new = rendered(deployment, VALKEY)
    assert "bind-source-addr 10.77.1.1" in lines(new.files["redis-n1"])
    assert "bind 10.77.2.1" not in lines(new.files["sentinel-n1"])
    assert (
        "bind-source-addr 10.77.2.1"
        in rendered(load_deployment("stock"), Engine(name="redis", version="unstable")).files["sentinel-n1"]
    )


def test_production_files_keep_all_but_what_cannot_hold_here(rendered: Render, deployments: Path) -> None:
    """Addresses, folders, log files, scripts are replaced; every other line is kept, Sentinel's own notes too."""
    root = deployments / "production"
    result = rendered(read_folder(root))
    assert lines(result.files["redis-n2"]) == [
        "appendonly yes",
        "appendfsync everysec",
        "min-slaves-to-write 1",
        "min-slaves-max-lag 3",
        'requirepass "s3cret pass"',
        'masterauth "s3cret pass"',
        "BIND 10.77.1.2 127.0.0.1 -::1",
        "port 6379",
        "daemonize no",
        'logfile ""',
        "dir /lab/n2/redis-n2",
        "supervised no",
        "unixsocket /lab/n2/redis-n2/server.sock",
        "tls-ca-cert-file /lab/n2/redis-n2/redis-n2.tls-ca.crt",
        "slaveof 10.77.1.1 6379",
    ]
    assert lines(result.files["sentinel-n2"])[:11] == [
        "port 26379",
        "bind 10.77.2.2",
        "dir /lab/n2/sentinel-n2",
        "sentinel myid 0000000000000000000000000000000000000002",
        "Sentinel Monitor cache 10.77.1.1 6379 2",
        "sentinel down-after-milliseconds cache 5000",
        'sentinel auth-pass cache "s3cret pass"',
        "sentinel announce-ip 10.77.2.2",
        "sentinel announce-port 26379",
        "sentinel known-replica cache 10.77.1.2 6379",
        "sentinel current-epoch 7",
    ]
    assert not any("known-replica" in line for line in lines(result.files["sentinel-n2"])[11:])
    copied = next(file for file in result.copied_files if file.node == "redis-n2")
    assert (copied.source, copied.target) == (str((root / "ca.crt").resolve()), "redis-n2.tls-ca.crt")
    assert len(result.copied_files) == 3


def test_every_difference_is_listed_with_its_line_and_reason(rendered: Render, deployments: Path) -> None:
    """What was changed, removed or added can be read from the rewrites alone."""
    deployment = read_folder(deployments / "production")
    rewrites = [rewrite for rewrite in rendered(deployment).rewrites if rewrite.file == "n2/redis.conf"]
    assert [(rewrite.line, rewrite.before, rewrite.after) for rewrite in rewrites][:4] == [
        (3, "BIND 10.0.0.12 127.0.0.1 -::1", "BIND 10.77.1.2 127.0.0.1 -::1"),
        (5, "daemonize yes", "daemonize no"),
        (6, "pidfile /run/redis/redis-server.pid", ""),
        (7, "logfile /var/log/redis/redis-server.log", 'logfile ""'),
    ]
    sentinel = {
        rewrite.before: rewrite for rewrite in rendered(deployment).rewrites if rewrite.file == "n1/sentinel.conf"
    }
    assert sentinel["sentinel notification-script cache /usr/local/bin/page.sh"].after == ""
    assert (
        sentinel["sentinel known-replica cache 10.0.0.12 6379"].after == "sentinel known-replica cache 10.77.1.2 6379"
    )
    assert "sentinel current-epoch 7" not in sentinel
    assert all(rewrite.reason for rewrite in rendered(deployment).rewrites)


def test_rewrites_and_files_agree(rendered: Render) -> None:
    """For every shipped deployment, a rendered line is either the user's or the outcome of a listed rewrite."""
    for deployment in shipped_deployments():
        result = rendered(deployment)
        listed = {rewrite.after.rpartition(": ")[2] for rewrite in result.rewrites}
        for node in deployment.nodes:
            own = {directive.text for directive in node.directives}
            # Passwords are made at each reading, so they are shown as marks in what is listed.
            written = {deployment.secrets.native(line) for line in lines(result.files[node.name])}
            unlisted = written - {deployment.secrets.native(line) for line in own | listed}
            assert {line.split()[:2] == ["user", "jsquared"] for line in unlisted} <= {True}, unlisted
            assert not unlisted or any("user jsquared" in rewrite.after for rewrite in result.rewrites)
        assert len(set(result.rewrites)) == len(result.rewrites)


def test_overrides_come_first_among_the_rewrites(rendered: Render) -> None:
    """What the user changed for this run is listed like any other difference."""
    result = rendered(apply_overrides(load_deployment("stock"), ["redis.appendonly=yes"]))
    assert result.rewrites[0].after == "appendonly yes"
    assert "appendonly yes" in lines(result.files["redis-n2"])


def test_nodes_are_planned_with_addresses_and_roles(rendered: Render) -> None:
    """Data nodes come first, in order, with the name they belong to."""
    nodes = rendered(load_deployment("apart")).nodes
    assert nodes[0] == PlacedNode(
        name="redis-n1",
        host="n1",
        role="data",
        address="10.77.1.1",
        port=6379,
        master_name="mymaster",
        initial_primary=True,
    )
    assert nodes[3] == PlacedNode(name="sentinel-s1", host="s1", role="sentinel", address="10.77.2.4", port=26379)
    assert [node.initial_primary for node in nodes] == [True, False, False, False, False, False]


def test_sentinel_ids_follow_from_the_seed(rendered: Render) -> None:
    """The same seed gives the same files, another one other ids of 40 hexadecimal digits."""
    deployment = load_deployment("reference")
    assert rendered(deployment, seed=7).files == rendered(deployment, seed=7).files
    assert rendered(deployment, seed=7).files["sentinel-n1"] != rendered(deployment, seed=8).files["sentinel-n1"]


def test_a_port_that_is_taken_gives_way_everywhere(tree: Callable[[dict[str, str]], Path]) -> None:
    """On one shared address the later node moves, and everything that names it follows."""
    root = tree(
        {
            "n1/redis.conf": "",
            "n2/redis.conf": "port 6379\nreplicaof n1 6379\nreplica-announce-port 6379\nreplica-announce-ip n2",
            "n1/sentinel.conf": "sentinel monitor m n1 6379 1",
            "n2/sentinel.conf": "port 6380\nsentinel announce-port 0\nsentinel monitor m n1 6379 1",
            "n3/sentinel.conf": "port 65535\nsentinel monitor m n1 6379 1",
            "n4/sentinel.conf": "port 65535\nsentinel monitor m n1 6379 1",
            "n5/sentinel.conf": "sentinel monitor m n1 6379 1",
        }
    )
    result = render(read_folder(root), lambda host, role: "127.1.1.1", lambda host: Path("/lab") / host, VALKEY, 1)
    assert {node.name: node.port for node in result.nodes} == {
        "redis-n1": 6379,
        "redis-n2": 6381,
        "sentinel-n1": 26379,
        "sentinel-n2": 6380,
        "sentinel-n3": 65535,
        "sentinel-n4": 1024,
        "sentinel-n5": 26380,
    }
    assert lines(result.files["redis-n2"])[:4] == [
        "port 6381",
        "replicaof 127.1.1.1 6379",
        "replica-announce-port 6381",
        "replica-announce-ip 127.1.1.1",
    ]
    assert "sentinel announce-port 0" in lines(result.files["sentinel-n2"])
    assert "port 26380" in lines(result.files["sentinel-n5"])
    assert "sentinel known-replica m 127.1.1.1 6381" in lines(result.files["sentinel-n5"])


def test_files_are_copied_into_the_nodes_folder(rendered: Render, tree: Callable[[dict[str, str]], Path]) -> None:
    """TLS files and modules are found beside the configuration and named as copies; arguments stay, an empty name is none."""
    root = tree(
        {
            "n1/redis.conf": 'tls-cert-file /etc/tls/redis.crt\nloadmodule ./mods/m.so deep 1\naclfile ""\nreplicaof no one',
            "n1/redis.crt": "",
            "n1/mods/m.so": "",
            "n1/sentinel.conf": "sentinel monitor m n1 6379 1",
        }
    )
    here = "/lab/n1/redis-n1/redis-n1"
    result = rendered(read_folder(root, Reach.of(root, Allowed(modules=True))))
    assert lines(result.files["redis-n1"])[:4] == [
        f"tls-cert-file {here}.tls.crt",
        f"loadmodule {here}.module-1.so deep 1",
        'aclfile ""',
        "replicaof no one",
    ]
    assert [(file.source, file.target) for file in result.copied_files] == [
        (f"{root.resolve()}/n1/redis.crt", "redis-n1.tls.crt"),
        (f"{root.resolve()}/n1/mods/m.so", "redis-n1.module-1.so"),
    ]


def test_modules_are_not_loaded_unless_that_is_allowed(
    rendered: Render, tree: Callable[[dict[str, str]], Path]
) -> None:
    """They run code: the line is left out, and the verdict names the flag."""
    root = tree(
        {"n1/redis.conf": "loadmodule ./m.so", "n1/m.so": "", "n1/sentinel.conf": "sentinel monitor m n1 6379 1"}
    )
    result = rendered(read_folder(root))
    assert "loadmodule" not in result.files["redis-n1"]
    assert not result.copied_files
    assert any("Module ./m.so" in sentence and "--allow-modules" in sentence for sentence in result.not_reproduced)


def test_a_folder_of_authorities_is_copied(rendered: Render, tree: Callable[[dict[str, str]], Path]) -> None:
    """Its regular files with plain names, in a folder of the same kind; the last of several lines counts."""
    root = tree(
        {
            "n1/redis.conf": "tls-ca-cert-dir ./gone-by\ntls-ca-cert-dir ./ca",
            "n1/gone-by/0.pem": "",
            "n1/ca/9d66eef0.0": "",
            "n1/ca/a b": "",
            "n1/ca/folder/x": "",
            "n1/sentinel.conf": "sentinel monitor m n1 6379 1",
        }
    )
    (root / "n1" / "ca" / "alias.0").symlink_to("9d66eef0.0")
    result = rendered(read_folder(root))
    assert lines(result.files["redis-n1"])[1] == "tls-ca-cert-dir /lab/n1/redis-n1/redis-n1.tls-ca"
    targets = {file.target: Path(file.source).name for file in result.copied_files}
    assert targets["redis-n1.tls-ca/9d66eef0.0"] == targets["redis-n1.tls-ca/alias.0"] == "9d66eef0.0"
    assert not any("a b" in target or "folder" in target for target in targets)


def test_a_folder_of_authorities_that_leads_out_is_not_here(
    rendered: Render, tree: Callable[[dict[str, str]], Path], tmp_path: Path
) -> None:
    """Half of the authorities would be another deployment: throw-away ones stand for all, and the sentence says so."""
    root = tree(
        {"n1/redis.conf": "tls-ca-cert-dir ./ca", "n1/ca/0.pem": "", "n1/sentinel.conf": "sentinel monitor m n1 6379 1"}
    )
    (tmp_path / "secret").write_text("canary")
    (root / "n1" / "ca" / "1.pem").symlink_to(tmp_path / "secret")
    result = rendered(read_folder(root))
    assert not result.copied_files
    assert any("(./ca)" in sentence for sentence in result.not_reproduced)


def test_a_path_that_is_no_text_is_refused(rendered: Render, tree: Callable[[dict[str, str]], Path]) -> None:
    """A plan is JSON, and cannot name such a file."""
    root = tree({"n1/redis.conf": "aclfile users.acl", "n1/sentinel.conf": "sentinel monitor m n1 6379 1"})
    strange = root.with_name(os.fsdecode(b"strange-\xff"))
    root.rename(strange)
    (strange / "n1" / "users.acl").write_text("user default on nopass ~* &* +@all\n")
    with pytest.raises(BadInputError, match="the path of the file is not UTF-8"):
        rendered(read_folder(strange))


def test_no_include_reaches_a_server(rendered: Render) -> None:
    """Whatever it came from: a server would read what it names."""
    deployment = load_deployment("stock")
    first = deployment.data[0]
    include = Directive.make(("include", "/etc/hostname"), first.source, None, "x")
    data = (replace(first, directives=(*first.directives, include)), *deployment.data[1:])
    assert "hostname" not in "".join(rendered(replace(deployment, data=data)).files.values())


def test_a_file_that_is_nowhere_is_refused(rendered: Render, tree: Callable[[dict[str, str]], Path]) -> None:
    """A server that could not start for want of a file is told before."""
    root = tree({"n1/redis.conf": "hz 9\naclfile /gone/users.acl", "n1/sentinel.conf": "sentinel monitor m n1 6379 1"})
    with pytest.raises(
        BadInputError,
        match=r"n1/redis.conf:2, aclfile: /gone/users.acl is neither .*Try: a copy of it in .*n1, or --allow-path /gone",
    ):
        rendered(read_folder(root))


def test_a_module_that_is_nowhere_is_left_out_and_named(
    rendered: Render, tree: Callable[[dict[str, str]], Path]
) -> None:
    """Modules lie on the user's machines as a rule: the rest is tested without, and the verdict says so."""
    root = tree(
        {
            "n1/redis.conf": "hz 9\nloadmodule /opt/m/bloom.so deep 1",
            "n1/sentinel.conf": "sentinel monitor m n1 6379 1",
        }
    )
    result = rendered(read_folder(root, Reach.of(root, Allowed(modules=True))))
    assert "loadmodule" not in result.files["redis-n1"]
    [rewrite] = [rewrite for rewrite in result.rewrites if "loadmodule" in rewrite.before]
    assert (rewrite.line, rewrite.after) == (2, "")
    assert rewrite.reason == "the module is not on this machine, or not in a folder that may be read"
    assert any("Module /opt/m/bloom.so" in sentence for sentence in result.not_reproduced)


def test_what_is_rendered_reads_back(rendered: Render, deployments: Path) -> None:
    """Every rendered line is one that a server can split."""
    for deployment in [*shipped_deployments(), read_folder(deployments / "production")]:
        for text in rendered(deployment).files.values():
            assert all(split_words(line) for line in lines(text))


def test_each_primary_has_its_own_replicas(rendered: Render) -> None:
    """The model allows several monitored primaries: Sentinels are pre-seeded with the replicas of each."""
    one = load_deployment("stock")
    first, second, third = one.data
    other = replace(one.monitored[0], master_name="other", host="n2")
    two = replace(
        one,
        data=(
            first,
            replace(second, replica_of=None, directives=(), master_name="other"),
            replace(third, replica_of="n2", master_name="other"),
        ),
        monitored=(*one.monitored, other),
    )
    text = rendered(two).files["sentinel-n1"]
    assert "known-replica mymaster" not in text
    assert "sentinel known-replica other 10.77.1.3 6379" in lines(text)
    assert text.count("known-sentinel other") == 2
