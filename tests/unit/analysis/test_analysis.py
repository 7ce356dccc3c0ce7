"""The static rules: each finds what was planted for it, its advice mends that, and sound deployments raise no alarm."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from jsquared.analysis.analysis import RULES, analyse, split_safety_of
from jsquared.deployment.model.directives import Directive, Source
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.native.folder import read_folder
from jsquared.deployment.read.overrides import apply_overrides
from jsquared.deployment.read.yaml.yaml_form import from_yaml
from jsquared.records.findings import FINDING_OUTCOMES, SEVERITIES, Finding
from jsquared.records.plan import Ack, Engine

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "findings.md"
Tree = Callable[[dict[str, str]], Path]

SOUND_REDIS = {
    "appendonly": "yes",
    "min-replicas-to-write": "1",
    "min-replicas-max-lag": "3",
    "repl-backlog-size": "64mb",
    "repl-diskless-sync": "no",
    "protected-mode": "no",
}
SOUND_SENTINEL = {"down-after-milliseconds": "3500", "failover-timeout": "6000", "parallel-syncs": "5"}


def deployment(
    redis: dict[str, object] | None = None,
    sentinel: dict[str, object] | None = None,
    *,
    data: str = "n1, n2, n3",
    sentinels: str = "n1, n2, n3",
    more: str = "",
) -> Deployment:
    """A sound deployment with these lines changed (None: left out)."""
    lines = [f"data: [{data}]", f"sentinels: [{sentinels}]", more]
    for section, settings in (
        ("redis", SOUND_REDIS | (redis or {})),
        ("sentinel", SOUND_SENTINEL | (sentinel or {})),
    ):
        lines += [f"{section}:", *(f"  {key}: {value}" for key, value in settings.items() if value is not None)]
    return from_yaml("\n".join(lines), Source("d.yaml", "d.yaml"), Path())


def native(
    tree: Tree,
    redis: str = "",
    sentinel: str = "",
    *,
    only: dict[str, str] | None = None,
    address: str = "10.0.0.{number}",
    monitor: str = "",
    port: str = "6379",
) -> Deployment:
    """The same as native files on three hosts; ``{number}`` in a text is the host's; ``only`` adds text to single files."""
    files = {}
    common = "".join(f"{key} {value}\n" for key, value in SOUND_REDIS.items())
    times = "".join(f"sentinel {key} mymaster {value}\n" for key, value in SOUND_SENTINEL.items())
    for number in (1, 2, 3):
        own = address.format(number=number)
        upstream = f"replicaof {address.format(number=1)} {port.format(number=1)}\n" if number > 1 else ""
        files[f"n{number}/redis.conf"] = (
            f"port {port.format(number=number)}\nbind {own}\n{upstream}{common}{redis.format(number=number)}\n"
        )
        watched = monitor or f"{address.format(number=1)} {port.format(number=1)}"
        files[f"n{number}/sentinel.conf"] = (
            f"port 2{port.format(number=number)}\nsentinel monitor mymaster {watched} 2\n{times}"
            f"{sentinel.format(number=number)}\n"
        )
    for name, text in (only or {}).items():
        files[name] += text
    return read_folder(tree(files))


def found(subject: Deployment, rule: str, engine: Engine | None = None, ack: Ack | None = None) -> list[Finding]:
    """The findings of one rule."""
    return [finding for finding in analyse(subject, engine, ack) if finding.rule == rule]


@pytest.mark.parametrize(
    ("sentinels", "quorum", "fix"),
    [("s1", 2, "three Sentinels on three hosts"), ("n1, n2, n3", 4, "sentinel monitor mymaster n1 6379 2")],
)
def test_too_few_sentinels_need_more_of_them(sentinels: str, quorum: int, fix: str) -> None:
    """A quorum that one or two Sentinels can reach does not survive a host, so it is no advice."""
    (finding,) = found(deployment(sentinels=sentinels, more=f"quorum: {quorum}"), "quorum-unreachable")
    assert (finding.fix, bool(finding.try_with)) == (fix, quorum == 4)


ASYNC = Ack()
PASSWORD = {"requirepass": "s3cret", "masterauth": "s3cret"}

