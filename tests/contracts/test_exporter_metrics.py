"""The linter's list of metrics is that of the real redis_exporter: what one shows of real servers is known, with its labels."""

import re
import socket
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jsquared.monitor.exporters import OLD, Exporter, exporter_named, known_exporter

pytestmark = pytest.mark.distribution

Start = Callable[..., str]
SAMPLE = re.compile(r"(redis_[a-zA-Z0-9_]+)(?:\{(.*)\})? ")
LABEL = re.compile(r'([a-z_]+)="(?:[^"\\]|\\.)*"')
FLAGS = (
    "-include-system-metrics",
    "-include-config-metrics",
    "-export-client-list",
    "-export-client-port",
    "-ping-on-connect",
    "-is-tile38",
)
KEYS = {
    "-check-keys": "k*",
    "-check-single-keys": "text",
    "-count-keys": "db0=k*",
    "-check-key-groups": "^(.)",
    "-check-streams": "s*",
    "-check-single-streams": "stream",
}
CHANGE_NO_METRIC = frozenset(
    (
        "check-keys-batch-size config-command connection-timeout debug is-cluster log-format max-distinct-key-groups namespace "
        "redact-config-metrics redis-only-metrics redis.addr redis.password redis.password-file redis.user set-client-name "
        "skip-tls-verification tls-ca-cert-file tls-client-cert-file tls-client-key-file tls-server-ca-cert-file tls-server-cert-file "
        "tls-server-key-file tls-server-min-version version web.listen-address web.telemetry-path"
    ).split()
)
"""Options that add no metric and no label; another namespace is another prefix for all of them."""


@pytest.fixture
def start(tool, wait_until) -> Iterator[Start]:
    """Starts exporters with options, and gives the address of each."""
    processes = []

    def started(*options: str) -> str:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        argv = [tool("redis-exporter").path, "-web.listen-address", f"127.0.0.1:{port}", *options]
        processes.append(subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

        def listens() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        wait_until(listens, what="the exporter listens")
        return f"http://127.0.0.1:{port}"

    yield started
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture
def page(start: Start) -> Callable[[tuple[str, int]], str]:
    """Gives the address of an exporter's page about a server."""
    exporter = start("-redis.addr", "")
    return lambda where: f"{exporter}/scrape?target=redis://{where[0]}:{where[1]}"


def shown_at(url: str) -> dict[str, set[str]]:
    """The exporter's metrics on a page, each with its labels."""
    with urllib.request.urlopen(url, timeout=30) as answer:
        samples = map(SAMPLE.match, answer.read().decode().splitlines())
    shown: dict[str, set[str]] = {}
    for sample in filter(None, samples):
        shown.setdefault(sample[1], set()).update(LABEL.findall(sample[2] or ""))
    return shown


def unknown(shown: dict[str, set[str]], *known: Exporter) -> list[str]:
    """The metrics and labels of a page that the list does not have."""
    found = []
    for name, labels in shown.items():
        if not any(exporter.may_have(name) for exporter in known):
            found.append(name)
        listed = [
            set(exporter.metrics[name]) | set(exporter.labels_with(name))
            for exporter in known
            if name in exporter.metrics
        ]
        found += [f"{name}{{{label}}}" for label in labels - set().union(*listed) if listed]
    return found


def test_what_it_shows_is_known(either_lab, page) -> None:
    """Of a primary with replicas, of a replica and of a Sentinel, after an error, for either engine."""
    either_lab.stand_up(2, 3)
    servers = either_lab.servers
    servers.ask(servers.data(1), ("SET", "k", "v"))
    shown: dict[str, set[str]] = {}
    for where in (servers.data(0), servers.data(1), servers.sentinel(0)):
        for name, labels in shown_at(page(where)).items():
            shown.setdefault(name, set()).update(labels)
    assert {"redis_sentinel_master_status", "redis_master_link_up", "redis_errors_total"} <= set(shown)
    assert unknown(shown, known_exporter(OLD)) == []


def test_what_it_shows_with_all_options_is_known(either_lab, start: Start, tmp_path: Path) -> None:
    """With each option that adds metrics or labels, of keys, groups of keys, streams, clients, a script, the machine and all settings."""
    servers = either_lab.servers
    servers.start_data(0)
    where = servers.data(0)
    either_lab.wait_until(lambda: servers.ask(where, ("PING",)) == "PONG", what="the server answers")
    for command in (
        ("SET", "key", "5"),
        ("SET", "text", "words"),
        ("RPUSH", "keys", "a", "b"),
        ("XADD", "stream", "*", "a", "b"),
        ("XGROUP", "CREATE", "stream", "group", "0"),
        ("XREADGROUP", "GROUP", "group", "reader", "STREAMS", "stream", ">"),
        ("CONFIG", "SET", "latency-monitor-threshold", "1"),
        ("CONFIG", "SET", "slowlog-log-slower-than", "0"),
        ("DEBUG", "SLEEP", "0.01"),
    ):
        servers.ask(where, command)
    script = tmp_path / "script.lua"
    script.write_text("return {'of_a_script', '7'}\n")
    options = [*FLAGS, *(word for option in KEYS.items() for word in option), "-script", str(script)]
    shown = shown_at(start("-redis.addr", f"redis://{where[0]}:{where[1]}", *options) + "/metrics")
    old = known_exporter(OLD)
    assert unknown(shown, old) == []
    without = shown_at(start("-redis.addr", f"redis://{where[0]}:{where[1]}") + "/metrics")
    added = set(shown) - set(without) - {"redis_exporter_scrapes_total"}
    assert {name: old.option(name) for name in sorted(added) if not old.option(name)} == {}
    assert [name for name in without if old.option(name)] == []
    assert {
        "redis_total_system_memory_bytes",
        "redis_key_group_count",
        "redis_stream_group_consumers",
        "redis_script_values",
    } <= added
    assert shown["redis_connected_clients_details"] == old.metrics["redis_connected_clients_details"] | {"port"}


def test_each_option_is_looked_at(tool) -> None:
    """An option that a new version of the exporter has must be found out about: is there a metric, or a label, only with it?"""
    said = subprocess.run(
        [tool("redis-exporter").path, "--help"], capture_output=True, text=True, timeout=30, check=False
    )
    options = {name.lstrip("-") for name in (*FLAGS, *KEYS, "-script")} | CHANGE_NO_METRIC
    assert set(re.findall(r"^  -([a-z0-9.-]+)", said.stdout + said.stderr, re.MULTILINE)) == options


def test_its_own_page_names_it(either_lab, page) -> None:
    """``--exporter URL`` takes it for what it is."""
    either_lab.servers.start_data(0)
    where = either_lab.servers.data(0)
    either_lab.wait_until(lambda: either_lab.servers.ask(where, ("PING",)) == "PONG", what="the server answers")
    exporter = exporter_named(page(where))
    assert exporter.metrics["redis_up"] == frozenset()
    assert exporter.may_have("redis_sentinel_master_status")
