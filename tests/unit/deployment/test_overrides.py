"""``--with KEY=VALUE``."""

from pathlib import Path

import pytest

from jsquared.deployment.model.directives import Source
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.native.folder import read_folder
from jsquared.deployment.read.overrides import REASON, apply_overrides
from jsquared.deployment.read.yaml.yaml_form import from_yaml
from jsquared.errors import BadInputError


def test_settings_change_all_nodes_or_one() -> None:
    """Each kind of key changes what it says and leaves the rest."""
    before = load_deployment("reference")
    after = apply_overrides(
        before,
        [
            "sentinel.down-after-milliseconds=4500",
            "redis.appendonly=no",
            "redis@n1.replica-priority=50",
            "sentinel@n2.loglevel = verbose",
            "redis.save=",
            "quorum=3",
            "clients.count=3",
            "clients.on=data",
            "clients.ask=own",
        ],
    )
    assert (after.down_after_ms, after.quorum, after.aof_everywhere) == (4500, 3, False)
    assert [node.value("replica-priority", "100") for node in after.data] == ["50", "100", "100"]
    assert [node.value("loglevel", "notice") for node in after.sentinels] == ["notice", "verbose", "notice"]
    assert [line.text for line in after.primary.all("save")] == ['save ""']
    assert [(client.host, client.asks) for client in after.clients] == [
        ("n1", ("n1",)),
        ("n2", ("n2",)),
        ("n3", ("n3",)),
    ]
    assert (before.down_after_ms, before.quorum) == (3500, 2)
    changed = {(change.before, change.after) for change in after.overrides}
    assert ("appendonly yes", "appendonly no") in changed
    assert ("", "replica-priority 50") in changed
    assert ("sentinel monitor mymaster n1 6379 2", "sentinel monitor mymaster n1 6379 3") in changed
    assert {change.reason for change in after.overrides} == {REASON}


def test_nothing_asked_changes_nothing() -> None:
    """No settings give the same deployment; a value that is there already is no change."""
    before = load_deployment("apart")
    assert apply_overrides(before, []) is before
    assert apply_overrides(before, ["redis.appendonly=yes"]).overrides == ()


def test_native_lines_are_replaced_under_any_name(deployments: Path) -> None:
    """An old name is replaced by the new one, in place, and the change names the file and line."""
    after = apply_overrides(
        read_folder(deployments / "production"), ["redis.min-replicas-to-write=2", "clients.on=n1, c7"]
    )
    lines = [line.text for line in after.primary.directives]
    assert "min-slaves-to-write 1" not in lines
    assert lines.index("min-replicas-to-write 2") == 2
    change = after.overrides[0]
    assert (change.file, change.line, change.before) == ("common.conf", 4, "min-slaves-to-write 1")
    assert [client.host for client in after.clients] == ["n1", "c7"]


def test_repeated_lines_become_one() -> None:
    """A directive written several times is replaced as a whole; a second setting replaces the first."""
    text = 'data: [n1]\nsentinels: [n1]\nredis: {save: ["1 1", "2 2"], hz: 10}'
    before = from_yaml(text, Source("my.yaml", "my.yaml"), Path())
    after = apply_overrides(before, ['redis.save="3 3"', "redis.save=3600 1 300 100"])
    assert [line.text for line in after.primary.directives] == ["save 3600 1 300 100", "hz 10"]


def test_hosts_may_have_dots(tmp_path: Path) -> None:
    """The directive is what follows the last dot of a key with a host."""
    for host, name, text in (("db.one", "redis.conf", ""), ("s1", "sentinel.conf", "sentinel monitor m db.one 6379 1")):
        (tmp_path / host).mkdir()
        (tmp_path / host / name).write_text(text)
    after = apply_overrides(read_folder(tmp_path), ["redis@db.one.hz=20"])
    assert after.primary.value("hz") == "20"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("quorum", "^--with: 'quorum' is not KEY=VALUE. Try: redis.appendonly=no"),
        ("=1", "is not KEY=VALUE"),
        ("qourum=2", "^--with qourum: no such key. Try: quorum"),
        ("cache.hz=1", "no such key. Try: quorum, .*redis.<directive>"),
        ("redis=1", "no such key"),
        ("redis.=1", "no such key"),
        ("redis@.hz=1", "no such key"),
        ("quorum=0", "'0' is not a whole number"),
        ("redis@n9.hz=1", "^--with redis@n9.hz: no such host 'n9'. Try: one of n1, n2, n3"),
        ("redis.replicaof=n2 6379", "replicaof is written by JSquared"),
        ("sentinel.monitor=a", "monitor is written by JSquared"),
        ("sentinel.down-after-milliseconds=0", r"--with, sentinel.down-after-milliseconds: '0' is not a whole"),
        ('redis.requirepass="a', "the value cannot be read"),
        ("redis.hz=10\nport 1", "the value cannot be read"),
        ("redis.port=0", "no port is open, plain or with TLS"),
        ("clients.count=0", "'0' is not a whole number from 1 to 64. Try: clients.count=2"),
        ("clients.count=x", "'x' is not a whole number"),
        ("clients.ask=some", "'some' is neither all nor own"),
        ("clients.ask=own", "--with, clients.ask: client-1 is configured to ask its own Sentinel, but c1 has none"),
        ("clients.on=n1,,n2", "^--with clients.on: no host. Try: own, data, or names"),
        ("clients.on=", "no host"),
        ("clients.on=a b", "no such host 'a b'"),
        ("clients.on=n1,mars", "^--with clients.on: no such host 'mars'. Try: own, data, one of n1, n2, n3, or c1 for"),
        ("clients.on=dta", "no such host 'dta'. Try: data"),
        ("reds.port=1", "no such key. Try: redis.port"),
        ("sentinl@n1.loglevel=debug", "no such key. Try: sentinel@n1.loglevel"),
    ],
)
def test_a_bad_setting_is_one_line(setting: str, message: str) -> None:
    """A wrong key, host or value names the option and what to try."""
    with pytest.raises(BadInputError, match=message) as caught:
        apply_overrides(load_deployment("reference"), [setting])
    assert "Try: " in str(caught.value)


def test_a_setting_of_a_primary_is_set_for_every_one() -> None:
    """Where several are monitored, each gets the line, and a line of one never replaces that of another."""
    text = "primaries: {a: {data: [n1]}, b: {data: [n2], sentinel: {parallel-syncs: 3}}}\nsentinels: [n1]"
    deployment = from_yaml(text, Source("two.yaml", "two.yaml"), Path())
    changed = apply_overrides(
        deployment, ["sentinel.failover-timeout=5000", "sentinel.parallel-syncs=2", "sentinel.loglevel=verbose"]
    )
    assert [one.failover_timeout_ms for one in changed.monitored] == [5000, 5000]
    assert [one.parallel_syncs for one in changed.monitored] == [2, 2]
    assert len(changed.sentinels[0].all("loglevel")) == 1