# Rule, what it is planted in, a word of the directive that must be named
PLANTED: list[tuple[str, Deployment, str]] = [
    ("no-replicas", deployment({"min-replicas-to-write": 0}, data="n1"), "no replicaof"),
    ("even-sentinels", deployment(data="n1, n2, n3, n4", sentinels="n1, n2, n3, n4"), "4 Sentinels"),
    ("majority-dies-with-primary", deployment(sentinels="n1, n2"), "sentinel monitor mymaster"),
    ("majority-dies-with-primary", deployment(sentinels="n1"), "sentinel monitor mymaster"),
    ("majority-dies-with-host", deployment(sentinels="s1"), "sentinel monitor mymaster"),
    ("majority-dies-with-host", deployment(sentinels="s1, n2"), "sentinel monitor mymaster"),
    ("quorum-unreachable", deployment(more="quorum: 4"), "6379 4"),
    ("quorum-unreachable", deployment(sentinels="s1", more="quorum: 2"), "6379 2"),
    ("quorum-dies-with-host", deployment(more="quorum: 3"), "6379 3"),
    ("quorum-one", deployment(more="quorum: 1"), "6379 1"),
    ("quorum-below-majority", deployment(sentinels="n1, n2, n3, s1, s2", more="quorum: 2"), "6379 2"),
    ("ack-lost-in-split", deployment(sentinels="s1, s2, s3"), "--ack wait:1"),
    ("ack-lost-in-split", deployment(more="hosts: {n2: {redis: {replica-priority: 0}}}"), "replica-priority 0"),
    (
        "ack-lost-in-split-later",
        deployment(more="hosts: {n1: {redis: {replica-priority: 50}}}"),
        "--ack wait:1",
    ),
    ("ack-safe-in-splits", deployment(), "--ack wait:1"),
    ("ack-needs-every-replica", deployment(data="n1, n2"), "--ack wait:1"),
    (
        "down-after-below-tilt",
        deployment(sentinel={"down-after-milliseconds": 2999}),
        "down-after-milliseconds mymaster 2999",
    ),
    ("down-after-within-stalls", deployment(sentinel={"down-after-milliseconds": 500}), "down-after-milliseconds"),
    (
        "failover-over-10s",
        deployment(sentinel={"down-after-milliseconds": 9000}),
        "down-after-milliseconds mymaster 9000",
    ),
    ("failover-over-10s", deployment(sentinel={"down-after-milliseconds": None}), "30000 (default)"),
    ("failover-near-10s", deployment(sentinel={"down-after-milliseconds": 8000}), "down-after-milliseconds"),
    ("failover-timeout-long", deployment(sentinel={"failover-timeout": None}), "180000 (default)"),
    ("failover-timeout-short", deployment(sentinel={"failover-timeout": 1500}), "failover-timeout mymaster 1500"),
    ("lost-election-over-10s", deployment(), "failover-timeout"),
    ("parallel-syncs-low", deployment(sentinel={"parallel-syncs": None}, data="n1, n2, n3, n4"), "1 (default)"),
    (
        "masterauth-missing",
        deployment({"requirepass": "s3cret"}, {"auth-pass": "s3cret"}),
        "masterauth (none) (default)",
    ),
    (
        "masterauth-missing",
        deployment(PASSWORD, {"auth-pass": "s3cret"}, more="hosts: {n1: {redis: {masterauth: ''}}}"),
        "masterauth",
    ),
    (
        "masterauth-wrong",
        deployment({"requirepass": "s3cret", "masterauth": "old"}, {"auth-pass": "s3cret"}),
        "masterauth <secret-2>",
    ),
    ("masterauth-wrong", deployment({"masterauth": "s3cret"}), "masterauth <secret-1>"),
    (
        "passwords-differ",
        deployment(PASSWORD, {"auth-pass": "s3cret"}, more="hosts: {n2: {redis: {requirepass: other}}}"),
        "requirepass <secret-2>",
    ),
    ("sentinel-auth-missing", deployment(PASSWORD), "sentinel auth-pass mymaster (none) (default)"),
    ("sentinel-auth-missing", deployment({"user": "default off"}), "sentinel auth-pass"),
    ("sentinel-auth-wrong", deployment(PASSWORD, {"auth-pass": "old"}), "auth-pass mymaster <secret-2>"),
    (
        "sentinel-auth-wrong",
        deployment(PASSWORD, {"auth-pass": "s3cret", "auth-user": "nobody"}),
        "auth-user mymaster nobody",
    ),
    (
        "sentinel-user-lacks",
        deployment(
            {"user": "watcher on >pw allchannels +@all -@dangerous"}, {"auth-pass": "pw", "auth-user": "watcher"}
        ),
        "user watcher on (password) allchannels +@all -@dangerous",
    ),
    (
        "sentinel-user-lacks",
        deployment({"user": "watcher on >pw +@all"}, {"auth-pass": "pw", "auth-user": "watcher"}),
        "user watcher",
    ),
    (
        "replica-user-lacks",
        deployment({"user": "copier on >pw +ping +replconf", "masteruser": "copier", "masterauth": "pw"}),
        "user copier",
    ),
    (
        "sentinels-refuse-each-other",
        deployment(sentinel={"requirepass": "a"}, more="hosts: {n2: {sentinel: {requirepass: b}}}"),
        "requirepass <secret-1>, requirepass <secret-2>",
    ),
    (
        "sentinels-refuse-each-other",
        deployment(sentinel={"requirepass": "a", "sentinel-pass": "b"}),
        "requirepass <secret-1>",
    ),
    (
        "sentinel-peer-lacks",
        deployment(sentinel={"user": "peer on >pw +ping", "sentinel-user": "peer", "sentinel-pass": "pw"}),
        "user peer on (password) +ping",
    ),
    ("no-persistence", deployment({"appendonly": None, "save": '""'}), "appendonly no (default)"),
    ("snapshots-only", deployment({"appendonly": "no"}), "appendonly no"),
    ("append-only-on-some", deployment(more="hosts: {n2: {redis: {appendonly: no}}}"), "appendonly no"),
    ("appendfsync-no", deployment({"appendfsync": "no"}), "appendfsync no"),
    ("appendfsync-always", deployment({"appendfsync": "always"}), "appendfsync always"),
    ("no-fsync-during-rewrite", deployment({"no-appendfsync-on-rewrite": "yes"}), "no-appendfsync-on-rewrite yes"),
    ("no-promotable-replica", deployment({"replica-priority": 0}), "replica-priority 0"),
    ("no-promotable-replica", deployment({"replica-announced": "no"}), "replica-announced no"),
    ("some-never-promoted", deployment(more="hosts: {n2: {redis: {slave-priority: 0}}}"), "slave-priority 0"),
    ("priorities-differ", deployment(more="hosts: {n3: {redis: {replica-priority: 50}}}"), "replica-priority 50"),
    ("min-replicas-above-replicas", deployment({"min-replicas-to-write": 3}), "min-replicas-to-write 3"),
    (
        "min-replicas-all",
        deployment({"min-slaves-to-write": 2, "min-replicas-to-write": None}),
        "min-slaves-to-write 2",
    ),
    ("min-replicas-needs-every-replica", deployment(data="n1, n2"), "min-replicas-to-write 1"),
    ("min-replicas-off-unconfirmed", deployment({"min-replicas-to-write": None}), "min-replicas-to-write 0 (default)"),
    ("min-replicas-lag-zero", deployment({"min-replicas-max-lag": 0}), "min-replicas-max-lag 0"),
    ("min-replicas-lag-long", deployment({"min-replicas-max-lag": None}), "min-replicas-max-lag 10 (default)"),
    ("bind-loopback", deployment({"bind": "127.0.0.1 -::1"}), "bind 127.0.0.1 -::1"),
    ("protected-mode", deployment({"protected-mode": "yes"}), "protected-mode yes"),
    ("protected-mode-unsaid", deployment({"protected-mode": None}), "protected-mode yes (default)"),
    ("announced-twice", deployment({"replica-announce-ip": "10.0.0.9"}), "replica-announce-ip 10.0.0.9"),
    ("announced-twice", deployment(sentinel={"announce-ip": "10.0.0.9"}), "sentinel announce-ip 10.0.0.9"),
    ("port-taken", deployment(None, {"port": 6379}), "port 6379"),
    (
        "announces-another-host",
        deployment(more="hosts: {n2: {sentinel: {announce-ip: n1}}}"),
        "sentinel announce-ip n1",
    ),
    ("announced-port-closed", deployment({"replica-announce-port": 7000}), "replica-announce-port 7000"),
    ("hosts-share-machine", deployment({"replica-announce-ip": "10.0.0.9"}), "announce-ip"),
    ("renamed-for-sentinel", deployment({"rename-command": "CONFIG hidden"}), "rename-command CONFIG hidden"),
    ("renamed-for-sentinel", deployment({"rename-command": 'SLAVEOF ""'}), 'rename-command SLAVEOF ""'),
    (
        "renamed-for-sentinel",
        deployment({"rename-command": "MULTI m"}, {"rename-command": "CONFIG c"}),
        "rename-command MULTI m",
    ),
    (
        "renamed-for-sentinel",
        deployment({"rename-command": "PUBLISH p"}, {"rename-command": '["CONFIG c", "INFO i"]'}),
        "rename-command PUBLISH p",
    ),
    ("output-buffer-small", deployment({"client-output-buffer-limit": "slave 1mb 0 0"}), "slave 1mb"),
    ("renamed-for-replicas", deployment({"rename-command": "PSYNC hidden"}), "rename-command PSYNC hidden"),
    (
        "announced-name-not-resolved",
        deployment(more="hosts: {n2: {redis: {replica-announce-ip: redis-2}}}"),
        "replica-announce-ip redis-2",
    ),
    (
        "replica-known-twice",
        deployment(None, {"resolve-hostnames": "yes", "announce-hostnames": "yes"}),
        "announce-hostnames yes",
    ),
    ("sentinels-differ", deployment(more="hosts: {n2: {sentinel: {down-after-milliseconds: 5000}}}"), "5000"),
    ("client-asks-one", deployment(more="clients: {on: data, ask: own}"), "clients.ask: own"),
    (
        "tls-replication-differs",
        deployment({"tls-replication": "yes", "tls-port": 6390}),
        "tls-replication yes",
    ),
    (
        "tls-replication-without-port",
        deployment({"tls-replication": "yes"}, {"tls-replication": "yes"}),
        "tls-port 0 (default)",
    ),
    ("tls-incomplete", deployment({"tls-port": 6390}), "tls-cert-file (none) (default)"),
    ("backlog-small", deployment({"repl-backlog-size": "1mb"}), "repl-backlog-size 1mb"),
    (
        "output-buffer-small",
        deployment({"client-output-buffer-limit": "normal 0 0 0 replica 1mb 1mb 60"}),
        "replica 1mb",
    ),
    ("repl-timeout-short", deployment({"repl-timeout": 10}), "repl-timeout 10"),
    ("maxclients-low", deployment({"maxclients": 17}), "maxclients 17"),
    ("maxclients-near", deployment({"maxclients": 18}), "maxclients 18"),
    ("diskless-load", deployment({"repl-diskless-load": "flush-before-load"}), "flush-before-load"),
    ("diskless-sync-delay", deployment({"repl-diskless-sync": "yes"}), "repl-diskless-sync-delay 5 (default)"),
    ("writable-replica", deployment({"slave-read-only": "no"}), "slave-read-only no"),
    ("eviction", deployment({"maxmemory": "1gb", "maxmemory-policy": "allkeys-lru"}), "maxmemory-policy allkeys-lru"),
    ("maxmemory-differs", deployment(more="hosts: {n2: {redis: {maxmemory: 1gb}}}"), "maxmemory 1gb"),
]
ATTACHMENT = {"replicaof-missing", "replicaof-astray", "monitor-astray", "monitor-missing"}
"""In test_attachment.py."""
NATIVE_ONLY = ATTACHMENT | {
    "loopback-address", "one-machine", "tls-wrong-port", "protected-mode-default", "hostnames-not-resolved", "hostnames-block",
    "quorums-differ", "sentinel-file-unreadable", "sentinels-share-id", "stale-majority-lost", "stale-sentinels", "tls-untrusted",
    "tls-expired",
}  # fmt: skip
OTHERWISE = {
    "floating-address-announced",
    "floating-address-followed",
    "floating-address-monitored",
    "floating-address-not-listened-on",
    "floating-address-required",
    "min-replicas-off",
    "sentinel-file-read-only",
    "sentinel-without-file",
    "storage-shared",
    "sentinel-user-lacks-failover",
    "tls-port-only",
    "transactions-not-loaded",
    "waitaof-without-log",
}


