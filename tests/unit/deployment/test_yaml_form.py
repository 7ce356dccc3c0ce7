"""Deployments in YAML: the form, and one clear line for whatever is wrong with it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.reach import Reach
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.yaml.yaml_form import from_yaml
from jsquared.deployment.read.yaml.yaml_items import Item, parse_yaml
from jsquared.deployment.render.render import Rendered
from jsquared.errors import BadInputError
from jsquared.records.plan import Ack

SHORT = "data: [n1, n2, n3]\nsentinels: [n1, n2, n3]\n"


def read(text: str) -> Deployment:
    """A deployment from the text of ``my.yaml``."""
    return from_yaml(text, Source("my.yaml", "conf/my.yaml"), Path("conf"))


def test_the_short_form_has_sound_defaults() -> None:
    """Two lines are enough: the first host is the primary, the quorum the majority, two clients ask all Sentinels."""
    deployment = read(SHORT)
    assert (deployment.name, deployment.master_name, deployment.quorum) == ("my", "mymaster", 2)
    assert (deployment.primary.name, [node.name for node in deployment.replicas]) == (
        "redis-n1",
        ["redis-n2", "redis-n3"],
    )
    assert (deployment.down_after_ms, deployment.failover_timeout_ms, deployment.parallel_syncs) == (30_000, 180_000, 1)
    assert [(client.name, client.host, client.asks) for client in deployment.clients] == [
        ("client-1", "c1", ("n1", "n2", "n3")),
        ("client-2", "c2", ("n1", "n2", "n3")),
    ]
    assert deployment.hosts == ("n1", "n2", "n3", "c1", "c2")
    assert not deployment.aof_everywhere
    assert deployment.features == frozenset()
    assert deployment.input_files == {"my.yaml": SHORT}


def test_everything_can_be_said() -> None:
    """Settings for all nodes and for one, words of Redis kept as they are, lists as repeated lines."""
    deployment = read(
        """
        name: full
        description: All of it.
        master_name: cache
        quorum: 1
        data: [n1, n2]
        sentinels: [s1]
        redis:
          appendonly: yes
          save: ["3600 1", "300 100"]
          client-output-buffer-limit: replica 256mb 64mb 60
          requirepass: '"two words"'
          unixsocketperm: 0700
          repl-diskless-sync: true
          active-expire-effort: 1_0
          dbfilename: 2013-05-18
        sentinel:
          down-after-milliseconds: 3500
          resolve-hostnames: off
          loglevel: verbose
        hosts:
          n2: {redis: {replica-priority: 50, save: ""}}
          s1: {sentinel: {down-after-milliseconds: 4000}}
        clients: {count: 3, on: [n1, c9], ask: all}
        """
    )
    first, second = ([line.text for line in node.directives] for node in deployment.data)
    assert first == [
        "appendonly yes",
        "save 3600 1",
        "save 300 100",
        "client-output-buffer-limit replica 256mb 64mb 60",
        "requirepass <secret-1>",
        "unixsocketperm 0700",
        "repl-diskless-sync yes",
        "active-expire-effort 1_0",
        "dbfilename 2013-05-18",
    ]
    assert second == ["replicaof n1 6379", first[0], *first[3:], "replica-priority 50", 'save ""']
    assert [line.text for line in deployment.sentinels[0].directives] == [
        "sentinel monitor cache n1 6379 1",
        "sentinel resolve-hostnames no",
        "loglevel verbose",
        "sentinel down-after-milliseconds cache 4000",
    ]
    assert [client.host for client in deployment.clients] == ["n1", "c9", "n1"]
    assert (deployment.name, deployment.description, deployment.down_after_ms) == ("full", "All of it.", 4000)
    assert deployment.primary.value("requirepass") == "two words"
    assert deployment.data_on("n2").value("save") == ""
    assert deployment.sentinel_on("s1").name == "sentinel-s1"


def test_clients_beside_the_data_ask_their_own_sentinel() -> None:
    """``on: data`` places one client a data host; ``ask: own`` leaves it the Sentinel there."""
    clients = read(SHORT + "clients: {on: data, ask: own}").clients
    assert [(client.host, client.asks) for client in clients] == [("n1", ("n1",)), ("n2", ("n2",)), ("n3", ("n3",))]


def test_hosts_called_like_clients_do_not_clash() -> None:
    """Clients' own hosts take names that are free."""
    assert [client.host for client in read("data: [c1]\nsentinels: [c3]").clients] == ["c2", "c4"]


