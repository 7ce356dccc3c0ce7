"""Lines that an engine will probably not take: names, values, and the versions that know them."""

from collections.abc import Sequence

import pytest

from jsquared.deployment.dialect.dialect import dialect_of, dialects, parse
from jsquared.deployment.dialect.doubts import Doubt, doubts_about
from jsquared.deployment.dialect.settings import SETTINGS, example, problem
from jsquared.deployment.dialect.values import KINDS, Shape
from jsquared.deployment.model.directives import Directive, Source, split_words
from jsquared.deployment.model.spec import DataNode, SentinelNode
from jsquared.deployment.read.load import shipped_deployments
from jsquared.records.plan import Engine

REDIS_6 = Engine(name="redis", version="6.2.14", path="/nowhere")
REDIS_7 = Engine(name="redis", version="7.0.15", path="/nowhere")
VALKEY_9 = Engine(name="valkey", version="9.1.2", path="/nowhere")
ENGINES = (REDIS_6, REDIS_7, VALKEY_9)
SINCE_REDIS_7 = {"enable-protected-configs", "enable-debug-command", "enable-module-command"}
MONITOR = "sentinel monitor mymaster 10.0.0.1 6379 2"


def lines_of(name: str, texts: Sequence[str]) -> tuple[Directive, ...]:
    """Directives as they stand in a file."""
    source = Source(name, f"conf/{name}")
    return tuple(Directive(split_words(text) or (), source, number, text) for number, text in enumerate(texts, 1))


def at_data(engine: Engine, *texts: str) -> list[Doubt]:
    """The doubts about lines of a data node."""
    lines = lines_of("redis.conf", texts)
    return doubts_about([DataNode("n1", lines, Source("redis.conf", "redis.conf"), None, "mymaster")], engine)


def at_sentinel(engine: Engine, *texts: str) -> list[Doubt]:
    """The doubts about lines of a Sentinel."""
    lines = lines_of("sentinel.conf", [MONITOR, *texts])
    return doubts_about([SentinelNode("n1", lines, Source("sentinel.conf", "sentinel.conf"))], engine)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("apendonly yes", "conf/redis.conf:1, apendonly: unknown directive 'apendonly'. Try: did you mean 'appendonly'?"),
        ("zzz 1", "unknown directive 'zzz'. Try: removing the line"),
        ("appendonly ja", "appendonly: 'ja' is neither yes nor no. Try: yes or no"),
        ("appendonly yess", "'yess' is neither yes nor no. Try: did you mean 'yes'?"),
        ("appendonly", "takes one value, and has none"),
        ("appendonly yes no", "takes one value, not 2"),
        ("appendfsync alwyas", "'alwyas' is none of everysec, always, no. Try: did you mean 'always'?"),
        ("hz ten", "'ten' is not a whole number from 0"),
        ("hz 010", "'010' is not a whole number from 0"),
        ("port 70000", "'70000' is not a whole number from 0 to 65535"),
        ("io-threads 0", "'0' is not a whole number from 1 to 128"),
        ("list-max-listpack-size x", "'x' is not a whole number"),
        ("maxmemory 1.5gb", "'1.5gb' is not an amount of memory. Try: 100mb"),
        ("maxmemory -1", "'-1' is less than 0 bytes"),
        ("client-query-buffer-limit 1kb", "'1kb' is less than 1048576 bytes"),
        ("proto-max-bulk-len 16000000000gb", "is more than 9223372036854775807 bytes"),
        ("maxmemory-clients 101%", "'101%' is more than 100%"),
        ("maxmemory-clients x", "'x' is neither an amount of memory nor a percentage"),
        ("unixsocketperm 888", "'888' is not an octal number"),
        ("unixsocketperm 1000", "'1000' is not an octal number from 0 to 777"),
        ("save 60", "takes pairs of seconds and changes"),
        ("save 0 5", "'0' is not a whole number of seconds from 1"),
        ("save 60 x", "'x' is not a whole number of changes from 0"),
        ("client-output-buffer-limit replica 256mb 64mb", "takes a class of clients, a hard limit"),
        ("client-output-buffer-limit master 0 0 0", "'master' is none of normal, slave, replica, pubsub"),
        ("client-output-buffer-limit replica 256xb 64mb 60", "'256xb' is not an amount of memory"),
        ("client-output-buffer-limit replica 0 0 -1", "'-1' is not a whole number of seconds from 0"),
        ("notify-keyspace-events KEq", "'q' is none of the letters"),
        ("notify-keyspace-events K E", "takes one word of letters"),
        ("latency-tracking-info-percentiles 50 101", "'101' is not a number from 0 to 100"),
        ("latency-tracking-info-percentiles x", "'x' is not a number from 0 to 100"),
        ("oom-score-adj-values 0 200", "takes three values"),
        ("oom-score-adj-values 0 200 3000", "'3000' is not a whole number from -2000 to 2000"),
        ("shutdown-on-sigterm save noww", "'noww' is none of default, save, nosave, now, force. Try: did you mean 'now"),
        ("shutdown-on-sigterm", "takes one value or more, and has none"),
        ("replicaof 10.0.0.1", "takes an address and a port"),
        ("replicaof 10.0.0.1 x", "'x' is not a port"),
        ("rename-command CONFIG", "takes 2 values, not 1"),
        ("loadmodule", "takes one value or more, and has none"),
        ("sentinel myid x", "belongs to a Sentinel, and this is a data node. Try: sentinel.conf"),
        ("replica-priority {{.Task.Slot}}", "'{{.Task.Slot}}' is not a whole number from 0. Try: the value that the template stands"),
    ],
)  # fmt: skip
def test_a_wrong_line_of_a_data_node_has_its_place_reason_and_nearest_name(line: str, message: str) -> None:
    """Names, types, ranges, and values of several words."""
    (doubt,) = at_data(REDIS_7, line)
    assert message in str(doubt.error())
    assert str(doubt.error()).startswith("conf/redis.conf:1, ")


