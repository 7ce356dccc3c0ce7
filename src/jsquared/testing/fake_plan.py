"""Plan and placement of a trial on three hosts with a data node and a Sentinel each, and two clients: nothing was ever started."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import asdict, replace

from jsquared.records.placement import PlacedClient, PlacedNode, Placement
from jsquared.records.plan import Ack, Engine, Plan, PlannedClient, PlannedNode, Rewrite, Workload

HOSTS = ("n1", "n2", "n3")


def fake_plan(sentinel_hosts: tuple[str, ...] = HOSTS) -> Plan:
    """The plan, without faults and objectives.

    :param sentinel_hosts: where the Sentinels are, if not beside the data nodes.
    """
    return Plan(
        jsquared="0.1.0",
        scenario="primary-crash",
        title="The primary crashes",
        description="",
        tags=(),
        seed=7,
        deployment="reference",
        deployment_description="Three hosts, a data node and a Sentinel each.",
        engine=Engine(name="valkey", version="9.1.2"),
        sandbox="namespaces",
        ack=Ack(mode="wait", replicas=1),
        workload=Workload(rate_per_s=500),
        nodes=_nodes(sentinel_hosts),
        clients=tuple(_client(number, sentinel_hosts) for number in (1, 2)),
        quorum=2,
        down_after_ms=3500,
        failover_timeout_ms=6000,
        faults=(),
        objectives=(),
        input_files={f"{host}/redis.conf": _INPUT for host in HOSTS},
        command=("jsquared", "run", "primary-crash", "--deployment", "reference", "--seed", "7"),
    )


def fake_placement(plan: Plan) -> Placement:
    """The placement of such a plan: its n-th data node is at ``10.83.0.<10 n>``, and its n-th Sentinel at the next address."""
    return Placement(
        engine=plan.engine,
        other_engines=plan.other_engines,
        nodes=(*_placed(plan.all_data_nodes()), *_placed(plan.sentinels())),
        clients=tuple(
            PlacedClient(**asdict(client), address=f"10.83.1.{number}") for number, client in enumerate(plan.clients, 1)
        ),
        config_files=_config_files(),
        rewrites=tuple(rewrite for host in HOSTS for rewrite in _rewrites(host)),
    )


def placement_at(plan: Plan, where: Mapping[str, tuple[str, int]], program: Path, more: Mapping[str, Any]) -> Placement:
    """The placement of a plan whose nodes are at these addresses and ports, with this program as every server and nothing configured.

    :param more: fields of the placement that differ.
    """
    sample = fake_placement(plan)
    fields: dict[str, Any] = {
        "engine": replace(plan.engine, path=str(program)),
        "nodes": tuple(replace(node, address=where[node.name][0], port=where[node.name][1]) for node in sample.nodes),
        "clients": tuple(replace(client, address="127.0.0.1") for client in sample.clients),
        "config_files": {f"{node.name}.conf": "" for node in sample.nodes},
        "rewrites": (),
    }
    return replace(sample, **(fields | dict(more)))


def _nodes(sentinel_hosts: tuple[str, ...]) -> tuple[PlannedNode, ...]:
    data = [
        PlannedNode(
            name=f"redis-{host}",
            host=host,
            role="data",
            master_name="mymaster",
            initial_primary=number == 1,
        )
        for number, host in enumerate(HOSTS, 1)
    ]
    sentinels = [PlannedNode(name=f"sentinel-{host}", host=host, role="sentinel") for host in sentinel_hosts]
    return (*data, *sentinels)


def _placed(nodes: Iterable[PlannedNode]) -> Iterator[PlacedNode]:
    for number, node in enumerate(nodes, 1):
        own, port = (0, 6379) if node.role == "data" else (1, 26379)
        yield PlacedNode(**asdict(node), address=f"10.83.0.{10 * number + own}", port=port)


def _client(number: int, sentinel_hosts: tuple[str, ...]) -> PlannedClient:
    return PlannedClient(
        name=f"client-{number}",
        host=f"c{number}",
        sentinels=tuple(f"sentinel-{host}" for host in sentinel_hosts),
    )


_INPUT = "port 6379\nappendonly yes\nappendfsync everysec\nmin-replicas-to-write 1\nmin-replicas-max-lag 3\n"


def _config_files() -> dict[str, str]:
    files = {}
    for number, host in enumerate(HOSTS, 1):
        replica_of = "" if number == 1 else "replicaof 10.83.0.10 6379\n"
        files[f"redis-{host}.conf"] = f"bind 10.83.0.{10 * number}\n{_INPUT}{replica_of}"
        files[f"sentinel-{host}.conf"] = (
            f"bind 10.83.0.{10 * number + 1}\nport 26379\nsentinel monitor mymaster 10.83.0.10 6379 2\n"
            "sentinel down-after-milliseconds mymaster 3500\nsentinel failover-timeout mymaster 6000\n"
        )
    return files


def _rewrites(host: str) -> tuple[Rewrite, ...]:
    number = HOSTS.index(host) + 1
    return (
        Rewrite(
            file=f"{host}/redis.conf",
            line=None,
            before="",
            after=f"bind 10.83.0.{10 * number}",
            reason="each role of a host has its own address in the sandbox",
        ),
        Rewrite(
            file=f"{host}/redis.conf",
            line=6,
            before="dir /var/lib/redis",
            after="dir .",
            reason="data lies in the run folder",
        ),
    )