@pytest.mark.parametrize(
    ("replicas", "ack"), [(0, "async"), (1, "wait:1"), (2, "wait:1"), (3, "wait:2"), (4, "wait:2"), (5, "wait:3")]
)
def test_the_majority_level_follows_from_the_replicas(replicas: int, ack: str) -> None:
    """The primary and ⌊(R+1)/2⌋ replicas are a majority of R + 1 nodes."""
    hosts = ", ".join(f"n{number}" for number in range(1, replicas + 2))
    deployment = read(f"data: [{hosts}]\nsentinels: [s1, s2, s3, s4, s5, s6, s7]")
    assert deployment.majority_ack == Ack.parse(ack)
    assert deployment.quorum == 4


def test_what_an_engine_must_have_is_seen() -> None:
    """TLS and modules need an engine that was built for them."""
    deployment = read(SHORT + "redis: {tls-port: 6380, loadmodule: m.so}")
    assert deployment.features == {"tls"}, "modules are not loaded"
    assert replace(deployment, reach=Reach(modules=True)).features == {"tls", "modules"}


BAD = {
    "unknown key": (SHORT + "qorum: 2", r"my.yaml:3, qorum: unknown key 'qorum'. Try: quorum"),
    "unknown key far from any": (SHORT + "zzz: 2", r"unknown key 'zzz'. Try: one of name, description"),
    "key twice": (SHORT + "data: [n1]", r"my.yaml:3, data: is given twice"),
    "key that is a list": (SHORT + "[a]: 1", "a key must be a word"),
    "root of another type": ("- a\n- b", r"my.yaml:1: must be a mapping, not a list"),
    "scalar root": ("just words", "must be a mapping, not a single value"),
    "wrong type: mapping": (SHORT + "redis: [a]", r"my.yaml:3, redis: must be a mapping, not a list"),
    "wrong type: list": ("data: n1\nsentinels: [n1]", r"my.yaml:1, data: must be a list, not a single value"),
    "wrong type: empty list": ("data:\nsentinels: [n1]", r"my.yaml:1, data: must be a list, not nothing"),
    "wrong type: value": (SHORT + "quorum: {a: 1}", r"my.yaml:3, quorum: must be one value, not a mapping"),
    "wrong type: value in a list": (SHORT + "redis: {save: [[1, 2]]}", r"redis.save\[0\]: must be one value, not a list"),
    "no value": (SHORT + "redis:\n  save:", r'my.yaml:4, redis.save: has no value. Try: a value, or "" .*: save: ""'),
    "no number": (SHORT + "quorum: two", r"my.yaml:3, quorum: 'two' is not a whole number"),
    "quorum too small": (SHORT + "quorum: 0", r"my.yaml:3, quorum: '0' is not a whole number from 1"),
    "no Sentinels": ("data: [n1]", r"my.yaml:1: no Sentinels. Try: sentinels: \[n1, n2, n3\]"),
    "empty Sentinels": ("data: [n1]\nsentinels: []", r"my.yaml:2, sentinels: no Sentinels"),
    "no primary": ("data: []\nsentinels: [n1]", r"my.yaml:1, data: no data nodes, so no primary"),
    "host twice": ("data: [n1, N1]\nsentinels: [n1]", r"my.yaml:1, data: host n1 is named twice"),
    "bad host": ("data: [../n1]\nsentinels: [n1]", r"'../n1' cannot be the name of a host"),
    "too many": (f"data: [{', '.join(f'n{i}' for i in range(17))}]\nsentinels: [n1]", "17 data nodes are more than the maximum of 16"),
    "unknown host": (SHORT + "hosts: {n7: {redis: {hz: 10}}}", r"hosts.n7: unknown key 'n7'. Try: one of n1, n2, n3"),
    "no such server on the host": (
        "data: [n1]\nsentinels: [s1]\nhosts: {s1: {redis: {hz: 10}}}",
        r"my.yaml:3, hosts.s1.redis: host s1 has no redis. Try: one of n1",
    ),
    "setting out of range": (
        SHORT + "sentinel:\n  parallel-syncs: 1\n  down-after-milliseconds: 0",
        r"my.yaml:5, sentinel.down-after-milliseconds: '0' is not a whole number",
    ),
    "replicaof": (SHORT + "redis: {slaveof: n1 6379}", r"redis.slaveof: slaveof is written by JSquared"),
    "include": (SHORT + "redis: {include: a.conf}", "include is for native files"),
    "monitor": (SHORT + "sentinel: {monitor: a}", "monitor is written by JSquared. Try: quorum: 2"),
    "quorum of a Sentinel": (SHORT + "sentinel: {quorum: 2}", "quorum is part of 'sentinel monitor'. Try: quorum=2"),
    "replicaof of a Sentinel": (SHORT + "sentinel: {replicaof: n1 1}", "does not belong to a Sentinel"),
    "unbalanced quotes": (SHORT + "redis: {requirepass: '\"a'}", "redis.requirepass: unbalanced quotes"),
    "two lines": (SHORT + 'redis: {requirepass: "a\\nport 1"}', "redis.requirepass: must be one line"),
    "bad port": (SHORT + "redis: {port: 99999}", r"my.yaml:3, redis.port: '99999' is not a whole number from 0 to 65535"),
    "cluster": (SHORT + "redis: {cluster-enabled: yes}", "Sentinel does not run cluster nodes"),
    "clients: count": (SHORT + "clients: {count: 0}", r"clients.count: '0' is not a whole number from 1 to 64"),
    "clients: on": (SHORT + "clients: {on: dta}", r"clients.on: 'dta' is none of own, data. Try: data"),
    "clients: on nothing": (SHORT + "clients: {on: []}", "clients.on: no host"),
    "clients: ask": (SHORT + "clients: {ask: none}", "clients.ask: 'none' is none of all, own"),
    "clients: no own Sentinel": (SHORT + "clients: {ask: own}", "clients.ask: client-1 is configured to ask its own Sentinel, but c1 has"),
    "clients: bad host": (SHORT + "clients: {on: ['a/b']}", "'a/b' cannot be the name of a host"),
    "master name of two words": (SHORT + "master_name: my master", r"my.yaml:3, master_name: must be one word"),
    "name with a slash": (SHORT + "name: a/b", "name: must be one word"),
    "malformed": ("data: [n1,\nsentinels: [n1]", r"^conf/my.yaml:2:\d+: malformed YAML: "),
    "tab": ("data:\n\t- n1", r"^conf/my.yaml:2:1: malformed YAML"),
    "two documents": ("a: 1\n---\nb: 2", r"malformed YAML: but found another document"),
    "unknown alias": ("data: *x", r"my.yaml:1:7: malformed YAML: found undefined alias"),
    "control character": ("a: \x07", r"^conf/my.yaml: malformed YAML: .*special characters are not allowed"),
    "deep nesting": ("[" * 5000, "malformed YAML"),
    "empty": ("", r"^conf/my.yaml: is empty. Try: data: "),
    "only comments": ("# nothing\n", "is empty"),
    "recursive": ("&a\ndata: *a\nsentinels: [n1]", "data: must be a list, not a mapping"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_with_place_and_suggestion(case: str) -> None:
    """Each kind of wrong file gets the file, the place in it, what is wrong and what to try, in one line."""
    text, message = BAD[case]
    with pytest.raises(BadInputError, match=message) as caught:
        read(text)
    line = str(caught.value)
    assert "\n" not in line
    assert "conf/my.yaml" in line
    assert "Try: " in line


def refusal(text: str) -> str:
    """What is said about the text; where it is a deployment, the name of its file."""
    try:
        return read(text).input_files["my.yaml"] and "my.yaml"
    except BadInputError as problem:
        return str(problem)


@given(st.text(max_size=200))
def test_any_text_is_a_deployment_or_a_clear_refusal(text: str) -> None:
    """Nothing that can be typed into the file ends in another exception."""
    assert "my.yaml" in refusal(text)


KEYS = st.sampled_from(["data", "sentinels", "quorum", "redis", "hosts", "clients", "n1"])
VALUES = st.recursive(
    st.text("abn12[]{}:, '\"", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
)


@given(VALUES)
def test_any_structure_is_a_deployment_or_a_clear_refusal(value: object) -> None:
    """Values of the wrong shape at any depth are refused, too."""
    assert "my.yaml" in refusal(json.dumps(value))


def test_directives_that_no_list_knows_are_left_to_the_server(rendered: Callable[..., Rendered]) -> None:
    """An engine newer than the list of names may have more of them."""
    assert "brand-new-thing 7\n" in rendered(read(SHORT + "redis: {brand-new-thing: 7}")).files["redis-n1"]


def test_numbers_of_items_have_limits() -> None:
    """A number is taken as written where it fits."""
    item: Item = parse_yaml("a: 12", Source("x", "x")).mapping()["a"]
    assert item.integer(1, 20) == 12


TWO = """
primaries:
  orders:
    data: [n1, n2, n3]
  sessions:
    data: [n4, n5]
    quorum: 3
    redis: {appendonly: no, maxmemory: 10mb}
    sentinel: {down-after-milliseconds: 9000}
sentinels: [n1, n2, n3, n4]
quorum: 2
redis: {appendonly: yes}
sentinel: {down-after-milliseconds: 3500, loglevel: verbose, resolve-hostnames: no}
hosts:
  n4: {sentinel: {down-after-milliseconds: 5000, loglevel: notice}, redis: {maxmemory: 20mb}}
"""


def test_several_primaries_share_what_is_common() -> None:
    """A primary's own lines replace the common ones, and those of a host replace both."""
    deployment = read(TWO)
    orders, sessions = deployment.about("orders"), deployment.about("sessions")
    assert (orders.quorum, sessions.quorum) == (2, 3)
    assert (len(orders.replicas), len(sessions.replicas)) == (2, 1)
    assert [node.value("appendonly") for node in deployment.data] == ["yes"] * 3 + ["no"] * 2
    assert [node.value("maxmemory") for node in sessions.group] == ["20mb", "10mb"]
    first, last = deployment.sentinels[0], deployment.sentinels[3]
    assert [first.number("down-after-milliseconds", name, 0) for name in deployment.master_names] == [3500, 9000]
    assert [last.number("down-after-milliseconds", name, 0) for name in deployment.master_names] == [5000, 5000]
    assert len(first.all("sentinel down-after-milliseconds")) == 2
    assert len(first.all("sentinel resolve-hostnames")) == 1
    assert (first.value("loglevel"), last.value("loglevel")) == ("verbose", "notice")


BAD_PRIMARIES = {
    "beside data": (
        "primaries: {a: {data: [n1]}}\ndata: [n2]\nsentinels: [n1]",
        "data: primaries name their own nodes. Try: removing data",
    ),
    "none": ("primaries: {}\nsentinels: [n1]", "primaries: no primary"),
    "no data": ("primaries: {a: {quorum: 1}}\nsentinels: [n1]", r"primaries\.a: no data nodes"),
    "a name": ("primaries: {'a b': {data: [n1]}}\nsentinels: [n1]", "must be one word"),
    "a host twice": ("primaries: {a: {data: [n1]}, b: {data: [n2, N1]}}\nsentinels: [n1]", "host n1 is named twice"),
    "a setting of Sentinel": (
        "primaries: {a: {data: [n1], sentinel: {loglevel: notice}}}\nsentinels: [n1]",
        "loglevel is not a setting of one primary",
    ),
}


@pytest.mark.parametrize("case", BAD_PRIMARIES)
def test_wrong_primaries_are_one_line(case: str) -> None:
    """Whatever is wrong with the part about several primaries is said with its place."""
    text, message = BAD_PRIMARIES[case]
    with pytest.raises(BadInputError, match=message):
        read(text)


def test_a_host_may_have_a_node_of_each_primary(rendered: Callable[..., Rendered]) -> None:
    """Such nodes are called by host and primary, and each follows and is monitored as that of its own group."""
    deployment = read(
        "primaries:\n  a: {data: [n1, n2]}\n  b: {data: [n2, n1], redis: {port: 6390}}\n  c: {data: [n3, n1]}\nsentinels: [n1]"
    )
    assert [node.name for node in deployment.data] == [
        "redis-n1-a", "redis-n2-a", "redis-n2-b", "redis-n1-b", "redis-n3", "redis-n1-c",
    ]  # fmt: skip
    assert (deployment.primary.name, deployment.about("b").primary.name) == ("redis-n1-a", "redis-n2-b")
    assert deployment.data_on("n1").name == "redis-n1-a"
    assert deployment.about("b").data_on("n1").name == "redis-n1-b"
    assert deployment.about("b").data_on("n3").name == "redis-n3"
    with pytest.raises(KeyError):
        deployment.data_on("n3", "a")
    made = rendered(deployment)
    ports = {node.name: (node.address, node.port) for node in made.nodes}
    assert len(set(ports.values())) == len(ports)
    of_b = " ".join(map(str, ports["redis-n2-b"]))
    assert f"replicaof {of_b}" in made.files["redis-n1-b"]
    assert f"sentinel monitor b {of_b} 1" in made.files["sentinel-n1"]
    assert f"sentinel known-replica c {' '.join(map(str, ports['redis-n1-c']))}" in made.files["sentinel-n1"]
