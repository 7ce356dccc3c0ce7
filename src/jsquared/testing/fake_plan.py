"""The plan of a trial on three hosts with a data node and a Sentinel each, and two clients: nothing in it was ever started."""

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
        config_files=_config_files(),
        rewrites=tuple(rewrite for host in HOSTS for rewrite in _rewrites(host)),
        command=("jsquared", "run", "primary-crash", "--deployment", "reference", "--seed", "7"),
    )


def _nodes(sentinel_hosts: tuple[str, ...]) -> tuple[PlannedNode, ...]:
    data = [
        PlannedNode(
            name=f"redis-{host}",
            host=host,
            role="data",
            address=f"10.83.0.{10 * number}",
            port=6379,
            master_name="mymaster",
            initial_primary=number == 1,
        )
        for number, host in enumerate(HOSTS, 1)
    ]
    sentinels = [
        PlannedNode(
            name=f"sentinel-{host}", host=host, role="sentinel", address=f"10.83.0.{10 * number + 1}", port=26379
        )
        for number, host in enumerate(sentinel_hosts, 1)
    ]
    return (*data, *sentinels)


def _client(number: int, sentinel_hosts: tuple[str, ...]) -> PlannedClient:
    return PlannedClient(
        name=f"client-{number}",
        host=f"c{number}",
        address=f"10.83.1.{number}",
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