def test_every_rule_is_planted_somewhere() -> None:
    """Each rule has a deployment here that it must find."""
    assert {rule for rule, _, _ in PLANTED} | NATIVE_ONLY | OTHERWISE == set(RULES)


@pytest.mark.parametrize(("rule", "subject", "directive"), PLANTED, ids=[f"{e[0]}-{n}" for n, e in enumerate(PLANTED)])
def test_what_was_planted_is_found(rule: str, subject: Deployment, directive: str) -> None:
    """The finding names the responsible line, its place where it is written, and says a whole sentence."""
    (finding, *_) = found(subject, rule)
    assert directive in finding.directive
    assert (finding.severity, finding.outcome) == (RULES[rule].severity, RULES[rule].outcome)
    assert finding.target
    assert finding.message.endswith(".")
    if "(default)" not in finding.directive and directive.split(maxsplit=1)[0] not in (
        "--ack",
        "4",
        "clients.ask:",
        "no",
        "announce-ip",
    ):
        assert re.match(r"d\.yaml:\d+", finding.where)


@pytest.mark.parametrize(("rule", "subject", "directive"), PLANTED, ids=[f"{e[0]}-{n}" for n, e in enumerate(PLANTED)])
def test_the_advice_mends_it(rule: str, subject: Deployment, directive: str) -> None:
    """With the ``--with`` arguments of a finding applied, the rule is silent on what it named."""
    for finding in found(subject, rule):
        if finding.try_with:
            after = found(apply_overrides(subject, finding.try_with), rule)
            assert finding.directive not in [left.directive for left in after]


