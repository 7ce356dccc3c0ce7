"""The linter's list of metrics is that of the real redis_exporter: what one shows of real servers is known, with its labels."""

import socket
import subprocess
import urllib.request
from collections.abc import Callable, Iterator

import pytest

from jsquared.monitor.exporters import CURRENT, OLD, exporter_named, known_exporter

pytestmark = pytest.mark.distribution


@pytest.fixture
def page(tool, wait_until) -> Iterator[Callable[[tuple[str, int]], str]]:
    """Gives the address of an exporter's page about a server."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    argv = [tool("redis-exporter").path, "-web.listen-address", f"127.0.0.1:{port}", "-redis.addr", ""]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def listens() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    try:
        wait_until(listens, what="the exporter listens")
        yield lambda where: f"http://127.0.0.1:{port}/scrape?target=redis://{where[0]}:{where[1]}"
    finally:
        process.kill()
        process.wait()


def test_what_it_shows_is_known(either_lab, page) -> None:
    """Of a primary with replicas, of a replica and of a Sentinel, after an error, for either engine."""
    either_lab.stand_up(2, 3)
    servers = either_lab.servers
    servers.ask(servers.data(1), ("SET", "k", "v"))
    shown: dict[str, set[str]] = {}
    for where in (servers.data(0), servers.data(1), servers.sentinel(0)):
        with urllib.request.urlopen(page(where), timeout=30) as answer:
            samples = [line for line in answer.read().decode().splitlines() if line.startswith("redis_")]
        for sample in samples:
            name, _, labels = sample.rpartition(" ")[0].partition("{")
            shown.setdefault(name, set()).update(part.partition("=")[0] for part in labels.split('",') if "=" in part)
    assert {"redis_sentinel_master_status", "redis_master_link_up", "redis_errors_total"} <= set(shown)
    known = [known_exporter(OLD), known_exporter(CURRENT)]
    assert [name for name in shown if not any(exporter.may_have(name) for exporter in known)] == []
    labels = {name: set().union(*(exporter.metrics.get(name, ()) for exporter in known)) for name in shown}
    listed = {name for name in shown if labels[name]}
    assert {name: shown[name] - labels[name] for name in listed if shown[name] - labels[name]} == {}


def test_its_own_page_names_it(either_lab, page) -> None:
    """``--exporter URL`` takes it for what it is."""
    either_lab.servers.start_data(0)
    where = either_lab.servers.data(0)
    either_lab.wait_until(lambda: either_lab.servers.ask(where, ("PING",)) == "PONG", what="the server answers")
    exporter = exporter_named(page(where))
    assert exporter.metrics["redis_up"] == frozenset()
    assert exporter.may_have("redis_sentinel_master_status")
