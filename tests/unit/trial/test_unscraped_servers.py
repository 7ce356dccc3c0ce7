"""Servers that could not be scraped are named, each with what Prometheus says of it."""

from jsquared.trial.unscraped_servers import NO_TARGET, NOT_REACHED, NOT_YET, unscraped
from support.json_server import JsonServer

NODES = {f"10.0.0.{number}:6379": f"redis-n{number}" for number in range(1, 8)}
TIMED_OUT = "context deadline exceeded"


def target(number: int, health: str, error: str = "") -> dict[str, object]:
    """What Prometheus says of a server."""
    request = f'Get "http://127.0.0.1:9121/scrape?target=10.0.0.{number}": ' if error else ""
    return {"health": health, "lastError": request + error, "labels": {"instance": f"10.0.0.{number}:6379"}}


TARGETS = [
    target(1, "up"),
    target(2, "down", TIMED_OUT),
    target(3, "down", TIMED_OUT),
    target(4, "up"),
    target(5, "unknown"),
    target(6, "down", 'expected value after metric, got\n"INVALID"'),
]


def answer(path: str) -> object:
    """The targets, and one server that answers."""
    if "targets" in path:
        return {"data": {"activeTargets": TARGETS}}
    return {"data": {"result": [{"metric": {"instance": "10.0.0.1:6379"}, "value": [1.0, "1"]}]}}


def test_each_server_is_named_with_its_reason() -> None:
    """Those of one reason together, without the address that is asked; one that answers is not named."""
    server = JsonServer(answer)
    said = unscraped(server.port, NODES.values(), lambda instance: NODES.get(instance, ""))
    server.close()
    assert said.split("; ") == [
        f"redis-n2 and redis-n3 ({TIMED_OUT})",
        f"redis-n4 ({NOT_REACHED})",
        f"redis-n5 ({NOT_YET})",
        'redis-n6 (expected value after metric, got "INVALID")',
        f"redis-n7 ({NO_TARGET})",
    ]


def test_a_prometheus_that_does_not_answer_names_none() -> None:
    """And the monitoring fails for what it did before."""
    server = JsonServer(answer)
    server.close()
    assert unscraped(server.port, NODES.values(), NODES.__getitem__) == "Prometheus does not say which"