def test_a_wrong_line_of_any_kind_says_what_to_try() -> None:
    """Every kind of value and every setting of Sentinel has an example, also those whose range is open."""
    assert str(at_data(REDIS_7, "slave-priority x")[0].error()).endswith("Try: a plain number, such as 1")
    for kind in KINDS:
        assert Shape.parse(f"{kind} 1 2").example
    for name in SETTINGS:
        assert example(name).startswith(f"sentinel {name} ")


def test_every_example_of_a_setting_is_one() -> None:
    """Sentinel takes the lines that are suggested; ids alone are not written out."""
    for name in SETTINGS.keys() - {"myid", "rename-command"}:
        words = example(name).replace("ID", "a" * 40).replace("VALUE", "1").split()[2:]
        assert problem(name, words) == ""


SOUND = """
APPENDONLY YES|appendfsync EverySec|save ""|save 3600 1|maxmemory 1GB|maxmemory 0|hz 10|hz 0|port 0|bind 10.0.0.1 -::1|bind ""
slave-priority 100|replica-priority 0|slave-announce-ip 10.0.0.1|slaveof no one|replicaof 10.0.0.1 6379|rename-command CONFIG ""
user default on nopass ~* +@all|loadmodule /m.so a b|logfile ""|requirepass "a b"|notify-keyspace-events KEA|aof_rewrite_cpulist 1
client-output-buffer-limit replica 256mb 64mb 60|client-output-buffer-limit slave 0 0 0|oom-score-adj-values 0 200 800
list-max-ziplist-size -2|hash-max-ziplist-entries 512|tls-port 6380|tls-replication yes|tls-key-file-pass x|unixsocketperm 700
""".strip().replace("\n", "|")


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.version)
def test_what_every_engine_takes_is_never_doubted(engine: Engine) -> None:
    """Case, aliases of old names, quotes, units, several words, and TLS whatever the engine was built with."""
    assert at_data(engine, *SOUND.split("|")) == []


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.version)
def test_no_shipped_deployment_is_doubted(engine: Engine) -> None:
    """By any version that is known; only the hardened one sets what Redis 6.2 has not."""
    for deployment in shipped_deployments():
        doubted = {doubt.line.key for doubt in doubts_about(deployment.nodes, engine)}
        assert doubted <= (SINCE_REDIS_7 if deployment.name == "hardened" and engine == REDIS_6 else set())


