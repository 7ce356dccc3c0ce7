"""Steps that add and remove replicas and Sentinels. A server that is gone is forgotten only by RESET, at one Sentinel after the other."""

from jsquared.rollout.restart_steps import forget_gone, hand_over
from jsquared.rollout.rollout_state import Group, RolloutState
from jsquared.rollout.steps import (
    Answers,
    FollowPrimary,
    PrimaryIs,
    SendCommand,
    StartServer,
    StopServer,
)


def added(state: RolloutState, role: str) -> list[str]:
    """The nodes of a role that are there only afterwards."""
    return [change.node for change in state.differences.nodes if change.kind == "added" and change.role == role]


def removed(state: RolloutState, role: str) -> list[str]:
    """The nodes of a role that are there only before."""
    return [change.node for change in state.differences.nodes if change.kind == "removed" and change.role == role]


def add_members(state: RolloutState) -> None:
    """Add the steps that start new replicas, then new Sentinels, each seen by everybody before the next."""
    for node in added(state, "data node"):
        group = next((one for one in state.groups if one.master_name == state.master_of(node)), None)
        if group is None:
            what = f"it belongs to {state.master_of(node)}, which no Sentinel monitors before the change"
            state.refuse(
                "new-primary", node, what, "a new monitored primary is a deployment of its own: start it beside"
            )
            continue
        _add_replica(state, group, node)
    for node in added(state, "Sentinel"):
        before = [*state.quorums(), *state.seen_well()]
        state.sentinels.append(node)
        state.add(
            "add-sentinel",
            node,
            "it finds the others by the primary, and they find it",
            [StartServer(node=node, engine=_engine(state))],
            before=before,
            after=[Answers(node=node), *state.seen_well()],
            undo=[StopServer(node=node)],
            undo_why="the other Sentinels then need RESET, one after the other, to forget it",
        )


def _engine(state: RolloutState) -> str:
    return f"{state.new_engine.name} {state.new_engine.version}" if state.is_upgrade else ""


def _add_replica(state: RolloutState, group: Group, node: str) -> None:
    before = state.all_well()
    group.nodes.append(node)
    state.add(
        "add-replica",
        node,
        "it starts empty, and follows whoever is the primary now",
        [StartServer(node=node, engine=_engine(state)), FollowPrimary(node=node, master_name=group.master_name)],
        before=before,
        after=[Answers(node=node), *state.attached(group), *state.seen_well()],
        undo=[StopServer(node=node)],
        undo_why="the Sentinels then need RESET, one after the other, to forget it",
    )


def keep_from_leading(state: RolloutState) -> None:
    """Add steps that let no replica become the primary that is to be removed."""
    for node in removed(state, "data node"):
        group = state.group_of(node)
        if node in group.primaries:
            continue
        old = state.before[node].value("replica-priority", "100")
        state.add(
            "set-live",
            node,
            "it is to be removed, so no failover may choose it",
            [SendCommand(node=node, words=("CONFIG", "SET", "replica-priority", "0"))],
            before=state.all_well(),
            undo=[SendCommand(node=node, words=("CONFIG", "SET", "replica-priority", old))],
        )


def remove_members(state: RolloutState) -> None:
    """Add the steps that stop replicas, then Sentinels, each followed by what lets the others forget it."""
    for node in removed(state, "data node"):
        _remove_replica(state, state.group_of(node), node)
    for node in removed(state, "Sentinel"):
        _remove_sentinel(state, node)


def _remove_replica(state: RolloutState, group: Group, node: str) -> None:
    if len(group.nodes) < 2:
        state.refuse(
            "last-node", node, f"{group.master_name} has no other data node", "a new name for a new deployment"
        )
        return
    if node in group.primaries:
        if len(group.primaries) > 1:
            state.refuse(
                "may-lead", node, "after the hand-over it may be the primary", "removing it by a change of its own"
            )
            return
        hand_over(state, group)
    before = [
        *state.all_well(),
        PrimaryIs(master_name=group.master_name, nodes=tuple(name for name in group.nodes if name != node)),
    ]
    group.nodes.remove(node)
    group.primaries = tuple(name for name in group.primaries if name != node)
    state.add(
        "remove-replica",
        node,
        "it is in the new files no more",
        [StopServer(node=node)],
        before=before,
        after=state.attached(group),
        undo=[StartServer(node=node), FollowPrimary(node=node, master_name=group.master_name)],
    )
    forget_gone(state, group, node)


def _remove_sentinel(state: RolloutState, node: str) -> None:
    majority = len(state.sentinels) // 2 + 1
    if len(state.sentinels) - 1 < majority:
        others = len(state.sentinels) - 1
        what = f"until it is forgotten, the other {others} are no majority of {len(state.sentinels)} Sentinels"
        state.refuse("no-majority", node, what, "more Sentinels first, by a change of its own")
    before = [*state.quorums(), *state.seen_well()]
    state.sentinels.remove(node)
    state.add(
        "remove-sentinel",
        node,
        "it is in the new files no more",
        [StopServer(node=node)],
        before=before,
        after=state.quorums(),
        undo=[StartServer(node=node)],
    )
    for group in state.groups:
        forget_gone(state, group, node)