@pytest.mark.parametrize(
    ("name", "violated", "warnings"),
    [
        ("reference", [], []),
        ("apart", ["ack-lost-in-split"], []),
        ("stock", ["failover-over-10s", "snapshots-only"], ["failover-timeout-long"]),
        ("classic-2013", ["snapshots-only"], ["failover-timeout-long", "client-asks-one"]),
    ],
)
def test_the_shipped_deployments(name: str, violated: list[str], warnings: list[str]) -> None:
    """What each is known for, and nothing else."""
    findings = analyse(load_deployment(name))
    assert [finding.rule for finding in findings if finding.outcome == "violated"] == violated
    assert [finding.rule for finding in findings if finding.outcome == "warning"] == warnings


def test_reference_loses_at_async() -> None:
    """Below the majority level even the sound deployment is not safe, and the split is named."""
    (finding,) = [f for f in analyse(load_deployment("reference"), ack=ASYNC) if f.outcome == "violated"]
    assert finding.rule == "ack-lost-in-split"
    assert "{n1, a client} | {n2, n3}" in finding.message
    assert finding.directive == "--ack async"
    assert finding.fix == "--ack wait:1"


def test_apart_is_safe_with_every_replica() -> None:
    """What wait:1 cannot promise there, wait:2 does, at its price."""
    rules = [finding.rule for finding in analyse(load_deployment("apart"), ack=Ack(mode="wait", replicas=2))]
    assert "ack-lost-in-split" not in rules
    assert {"ack-safe-in-splits", "ack-needs-every-replica"} <= set(rules)


