"""Read everything back: every key that was ever written, on every data node, with the final primary named."""

import re
import time
from dataclasses import dataclass

from jsquared.errors import LabError
from jsquared.records.event_types import ContentsRead, DatasetRead, Phase
from jsquared.records.events import EventLog
from jsquared.records.history import KEY_PREFIX
from jsquared.records.models.catalogue import NAMESPACE
from jsquared.records.operations import read_live
from jsquared.records.plan import Plan, PlannedNode
from jsquared.records.run_directory import RunDirectory
from jsquared.running.deployment import RunningDeployment
from jsquared.trial.load import login
from jsquared.workload.read_back import NodeReader
from jsquared.workload.read_contents import counted_keys, read_contents

REPLICATION_LIMIT_S = 5.0
CLIENTS_LIMIT_S = 10.0
_FROM = re.compile(r" addr=([0-9.]+):\d+ ")


@dataclass(frozen=True)
class _Task:
    plan: Plan
    deployment: RunningDeployment
    run: RunDirectory
    events: EventLog
    slots: dict[str, int]


def read_back(plan: Plan, deployment: RunningDeployment, run: RunDirectory, events: EventLog) -> None:
    """Look for every key on every data node; a node that cannot be read is recorded as such and not read."""
    events.add(Phase("read-back"))
    primary = deployment.primary()
    wait_for_clients_to_be_gone(deployment)
    wait_for_equal_offsets(deployment, primary)
    same = nodes_that_are_one(deployment, primary)
    slots = {client.name: len(read_live(run.operations_file(client.name), 0)) for client in plan.clients}
    task = _Task(plan, deployment, run, events, slots)
    for node in plan.data_nodes():
        try:
            keys = _read_node(task, node)
        except LabError as problem:
            events.add(DatasetRead(keys=None, primary=node.name == primary, error=str(problem), source=node.name))
        else:
            events.add(DatasetRead(keys=keys, primary=node.name == primary, source=node.name))
            _keep_contents(task, node, attached=node.name in same)


def wait_for_clients_to_be_gone(deployment: RunningDeployment) -> bool:
    """Wait until no data node has a connection of a client left; False after 10 s.

    A client that has ended may have sent what the network is still repeating: it would arrive between reading one node and the next.
    """
    deadline = time.monotonic() + CLIENTS_LIMIT_S
    own = {client.address for client in deployment.placement.clients}
    while any(_connected(deployment, node.name) & own for node in deployment.plan.data_nodes()):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _connected(deployment: RunningDeployment, name: str) -> set[str]:
    """The addresses that a node has connections from; none where it does not say."""
    try:
        return set(_FROM.findall(str(deployment.ask(name, "CLIENT", "LIST"))))
    except LabError:
        return set()


def wait_for_equal_offsets(deployment: RunningDeployment, primary: str) -> bool:
    """Wait until every attached replica has what its primary has, now that no one writes; False after 5 s."""
    deadline = time.monotonic() + REPLICATION_LIMIT_S
    while time.monotonic() < deadline:
        roles = [deployment.role(node.name) for node in deployment.plan.data_nodes()]
        own = deployment.role(primary) if primary else None
        attached = [role for role in roles if role is not None and (role.primary or role.link_up)]
        if own is not None and all(role.offset >= own.offset for role in attached):
            return True
        time.sleep(0.02)
    return False


def nodes_that_are_one(deployment: RunningDeployment, primary: str) -> frozenset[str]:
    """The primary, and the replicas whose links to it are up and that have all that it has: their content must be the same."""
    own = deployment.role(primary) if primary else None
    if own is None:
        return frozenset()
    roles = {node.name: deployment.role(node.name) for node in deployment.plan.data_nodes() if node.name != primary}
    same = {
        name
        for name, role in roles.items()
        if role is not None
        and role.link_up
        and role.offset >= own.offset
        and deployment.node_at(role.follows) in (primary, *roles)
    }
    return frozenset({primary, *same})


def _keep_contents(task: _Task, node: PlannedNode, *, attached: bool) -> None:
    """Read all that a node holds and keep it; where that fails it is recorded why."""
    reader = None
    try:
        reader = _reader(task, node)
        keep = KEY_PREFIX.encode() + NAMESPACE
        counted = counted_keys(reader)
        contents = read_contents(reader, task.events.clock.now_ms, keep)
        task.run.write_contents(node.name, contents)
    except LabError as problem:
        task.events.add(ContentsRead(keys=None, attached=attached, error=str(problem), source=node.name))
    else:
        task.events.add(ContentsRead(keys=len(contents), counted=counted, attached=attached, source=node.name))
    finally:
        if reader is not None:
            reader.close()


def _reader(task: _Task, node: PlannedNode) -> NodeReader:
    username, password = login(task.deployment.credentials(node.name))
    return NodeReader(
        task.deployment.address(node.name),
        task.deployment.node(node.name).port,
        username=username,
        password=password,
        tls=task.deployment.tls(node.name),
        renamed_commands=task.deployment.renamed_commands(node.name),
        dial=task.deployment.dial,
    )


def _read_node(task: _Task, node: PlannedNode) -> int:
    reader = _reader(task, node)
    try:
        for number, client in enumerate(task.plan.clients):
            slots = task.slots[client.name]
            found = reader.found(KEY_PREFIX, number, slots, task.plan.workload.value_bytes)
            task.run.write_found(client.name, node.name, found)
        return reader.keys()
    finally:
        reader.close()
