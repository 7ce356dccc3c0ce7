"""What servers say of themselves at last, when all is one again: roles, priorities, and what a Sentinel knows for its next start.

A Sentinel is asked for its vote once more, in the epoch in which it has voted: it must say whom for, and not change it. It is asked whether
the primary is down, which nobody may think then.
"""

import re
from typing import Any

from jsquared.cluster.cluster import Cluster
from jsquared.cluster.connection import pairs
from jsquared.errors import LabError
from jsquared.sandbox import server_folder

STRANGER = "f" * 40
"""The id of a Sentinel that does not exist."""
NOBODY = "*"
"""In the place of an id: whether the primary is down, and no vote."""
_EPOCH = re.compile(r'^sentinel (current-epoch|leader-epoch)(?: "?([^\s"]+)"?)? (\d{1,18})$', re.MULTILINE)
NAMES = {"master": "primary", "slave": "replica"}


def record_last_words(cluster: Cluster) -> None:
    """A ``said`` event for each data node and Sentinel that answers; what one does not say is left out."""
    for node in cluster.plan.data_nodes():
        if fields := _of_data_node(cluster, node.name):
            cluster.events.add(node.name, "said", **fields)
    for node in cluster.plan.sentinels():
        if fields := _of_sentinel(cluster, node.name):
            cluster.events.add(node.name, "said", **fields)


def _of_data_node(cluster: Cluster, name: str) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    before, answer, after = cluster.role(name), _asked(cluster, name, "ROLE"), cluster.role(name)
    if (
        before is not None
        and after is not None
        and before.primary == after.primary
        and isinstance(answer, list)
        and answer
    ):
        fields |= {"info": "primary" if after.primary else "replica", "role": NAMES.get(str(answer[0]), str(answer[0]))}
    priority = _asked(cluster, name, "CONFIG", "GET", "replica-priority")
    if isinstance(priority, list) and len(priority) == 2 and str(priority[1]).isdecimal():
        fields["priority"] = int(priority[1])
    return fields


def _of_sentinel(cluster: Cluster, name: str) -> dict[str, Any]:
    try:
        text = server_folder.read_text(cluster.folder(name), f"{name}.conf")
        known = pairs(cluster.ask(name, "SENTINEL", "MASTER", cluster.master_name))
        address, port, configuration = known["ip"], known["port"], int(known["config-epoch"])
    except (LabError, OSError, KeyError, ValueError):
        return {}
    epochs = {found[1]: int(found[3]) for found in _EPOCH.finditer(text) if found[2] in (None, cluster.master_name)}
    current, leader = epochs.get("current-epoch", 0), epochs.get("leader-epoch", 0)
    fields = {"current_epoch": current, "leader_epoch": leader, "config_epoch": configuration}
    down = _asked(cluster, name, "SENTINEL", "IS-MASTER-DOWN-BY-ADDR", address, port, current, NOBODY)
    if isinstance(down, list) and len(down) == 3:
        fields["calls_down"] = bool(down[0])
    if leader and leader == current:
        vote = _asked(cluster, name, "SENTINEL", "IS-MASTER-DOWN-BY-ADDR", address, port, leader, STRANGER)
        if isinstance(vote, list) and len(vote) == 3:
            fields["changes_vote"] = vote[1] == STRANGER
    return fields


def _asked(cluster: Cluster, name: str, *words: str | int) -> Any:
    """The answer, None where there is none or a refusal."""
    try:
        return cluster.ask(name, *words)
    except LabError:
        return None