ACL_REDIS = {
    "user": '["default off", "admin on >a ~* &* +@all", '
    '"watch on >w allchannels +multi +slaveof +ping +exec +subscribe +config|rewrite +role +publish +info '
    '+client|setname +client|kill +script|kill +failover", '
    '"copy on >c +psync +replconf +ping"]',
    "masteruser": "copy",
    "masterauth": "c",
}
TLS = {"tls-replication": "yes", "tls-cert-file": "a.crt", "tls-key-file": "a.key", "tls-ca-cert-file": "ca.crt"}
SOUND = {
    "five-sentinels": deployment(data="n1, n2, n3, n4, n5", sentinels="n1, n2, n3, n4, n5"),
    "buffers": deployment({"client-output-buffer-limit": '["normal 0 0 0", "pubsub 1mb 1mb 60"]'}),
    "password": deployment(PASSWORD | {"protected-mode": None}, {"auth-pass": "s3cret"}),
    "sentinel-password": deployment(sentinel={"requirepass": "peers"}),
    "acl-users": deployment(ACL_REDIS, {"auth-user": "watch", "auth-pass": "w"}),
    "other-ports": deployment({"port": 7000}, {"port": 27000}),
    "one-replica": deployment(data="n1, n2"),
    "five-replicas": deployment(data="n1, n2, n3, n4, n5, n6", sentinels="n1, n2, n3, n4, n5"),
    "four-replicas-three-sentinels": deployment(data="n1, n2, n3, n4", sentinels="n1, n2, n3"),
    "tls": deployment(TLS | {"tls-port": 6390}, TLS | {"tls-port": 26390}),
    "renamed": deployment({"rename-command": "CONFIG hidden"}, {"rename-command": "CONFIG hidden"}),
    "seven": deployment(data="n1, n2, n3, n4, n5, n6, n7", sentinels="n1, n2, n3, n4, n5, n6, n7"),
}


@pytest.mark.parametrize("name", SOUND)
def test_sound_shapes_raise_no_alarm(name: str) -> None:
    """Nothing violated and no warning, whatever the engine."""
    for engine in (None, Engine(name="redis", version="6.2.14"), Engine(name="valkey", version="9.1.2")):
        assert [finding for finding in analyse(SOUND[name], engine) if finding.outcome != "fact"] == []


@pytest.mark.parametrize(
    ("address", "sentinel", "rules"),
    [
        ("10.0.0.{number}", "", set()),
        ("db{number}.example.com", "sentinel resolve-hostnames yes", {"hostnames-block"}),
        ("db{number}.example.com", "", {"hostnames-not-resolved"}),
    ],
)
def test_native_files_with_addresses_and_names(tree: Tree, address: str, sentinel: str, rules: set[str]) -> None:
    """Names need resolve-hostnames; with it only the price is told."""
    found_rules = {finding.rule for finding in analyse(native(tree, sentinel=sentinel, address=address))}
    assert found_rules - {"ack-safe-in-splits", "lost-election-over-10s"} == rules


def test_the_fixture_of_native_files_has_only_its_default_timeout(deployments: Path) -> None:
    """Files as the packages install them are sound but for a failover-timeout of 3 minutes, and a password that Redis cannot write."""
    production = read_folder(deployments / "production")
    findings = [f for f in analyse(production, Engine(name="valkey", version="9.1.2")) if f.outcome != "fact"]
    assert [finding.rule for finding in findings] == ["failover-timeout-long"]
    (finding,) = found(production, "sentinel-file-unreadable")
    assert "auth-pass" in finding.directive


def test_loopback_on_several_hosts(tree: Tree) -> None:
    """127.0.0.1 is another machine on each host; with different ports everywhere it is one machine."""
    assert found(
        native(tree, monitor="127.0.0.1 6379", only={"n2/redis.conf": "port 6380", "n3/redis.conf": "port 6380"}),
        "loopback-address",
    )


def test_one_machine(tree: Tree) -> None:
    """Different ports and loopback addresses: a set-up on one machine, which no Sentinel outlives."""
    subject = native(tree, address="127.0.0.1", port="70{number}0")
    rules = [finding.rule for finding in analyse(subject) if finding.outcome != "fact"]
    assert rules == ["one-machine"]


def test_protected_mode_in_native_files(tree: Tree) -> None:
    """A redis.conf that leaves it out means yes; Redis 6 is not protected once it has a bind line."""
    subject = native(tree, only={f"n{n}/redis.conf": "protected-mode yes" for n in (1, 2, 3)})
    assert found(subject, "protected-mode")
    assert not found(subject, "protected-mode", Engine(name="redis", version="6.2.14"))


