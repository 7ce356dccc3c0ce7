"""Servers' last words, after convergence: roles, priorities, and a Sentinel's knowledge for its next start.

A Sentinel is asked for its vote once more, in the epoch in which it has voted: it must say whom for, and not change it. It is asked whether
the primary is down, which no one may think then. Replicas are asked for a key that has just expired: that is absent there, and
lies there until the primary says otherwise.
"""

import re
import time
from typing import Any

import msgspec

from jsquared.errors import LabError
from jsquared.records.event_lines import fields_of
from jsquared.records.event_types import ServerSaid
from jsquared.resp.replies import pairs, parse_info
from jsquared.running.deployment import RunningDeployment
from jsquared.text import whole_number

STRANGER = "f" * 40
"""The id of a Sentinel that does not exist."""
NOBODY = "*"
"""In the place of an id: whether the primary is down, and no vote."""
PROBE_KEY = "jsquared:life"
ATTEMPTS = 4
LIFE_MS = 30
LOOK_AFTER_MS = 40
"""Soon after its end: a primary looks for expired keys ten times a second."""
_EPOCH = re.compile(r'^sentinel (current-epoch|leader-epoch)(?: "?([^\s"]+)"?)? (\d{1,18})$', re.MULTILINE)
NAMES = {"master": "primary", "slave": "replica"}


def record_last_words(deployment: RunningDeployment) -> None:
    """A ``said`` event for each data node and Sentinel that answers; what one does not say is left out."""
    expires = _expires_by_itself(deployment)
    for node in deployment.plan.data_nodes():
        said = _of_data_node(deployment, node.name)
        _record(deployment, node.name, msgspec.structs.replace(said, expires_by_itself=expires.get(node.name)))
    for node in deployment.plan.sentinels():
        _record(deployment, node.name, _of_sentinel(deployment, node.name))


def _record(deployment: RunningDeployment, name: str, said: ServerSaid) -> None:
    """Record what a server said, where it said anything."""
    if fields_of(said):
        deployment.events.add(msgspec.structs.replace(said, source=name))


def _of_data_node(deployment: RunningDeployment, name: str) -> ServerSaid:
    role, info = None, None
    before, answer, after = deployment.role(name), _asked(deployment, name, "ROLE"), deployment.role(name)
    if (
        before is not None
        and after is not None
        and before.primary == after.primary
        and isinstance(answer, list)
        and answer
    ):
        info = "primary" if after.primary else "replica"
        role = NAMES.get(str(answer[0]), str(answer[0]))
    priority = _asked(deployment, name, "CONFIG", "GET", "replica-priority")
    known = isinstance(priority, list) and len(priority) == 2 and str(priority[1]).isdecimal()
    return ServerSaid(role=role, info=info, priority=int(priority[1]) if known else None)


def _expires_by_itself(deployment: RunningDeployment) -> dict[str, bool]:
    """Ask each replica for expired keys until it removes one by itself, which it counts; some attempts, since the primary may be faster."""
    primary = deployment.primary()
    roles = {node.name: deployment.role(node.name) for node in deployment.plan.data_nodes()}
    replicas = [name for name, role in roles.items() if role is not None and not role.primary and role.link_up]
    found: dict[str, bool] = {}
    for _ in range(ATTEMPTS):
        if not primary or _asked(deployment, primary, "SET", PROBE_KEY, "soon gone", "PX", LIFE_MS) != "OK":
            break
        time.sleep(LOOK_AFTER_MS / 1000)
        before = _expired(deployment, replicas)
        deployment.ask_all(replicas, "GET", PROBE_KEY)
        after = _expired(deployment, replicas)
        found |= {name: found.get(name, False) or after[name] > before[name] for name in before.keys() & after.keys()}
    return found


def _expired(deployment: RunningDeployment, names: list[str]) -> dict[str, int]:
    """Return the number of keys that each has removed by itself because they had expired."""
    stats = {name: parse_info(str(text)) for name, text in deployment.ask_all(names, "INFO", "stats").items()}
    return {
        name: whole_number(fields["expired_keys"]) or 0 for name, fields in stats.items() if "expired_keys" in fields
    }


def _of_sentinel(deployment: RunningDeployment, name: str) -> ServerSaid:
    try:
        text = deployment.folder(name).read_text(f"{name}.conf")
        known = pairs(deployment.ask(name, "SENTINEL", "MASTER", deployment.master_name))
        address, port, configuration = known["ip"], known["port"], int(known["config-epoch"])
    except (LabError, OSError, KeyError, ValueError):
        return ServerSaid()
    epochs = {found[1]: int(found[3]) for found in _EPOCH.finditer(text) if found[2] in (None, deployment.master_name)}
    current, leader = epochs.get("current-epoch", 0), epochs.get("leader-epoch", 0)
    down = _asked(deployment, name, "SENTINEL", "IS-MASTER-DOWN-BY-ADDR", address, port, current, NOBODY)
    vote = None
    if leader and leader == current:
        vote = _asked(deployment, name, "SENTINEL", "IS-MASTER-DOWN-BY-ADDR", address, port, leader, STRANGER)
    return ServerSaid(
        current_epoch=current,
        leader_epoch=leader,
        config_epoch=configuration,
        calls_down=bool(down[0]) if isinstance(down, list) and len(down) == 3 else None,
        changes_vote=vote[1] == STRANGER if isinstance(vote, list) and len(vote) == 3 else None,
    )


def _asked(deployment: RunningDeployment, name: str, *words: str | int) -> Any:
    """The answer, None where there is none or a refusal."""
    try:
        return deployment.ask(name, *words)
    except LabError:
        return None