@pytest.mark.parametrize(
    ("engine", "line", "message"),
    [
        (REDIS_6, "maxmemory-clients 5%", "'maxmemory-clients' is known since Redis 7.0, and the engine is Redis 6.2.14"),
        (REDIS_7, "gopher-enabled no", "'gopher-enabled' is known until Redis 6.2, and the engine is Redis 7.0.15"),
        (REDIS_7, "primaryauth x", "'primaryauth' is a directive of Valkey 9.1, and the engine is Redis 7.0.15"),
        (VALKEY_9, "gopher-enabled no", "'gopher-enabled' is a directive of Redis 6.2, and the engine is Valkey 9.1.2"),
        (REDIS_6, "search.timeout 5", "'search.timeout' is a setting of a module, known since Redis 7.0, and"),
        (REDIS_6, "client-output-buffer-limit master 1 1 1", "'master' is none of normal"),
        (REDIS_6, "client-output-buffer-limit normal 1 1 -1", "'-1' is a negative number of seconds"),
        (REDIS_6, "save 0 1", "'0 1' is not a number of seconds from 1 and one of changes from 0"),
    ],
)  # fmt: skip
def test_a_line_of_another_version_is_said_to_be_one(engine: Engine, line: str, message: str) -> None:
    """The version that knows it is named, with the engine that does not."""
    (doubt,) = at_data(engine, line)
    assert message in str(doubt.error())


def test_lines_that_only_some_versions_take_are_not_doubted_there() -> None:
    """Settings of modules since Redis 7; several classes on one line; what Redis 6 reads as 0."""
    assert at_data(REDIS_7, "search.timeout 5", "client-output-buffer-limit normal 0 0 0 pubsub 1mb 1mb 5") == []
    assert at_data(REDIS_6, "client-output-buffer-limit replica 1x 0 x", "save 1 2 3", "unixsocketperm 9") == []
    assert at_data(VALKEY_9, "primaryauth x", "io-threads-do-reads yes", "dynamic-hz yes") == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("sentinel down-after mymaster 5", "unknown setting of Sentinel 'down-after'. Try: did you mean 'down-after-milliseconds'?"),
        ("down-after 5", "unknown directive 'down-after'. Try: did you mean 'down-after-milliseconds'?"),
        ("down-after-milliseconds mymaster 5000", "is a setting of Sentinel. Try: sentinel down-after-milliseconds …"),
        ("loglevel loud", "'loud' is none of debug, verbose, notice, warning"),
        ("sentinel down-after-milliseconds mymaster", "takes 1 value behind the name of a primary"),
        ("sentinel down-after-milliseconds mymaster 0", "'0' is not a whole number from 1"),
        ("sentinel monitor other 10.0.0.1 6379", "takes 3 values behind the name of a primary"),
        ("sentinel monitor other 10.0.0.1 6379 x", "'x' is not a whole number from 1"),
        ("sentinel monitor other 10.0.0.1 70000 1", "'70000' is not a port"),
        ("sentinel known-replica mymaster 10.0.0.1 70000", "'70000' is not a port"),
        ("sentinel resolve-hostnames 1", "'1' is neither yes nor no"),
        ("sentinel myid abc", "is not an id of 40 characters"),
        ("sentinel announce-ip", "takes 1 value. Try"),
        ("sentinel quorum mymaster 2", "unknown setting of Sentinel 'quorum'. Try: the last word of 'sentinel monitor'"),
        ("sentinel parallel-syncs mymaster {{.N}} x", "Try: the value that the template stands for"),
        ("sentinel primary-reboot-down-after-period mymaster 1", "is a setting of Sentinel of Valkey 9.1, and the engine is Redis 7"),
    ],
)  # fmt: skip
def test_a_wrong_line_of_a_sentinel_has_its_place_reason_and_nearest_name(line: str, message: str) -> None:
    """Settings with and without the word before them, and directives of the server that it runs in."""
    (doubt,) = at_sentinel(REDIS_7, line)
    assert message.removesuffix(". Try") in str(doubt.error())
    assert str(doubt.error()).startswith("conf/sentinel.conf:2, ")


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.version)
def test_what_sentinel_writes_itself_is_never_doubted(engine: Engine) -> None:
    """Its file after a while, and settings in any case."""
    run_id = "f" * 40
    state = f"""myid {run_id}|current-epoch 3|config-epoch mymaster 3|leader-epoch mymaster 3|known-replica mymaster 10.0.0.2 6379
known-slave mymaster 10.0.0.3 6379|known-sentinel mymaster 10.0.0.2 26379 {run_id}|known-sentinel mymaster 10.0.0.3 26379
DOWN-AFTER-MILLISECONDS mymaster 5000|deny-scripts-reconfig YES|auth-pass mymaster x|rename-command mymaster CONFIG C""".replace(
        "\n", "|"
    )
    lines = [f"sentinel {line}" for line in state.split("|")]
    assert at_sentinel(engine, *lines, "protected-mode no", "user default on nopass", "sentinel") == []