def test_protected_mode_left_out(tree: Tree) -> None:
    """Then it is the lab that made it work."""
    files = {f"n{n}/redis.conf": "appendonly yes\n" + ("replicaof n1 6379\n" if n > 1 else "") for n in (1, 2)} | {
        f"n{n}/sentinel.conf": "sentinel monitor mymaster 10.0.0.1 6379 2\n" for n in (1, 2, 3)
    }
    assert found(read_folder(tree(files)), "protected-mode-default")


def test_what_a_sentinel_can_read_again(tree: Tree) -> None:
    """Signs that need no quotes are written as they are read."""
    subject = native(tree, sentinel="sentinel auth-pass mymaster p@ss#1\\x")
    assert not found(subject, "sentinel-file-unreadable")


@pytest.mark.parametrize(
    "line",
    [
        'sentinel auth-pass mymaster "two words"',
        'sentinel auth-pass mymaster "it\'s"',
        'sentinel sentinel-pass "a\\"b"',
        'sentinel rename-command mymaster SLAVEOF "follow me"',
        'sentinel notification-script mymaster "/opt/my scripts/tell.sh"',
    ],
)
def test_what_a_sentinel_cannot_read_again(tree: Tree, line: str) -> None:
    """A value that needs quotes is lost when Redis' Sentinel writes its file; Valkey's writes the quotes."""
    subject = native(tree, sentinel=line)
    (finding,) = found(subject, "sentinel-file-unreadable")
    assert " ".join(line.split()[:2]) in finding.message
    assert finding.target == "sentinel-n1, sentinel-n2, sentinel-n3"
    assert not found(subject, "sentinel-file-unreadable", Engine(name="valkey", version="9.1.2"))


def test_quorums_differ(tree: Tree) -> None:
    """Each Sentinel has its own quorum; the line that is unlike the majority is named, and the advice mends it."""
    subject = native(tree, only={"n2/sentinel.conf": "sentinel monitor mymaster 10.0.0.1 6379 3"})
    (finding,) = found(subject, "quorums-differ")
    assert finding.target == "sentinel-n2"
    assert finding.where.endswith("n2/sentinel.conf:7")
    assert not found(apply_overrides(subject, finding.try_with), "quorums-differ")


def test_ids_of_sentinels(tree: Tree) -> None:
    """Copied files share an id, and ids of Sentinels that are gone are counted."""
    shared = native(tree, sentinel="sentinel myid " + "a" * 40)
    assert found(shared, "sentinels-share-id")[0].target == "sentinel-n1, sentinel-n2, sentinel-n3"
    assert not found(shared, "stale-sentinels")


KNOWN = "sentinel known-sentinel mymaster {} 26379 {}\n"


def with_known(tree: Tree, sentinels: int, *known: str) -> Deployment:
    """Hosts with addresses, each with a Sentinel whose file knows all of them and these others."""
    hosts = range(1, sentinels + 1)
    lines = "".join([*(KNOWN.format(f"10.0.0.{n}", str(n) * 40) for n in hosts), *known])
    files = {f"n{n}/redis.conf": f"bind 10.0.0.{n}\n" + ("replicaof 10.0.0.1 6379\n" if n > 1 else "") for n in hosts}
    monitor = "sentinel monitor mymaster 10.0.0.1 6379 2\n"
    files |= {f"n{n}/sentinel.conf": monitor + lines for n in hosts}
    return read_folder(tree(files))


def test_sentinels_that_are_gone(tree: Tree) -> None:
    """Where every file tells its Sentinel's id, any other id belongs to one that is gone, and raises the majority that is needed."""
    text = (
        "sentinel myid {number:040d}\n" + KNOWN.format("10.0.0.1", "0" * 39 + "1") + KNOWN.format("10.0.0.9", "9" * 40)
    )
    findings = found(native(tree, sentinel=text), "stale-majority-lost")
    assert [finding.target for finding in findings] == ["sentinel-n1", "sentinel-n2", "sentinel-n3"]
    assert "counts 4 Sentinels, 1 of which do not exist" in findings[0].message
    assert not found(deployment(), "stale-majority-lost")


@pytest.mark.parametrize(
    ("sentinels", "gone", "rule"),
    [(3, 0, ""), (3, 1, "stale-majority-lost"), (5, 1, "stale-sentinels"), (5, 3, "stale-majority-lost")],
)
def test_sentinels_that_are_gone_are_known_by_their_addresses_too(
    tree: Tree, sentinels: int, gone: int, rule: str
) -> None:
    """An address that no host has is no Sentinel's; that is a warning until the loss of one host cannot be survived."""
    subject = with_known(tree, sentinels, *(KNOWN.format(f"10.0.0.{n}", "f" * 39 + str(n)) for n in range(7, 7 + gone)))
    stale = {finding.rule for finding in analyse(subject) if finding.rule.startswith("stale-")}
    assert stale == ({rule} if rule else set())


