"""Read everything back: every key that was ever written, on every data node, with the final primary named."""

import re
import time
from dataclasses import dataclass

from jsquared.cluster.cluster import Cluster
from jsquared.errors import LabError
from jsquared.records.events import EventLog
from jsquared.records.history import KEY_PREFIX
from jsquared.records.operations import read_live
from jsquared.records.plan import Plan, PlannedNode
from jsquared.records.run_directory import RunDirectory
from jsquared.trial.load import login
from jsquared.workload.read_back import NodeReader

REPLICATION_LIMIT_S = 5.0
CLIENTS_LIMIT_S = 10.0
_FROM = re.compile(r" addr=([0-9.]+):\d+ ")


@dataclass(frozen=True)
class _Task:
    plan: Plan
    cluster: Cluster
    run: RunDirectory
    events: EventLog
    slots: dict[str, int]


def read_back(plan: Plan, cluster: Cluster, run: RunDirectory, events: EventLog) -> None:
    """Look for every key on every data node; a node that cannot be read is recorded as such and not read."""
    events.add("lab", "phase", phase="read-back")
    primary = cluster.primary()
    wait_for_clients_to_be_gone(cluster)
    wait_for_equal_offsets(cluster, primary)
    slots = {client.name: len(read_live(run.operations_file(client.name), 0)) for client in plan.clients}
    task = _Task(plan, cluster, run, events, slots)
    for node in plan.data_nodes():
        try:
            keys = _read_node(task, node)
        except LabError as problem:
            events.add(node.name, "dataset", keys=None, primary=node.name == primary, error=str(problem))
        else:
            events.add(node.name, "dataset", keys=keys, primary=node.name == primary)


def wait_for_clients_to_be_gone(cluster: Cluster) -> bool:
    """Wait until no data node has a connection of a client left; False after 10 s.

    A client that has ended may have sent what the network is still repeating: it would arrive between reading one node and the next.
    """
    deadline = time.monotonic() + CLIENTS_LIMIT_S
    own = {client.address for client in cluster.plan.clients}
    while any(_connected(cluster, node.name) & own for node in cluster.plan.data_nodes()):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _connected(cluster: Cluster, name: str) -> set[str]:
    """The addresses that a node has connections from; none where it does not say."""
    try:
        return set(_FROM.findall(str(cluster.ask(name, "CLIENT", "LIST"))))
    except LabError:
        return set()


def wait_for_equal_offsets(cluster: Cluster, primary: str) -> bool:
    """Wait until every attached replica has what its primary has, now that nobody writes; False after 5 s."""
    deadline = time.monotonic() + REPLICATION_LIMIT_S
    while time.monotonic() < deadline:
        roles = [cluster.role(node.name) for node in cluster.plan.data_nodes()]
        own = cluster.role(primary) if primary else None
        attached = [role for role in roles if role is not None and (role.primary or role.link_up)]
        if own is not None and all(role.offset >= own.offset for role in attached):
            return True
        time.sleep(0.02)
    return False


def _read_node(task: _Task, node: PlannedNode) -> int:
    username, password = login(task.cluster.credentials(node.name))
    reader = NodeReader(
        node.address,
        node.port,
        username=username,
        password=password,
        tls=task.cluster.tls(node.name),
        names=task.cluster.names(node.name),
    )
    try:
        for number, client in enumerate(task.plan.clients):
            slots = task.slots[client.name]
            found = reader.found(KEY_PREFIX, number, slots, task.plan.workload.value_bytes)
            task.run.write_found(client.name, node.name, found)
        return reader.keys()
    finally:
        reader.close()
