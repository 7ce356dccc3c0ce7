"""What servers are called: their kind before their host's name, and neither twice."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.deployment.read.load import load_deployment
from jsquared.errors import BadInputError
from jsquared.trial.plan import planned_clients

Tree = Callable[[dict[str, str]], Path]


def hosts(*names: str) -> dict[str, str]:
    """Folders of a data node and a Sentinel each, the first one the primary's."""
    files = {f"{name}/redis.conf": f"replicaof {names[0]} 6379\n" if name != names[0] else "" for name in names}
    watch = f"sentinel resolve-hostnames yes\nsentinel monitor m {names[0]} 6379 2\n"
    return files | {f"{name}/sentinel.conf": watch for name in names}


@pytest.mark.parametrize(
    ("host", "data", "sentinel"),
    [
        ("n1", "redis-n1", "sentinel-n1"),
        ("redis-a", "redis-a", "sentinel-redis-a"),
        ("redis2", "redis2", "sentinel-redis2"),
        ("redistribution", "redis-redistribution", "sentinel-redistribution"),
        ("sentinel-1", "redis-sentinel-1", "sentinel-1"),
    ],
)
def test_a_kind_is_said_once(tree: Tree, host: str, data: str, sentinel: str) -> None:
    """A folder ``redis-a`` has the data node ``redis-a``; clients ask Sentinels by the names that they have."""
    deployment = load_deployment(tree(hosts(host, "x", "y")))
    names = {node.name for node in deployment.nodes if node.host == host}
    assert names == {data, sentinel}
    assert all(sentinel in client.sentinels for client in planned_clients(deployment))


def test_hosts_whose_servers_would_be_called_alike_are_refused(tree: Tree) -> None:
    """One line names both."""
    with pytest.raises(
        BadInputError, match=r"hosts 'a' and 'redis-a' would both be called redis-a\. Try: another name"
    ):
        load_deployment(tree(hosts("a", "redis-a", "b")))