def test_a_name_may_be_anybodys(tree: Tree) -> None:
    """A Sentinel that is known by a name is not called gone where hosts are known by addresses."""
    subject = with_known(tree, 3, KNOWN.format("other", "f" * 40))
    assert not [finding for finding in analyse(subject) if finding.rule.startswith("stale-")]


def test_without_addresses_nobody_is_called_gone(tree: Tree) -> None:
    """A Sentinel on a host that gives no address, with no id in its file, may be any that another one knows."""
    files = {f"n{n}/redis.conf": "replicaof n1 6379\n" if n > 1 else "" for n in (1, 2, 3)}
    files |= {
        f"n{n}/sentinel.conf": "sentinel monitor mymaster n1 6379 2\n" + KNOWN.format(7, "7" * 40) for n in (1, 2, 3)
    }
    subject = read_folder(tree(files))
    assert not found(subject, "stale-sentinels")


def test_unbounded_acknowledgements_of_an_isolated_primary() -> None:
    """Without min-replicas-to-write, with clients that do not wait for replicas."""
    subject = deployment({"min-replicas-to-write": 0})
    (finding,) = found(subject, "min-replicas-off", ack=ASYNC)
    assert finding.try_with == ("redis.min-replicas-to-write=1",)
    assert not found(subject, "min-replicas-off")


def test_a_plain_port_that_is_closed() -> None:
    """Where only TLS is served and nobody speaks it, the rule names every node."""
    subject = deployment({"tls-port": 6379})
    closed = Directive.make(("port", "0"), Source("d.yaml", "d.yaml"), 3, "redis.port")
    data = tuple(replace(node, directives=(*node.directives, closed)) for node in subject.data)
    (finding,) = found(replace(subject, data=data), "tls-port-only")
    assert finding.try_with == ("redis.tls-replication=yes", "sentinel.tls-replication=yes")


def test_a_link_to_the_wrong_port(tree: Tree) -> None:
    """Replicas that speak TLS to the plain port, and a Sentinel that speaks plain to the TLS port."""
    tls = "tls-port 6390\ntls-replication yes"
    subject = native(tree, redis=tls, sentinel="tls-replication yes")
    (finding,) = found(subject, "tls-wrong-port")
    assert finding.target == "redis-n2, redis-n3, sentinel-n1, sentinel-n2, sentinel-n3"
    assert "replicaof 10.0.0.1 6379" in finding.directive
    assert not found(
        deployment({"tls-port": 6390, "tls-replication": "yes"}, {"tls-replication": "yes"}), "tls-wrong-port"
    )


def test_waiting_for_files_that_are_not_there() -> None:
    """WAITAOF needs as many append-only files as it asks for, whoever is the primary."""
    one = deployment(more="hosts: {n2: {redis: {appendonly: no}}}")
    assert found(one, "waitaof-without-log", ack=Ack(mode="waitaof", local=1, replicas=1))
    assert found(one, "waitaof-without-log", ack=Ack(mode="waitaof", local=0, replicas=2))
    assert not found(one, "waitaof-without-log", ack=Ack(mode="waitaof", local=0, replicas=1))
    assert not found(deployment(), "waitaof-without-log", ack=Ack(mode="waitaof", local=1, replicas=2))


def test_a_second_primary_has_its_own_findings() -> None:
    """Each monitored primary is looked at with its own nodes, and what is about one of them only says which."""
    low = {"down-after-milliseconds": 2000}
    subject = deployment(sentinel=low)
    other = deployment(sentinel=low, data="m1, m2, m3", sentinels="n1, n2, n3", more="master_name: other")
    sentinels = tuple(
        replace(node, directives=(*node.directives, *also.directives))
        for node, also in zip(subject.sentinels, other.sentinels, strict=True)
    )
    both = replace(
        subject,
        data=(*subject.data, *other.data),
        sentinels=sentinels,
        monitored=(*subject.monitored, *other.monitored),
    )
    first, second = found(both, "down-after-below-tilt")
    assert first.try_with == ("sentinel.down-after-milliseconds=3500",)
    assert (second.directive, second.try_with) == ("sentinel down-after-milliseconds other 2000", first.try_with)
    assert (first.master_name, second.master_name) == ("mymaster", "other")
    assert set(split_safety_of(both)) == {"mymaster", "other"}


def test_a_coordinated_failover_takes_one_more_permission() -> None:
    """Valkey 9 sends FAILOVER to the old primary; no older engine does, and who may do everything may do that."""
    valkey9, valkey8 = Engine(name="valkey", version="9.1.2"), Engine(name="valkey", version="8.0.1")
    watcher = "watcher on >fig allchannels +@all -failover"
    login = {"auth-user": "watcher", "auth-pass": "fig"}
    (one,) = found(deployment({"user": watcher}, login), "sentinel-user-lacks-failover", valkey9)
    assert (one.outcome, one.fix) == ("warning", "+failover behind the rules of user watcher")
    assert not found(deployment({"user": watcher}, login), "sentinel-user-lacks-failover", valkey8)
    assert not found(deployment({"user": watcher.removesuffix(" -failover")}, login), one.rule, valkey9)