def test_a_setting_that_came_later_is_said_to_have_come_later() -> None:
    """Sentinel's settings have versions too."""
    (doubt,) = at_sentinel(REDIS_6, "sentinel master-reboot-down-after-period mymaster 0")
    assert "is known since Redis 7.0, and the engine is Redis 6.2.14" in str(doubt.error())


def test_one_wrong_line_that_many_nodes_read_is_one_doubt() -> None:
    """As from ``--with`` or an included file."""
    line = lines_of("common.conf", ["hz x"])
    nodes = [DataNode(host, line, Source("a", "a"), None, "mymaster") for host in ("n1", "n2", "n3")]
    assert len(doubts_about(nodes, REDIS_7)) == 1


def test_a_secret_that_is_glued_to_a_name_is_not_shown() -> None:
    """Nor one behind a name with a typing error."""
    for line in ("requirepassZebra7", "requirepas Zebra7", "masterauth Zebra7 Zebra8"):
        (doubt,) = at_data(REDIS_7, line)
        assert "Zebra" not in str(doubt.error())


@pytest.mark.parametrize(
    ("name", "version", "nearest", "is_known"),
    [
        ("redis", "7.0.2", "Redis 7.0", True),
        ("redis", "7.4.1", "Redis 7.0", False),
        ("redis", "6.0.9", "Redis 6.2", False),
        ("valkey", "9.1.0", "Valkey 9.1", True),
        ("valkey", "10.0.0", "Valkey 9.1", False),
        ("valkey", "8.0.1", "Valkey 9.1", False),
    ],
)
def test_an_engine_that_was_never_asked_has_the_dialect_of_the_nearest(
    name: str, version: str, nearest: str, is_known: bool
) -> None:
    """An older one where there is one, and it is said that it is another version's."""
    dialect, known = dialect_of(Engine(name=name, version=version, path="/nowhere"))
    assert (dialect.name, known) == (nearest, is_known)


def test_the_files_are_refused_where_they_cannot_be_read() -> None:
    """A kind or a setting that this version of JSquared does not know."""
    with pytest.raises(ValueError, match="'wholes' is not a kind of value"):
        Shape.parse("wholes 1")
    with pytest.raises(ValueError, match=r"redis-9\.9: unknown settings zzz"):
        parse("redis-9.9", "# about\nport  integer 0 1\nsentinel zzz\n")
    assert {dialect.name for dialect in dialects()} >= {"Redis 6.2", "Redis 7.0", "Valkey 9.1"}
