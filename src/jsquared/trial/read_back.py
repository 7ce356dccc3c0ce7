"""Read everything back: every key that was ever written, on every data node, with the final primary named."""

from jsquared.cluster.cluster import Cluster
from jsquared.errors import LabError
from jsquared.records.events import EventLog
from jsquared.records.operations import read_live
from jsquared.records.plan import Plan, PlannedNode
from jsquared.records.run_directory import RunDirectory

REPLICATION_LIMIT_S = 5.0


def read_back(plan: Plan, cluster: Cluster, run: RunDirectory, events: EventLog) -> None:
    """Look for every key on every data node; a node that cannot be read is recorded as such and not read."""
    events.add("lab", "phase", phase="read-back")
    primary = cluster.primary()
    slots = {client.name: len(read_live(run.operations_file(client.name), 0)) for client in plan.clients}
    for node in plan.data_nodes():
        try:
            _read_node(plan, node, cluster, run, events, slots, is_primary=node.name == primary)
        except LabError as problem:
            events.add(node.name, "dataset", keys=None, primary=node.name == primary, error=str(problem))


def _read_node(
    plan: Plan,
    node: PlannedNode,
    cluster: Cluster,
    run: RunDirectory,
    events: EventLog,
    slots: dict[str, int],
    *,
    is_primary: bool,
) -> None:
    raise NotImplementedError
