"""Steps that open TLS ports, move replication and Sentinels over, and close plain ports; or the other way round.

A port is opened beside the other one first. Then Sentinels, one at a time, and replicas, one at a time, use it: as long as the Sentinels
that can reach each other are a majority they agree, but they know no replica that speaks the other way, so no failover is possible from
the second Sentinel's change to the last replica's. Only then is the other port closed.
"""

from jsquared.deployment.model.directives import join_words
from jsquared.deployment.model.spec import Node, SentinelNode
from jsquared.rollout.changes import DirectiveChange
from jsquared.rollout.live_steps import PORTS, set_command
from jsquared.rollout.restart_steps import forget_gone, moves_port, restart_changes, restart_sentinel
from jsquared.rollout.rollout_state import RolloutState, edits, taken_back
from jsquared.rollout.steps import Action, Answers, EditFile, FollowPrimary, PrimaryIs, SettingIs

SWITCH = "tls-replication"


def is_switch(state: RolloutState) -> bool:
    """True if servers reach each other in another way afterwards."""
    return any(change.directive == SWITCH for change in state.differences.directives)


def _ports(state: RolloutState, node: str, *, opened: bool) -> list[DirectiveChange]:
    changes = [each for each in state.changes_of(node) if each.directive in PORTS and not moves_port(each)]
    return [each for each in changes if (each.before_value == "0") == opened]


def _data_nodes(state: RolloutState) -> list[str]:
    return [node for group in state.groups for node in state.ordered(group)]


def open_ports(state: RolloutState) -> None:
    """Add the steps after which both ports are open, where one comes."""
    for node in _data_nodes(state):
        _set_ports(state, node, opened=True)


def close_ports(state: RolloutState) -> None:
    """Add the steps that close ports nobody needs any more."""
    for node in _data_nodes(state):
        _set_ports(state, node, opened=False)


def _set_ports(state: RolloutState, node: str, *, opened: bool) -> None:
    changes = _ports(state, node, opened=opened)
    if not changes:
        return
    lines = edits(changes)
    commands: list[Action] = [set_command(state, change, change.after_value) for change in changes]
    back: list[Action] = [set_command(state, change, change.before_value) for change in changes]
    names = ", ".join(change.directive for change in changes)
    why = f"{names}: open beside the other one" if opened else f"{names}: closed, since no server needs it any more"
    gates = [SettingIs(node=node, name=change.directive, value=change.after_value) for change in changes]
    state.add("set-live", node, why, [*commands, *lines], before=state.all_well(), after=[*gates, *state.all_well()],
              undo=[*back, *taken_back(lines)])  # fmt: skip


def switch_over(state: RolloutState) -> None:
    """Add the steps after which servers reach each other at the other ports."""
    if not is_switch(state):
        return
    first = len(state.steps) + 1
    over_tls = any(
        change.directive == SWITCH and change.after_value.lower() == "yes" for change in state.differences.directives
    )
    for node in list(state.sentinels):
        _switch_sentinel(state, node)
    for group in state.groups:
        for node in sorted(state.ordered(group), key=lambda name: name not in group.primaries):
            _switch_data_node(state, node, over_tls=over_tls, is_primary=node in group.primaries)
    last = len(state.steps)
    for group in state.groups:
        forget_gone(state, group, "data nodes at their former ports")
    state.risk(first + 1, last, "no failover is possible: the Sentinels know no replica that they can reach")


def _switch_sentinel(state: RolloutState, node: str) -> None:
    changes = restart_changes(state, node)
    monitors: list[Action] = []
    for group in state.groups:
        was, now = _monitor(state.before[node], group.master_name), _monitor(state.after[node], group.master_name)
        if was and now and was != now:
            monitors.append(EditFile(node=node, file=state.before[node].source.name, before=was, after=now))
    gates = [PrimaryIs(master_name=group.master_name, nodes=group.primaries) for group in state.groups]
    if changes or monitors:
        restart_sentinel(state, node, changes, lines_too=monitors, after=[Answers(node=node), *gates])
        state.restarted.add(node)


def _monitor(node: Node, master_name: str) -> str:
    line = node.monitor(master_name) if isinstance(node, SentinelNode) else None
    return join_words(line.words) if line else ""


def _switch_data_node(state: RolloutState, node: str, *, over_tls: bool, is_primary: bool) -> None:
    group = state.group_of(node)
    changes = [change for change in state.changes_of(node) if change.directive == SWITCH]
    lines = edits(changes)
    commands: list[Action] = [set_command(state, change, change.after_value) for change in changes]
    back: list[Action] = [set_command(state, change, change.before_value) for change in changes]
    follow = [] if is_primary else [FollowPrimary(node=node, master_name=group.master_name, over_tls=over_tls)]
    unfollow = [] if is_primary else [FollowPrimary(node=node, master_name=group.master_name, over_tls=not over_tls)]
    why = "it reaches its primary at the other port" if follow else "its replicas may reach it at the other port"
    state.add("switch-tls", node, f"{SWITCH}: {why}", [*commands, *follow, *lines], after=state.attached(group),
              undo=[*back, *unfollow, *taken_back(lines)])  # fmt: skip