def test_the_engine_decides_on_defaults() -> None:
    """The backlog of Valkey is ten times that of Redis, and Redis 6 syncs through the disk."""
    subject = deployment({"repl-backlog-size": None, "repl-diskless-sync": None})
    redis6, valkey = Engine(name="redis", version="6.2.14"), Engine(name="valkey", version="9.1.2")
    assert found(subject, "backlog-small", redis6)
    assert not found(subject, "backlog-small", valkey)
    assert not found(subject, "diskless-sync-delay", redis6)
    assert found(subject, "diskless-sync-delay", valkey)


def test_one_host_only_is_set_by_its_name() -> None:
    """Advice for some nodes names their hosts; for all of them it is one setting."""
    (one,) = found(deployment(more="hosts: {n2: {redis: {appendonly: no}}}"), "snapshots-only")
    assert one.try_with == ("redis@n2.appendonly=yes",)
    (every,) = found(deployment({"appendonly": "no"}), "snapshots-only")
    assert every.try_with == ("redis.appendonly=yes",)


def test_users_in_an_acl_file(tmp_path: Path) -> None:
    """The file replaces what the configuration says; one that is missing says nothing."""
    (tmp_path / "users.acl").write_text("user default on nopass ~* &* +@all\nuser copy on >c +ping\n\nnonsense\n")
    for name, lacking in (("users.acl", 1), ("gone.acl", 0)):
        text = f"data: [n1, n2]\nsentinels: [n1, n2, n3]\nredis: {{aclfile: {name}, masteruser: copy, masterauth: c}}"
        subject = from_yaml(text, Source("d.yaml", str(tmp_path / "d.yaml")), tmp_path)
        assert len(found(subject, "replica-user-lacks")) == lacking


def test_the_worst_comes_first() -> None:
    """By outcome, then by severity."""
    findings = analyse(deployment({"appendonly": "no"}, {"down-after-milliseconds": 500}, sentinels="n1, n2"))
    order = [(FINDING_OUTCOMES.index(f.outcome), SEVERITIES.index(f.severity)) for f in findings]
    assert order == sorted(order)
    assert len(findings) == len(set(findings))


def page() -> str:
    """The reference page's table as the rules have it."""
    rows = []
    for rule in RULES.values():
        known = ", ".join(rule.ways) or "-"
        rows.append(f"| `{rule.id}` | {rule.outcome} | {rule.severity} | {rule.about} | {known} |")
    return "\n".join(rows)


def test_every_rule_is_documented() -> None:
    """The reference page has a line for each rule with what the code says, and for nothing else."""
    text = PAGE.read_text(encoding="utf-8")
    written = [line for line in text.splitlines() if line.startswith("| `")]
    assert "\n".join(written) == page()


@pytest.mark.parametrize("rule", RULES)
def test_rules_are_named_and_sourced(rule: str) -> None:
    """Ids are short and in kebab case, and the check's docstring says where the knowledge is from."""
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule)
    assert RULES[rule].check.__doc__
    assert RULES[rule].about.endswith(".")


@pytest.mark.parametrize(
    "rules", ["off", "on nopass ~* -@all +ping", "on nopass ~orders:* +@all", "on nopass ~* +@all -@write"]
)
def test_a_default_user_who_may_not_write_forgets_transactions(rules: str) -> None:
    """From Redis 7.0 to 8.4, with an append-only file; who may write everything loads everything, whether he may log in or not."""
    subject = deployment({"user": f"default {rules}"})
    (one,) = found(subject, "transactions-not-loaded", Engine(name="redis", version="7.0.15"))
    assert (one.outcome, one.directive) == ("violated", f"user default {rules}")
    for name, version in (("redis", "6.2.14"), ("redis", "8.6.0"), ("valkey", "9.1.2"), ("redis", "unstable")):
        assert not found(subject, one.rule, Engine(name=name, version=version))
    assert not found(subject, one.rule)


@pytest.mark.parametrize("rules", ["on nopass ~* &* +@all", "off ~* +@all", "on >fig allkeys +@all -@dangerous"])
def test_a_default_user_who_may_write_loads_transactions(rules: str) -> None:
    """Switched off or not, and whatever else is forbidden."""
    assert not found(
        deployment({"user": f"default {rules}"}), "transactions-not-loaded", Engine(name="redis", version="7.0.15")
    )


def test_a_finding_hides_logins_in_addresses() -> None:
    """In the line that it quotes and in the one that it proposes."""
    (one, *_) = found(deployment({"rename-command": "AUTH redis://u:figtree-9@h"}), "renamed-for-sentinel")
    assert "redis://u:<secret>@h" in one.directive
    assert "figtree" not in one.directive + one.fix + " ".join(one.try_with)
