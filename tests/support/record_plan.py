"""The deployment of a hand-written trial: data node, Sentinel and objective by number. Used by ``records.py``."""

from collections.abc import Sequence

from jsquared.records.placement import PlacedClient, PlacedNode
from jsquared.records.plan import PlannedObjective


def objective(name: str, limit: float, unit: str = "ms", clients: Sequence[str] = ()) -> PlannedObjective:
    """An objective of a hand-written plan."""
    return PlannedObjective(name=name, limit=limit, unit=unit, reason="hand-written", clients=tuple(clients))


def story_nodes(hosts: int, *, apart: bool) -> tuple[PlacedNode, ...]:
    """A data node and a Sentinel for each host; the Sentinels on hosts of their own when ``apart``."""
    return tuple(node for number in range(1, hosts + 1) for node in _pair(number, apart=apart))


def _pair(number: int, *, apart: bool) -> tuple[PlacedNode, PlacedNode]:
    host = f"s{number}" if apart else f"n{number}"
    data = PlacedNode(
        name=f"redis-n{number}",
        host=f"n{number}",
        role="data",
        address=f"10.83.{number}.1",
        port=6379,
        master_name="mymaster",
        initial_primary=number == 1,
    )
    address = f"10.83.{number}.2"
    return data, PlacedNode(name=f"sentinel-{host}", host=host, role="sentinel", address=address, port=26379)


def other_group(master_name: str, hosts: int = 2) -> tuple[PlacedNode, ...]:
    """The data nodes ``redis-m1`` … of another primary that the same Sentinels monitor."""
    return tuple(
        PlacedNode(
            name=f"redis-m{number}",
            host=f"m{number}",
            role="data",
            address=f"10.83.{100 + number}.1",
            port=6379,
            master_name=master_name,
            initial_primary=number == 1,
        )
        for number in range(1, hosts + 1)
    )


def story_clients(count: int, nodes: Sequence[PlacedNode]) -> tuple[PlacedClient, ...]:
    """Clients that ask every Sentinel."""
    sentinels = tuple(node.name for node in nodes if node.role == "sentinel")
    return tuple(
        PlacedClient(name=f"client-{number}", host=f"c{number}", address=f"10.83.100.{number}", sentinels=sentinels)
        for number in range(1, count + 1)
    )
