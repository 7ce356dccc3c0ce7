"""Steps that start servers again: replicas one at a time, a hand-over that loses nothing, the old primary, then Sentinels one at a time."""

from collections.abc import Sequence

from jsquared.rollout.changes import DirectiveChange
from jsquared.rollout.hand_over import hand_over_actions
from jsquared.rollout.login_keys import is_login
from jsquared.rollout.rollout_state import Group, RolloutState, edits, taken_back
from jsquared.rollout.steps import (
    PING_PERIOD,
    USUAL_PING_PERIOD_S,
    Action,
    Answers,
    Confirmed,
    Gate,
    PrimaryIs,
    ResumeWrites,
    SendCommand,
    StartServer,
    StopServer,
)
from jsquared.text import whole_number


def moves_port(change: DirectiveChange) -> bool:
    """True if a data node is reached at another port afterwards, so that it is another node to Sentinels."""
    is_port = change.role == "data node" and change.directive in ("port", "tls-port")
    return is_port and "0" not in (change.before_value, change.after_value)


def restart_changes(state: RolloutState, node: str, skipped: Sequence[str] = ()) -> list[DirectiveChange]:
    """The changes of a node that it takes when it starts again, among them a port that moves."""
    found = [each for each in state.changes_of(node) if each.effect == "restart" or moves_port(each)]
    return [each for each in found if each.directive not in skipped]


def needs_restart(state: RolloutState, node: str, skipped: Sequence[str] = ()) -> bool:
    """True if a node that stays has to start again."""
    return state.stays(node) and (state.is_upgrade or bool(restart_changes(state, node, skipped)))


def add_restarts(state: RolloutState, skipped: Sequence[str] = ()) -> None:
    """Add the restarts of all data nodes, group by group."""
    for group in state.groups:
        nodes = [node for node in state.ordered(group) if needs_restart(state, node, skipped)]
        first = len(state.steps) + 1
        for node in nodes:
            if node in group.primaries:
                _restart_primary(state, group, node, skipped)
            else:
                restart(state, node, restart_changes(state, node, skipped))
        if state.is_upgrade and nodes:
            what = "an older replica follows a newer primary only from the hand-over to its own restart"
            state.notes.append(f"steps {first} to {len(state.steps)}: {what}")


def _restart_primary(state: RolloutState, group: Group, node: str, skipped: Sequence[str]) -> None:
    if len(group.nodes) > 1:
        hand_over(state, group)
        restart(state, node, restart_changes(state, node, skipped))
        return
    restart(state, node, restart_changes(state, node, skipped))
    number = len(state.steps)
    state.risk(number, number, f"{group.master_name} has no replica: no write is taken while {node} starts again")


def restart(state: RolloutState, node: str, changes: Sequence[DirectiveChange]) -> None:
    """Add the restart of a data node that is a replica, or the only node."""
    group = state.group_of(node)
    lines = edits(changes)
    new = f"{state.new_engine.name} {state.new_engine.version}" if state.is_upgrade else ""
    old = f"{state.sides.engine.name} {state.sides.engine.version}" if state.is_upgrade else ""
    what = ", ".join(change.name for change in changes) or f"its engine becomes {new}"
    whole = [*state.attached(group), *state.seen_well()]
    not_primary = [
        PrimaryIs(master_name=group.master_name, nodes=tuple(other for other in group.nodes if other != node))
    ]
    is_moved = any(map(moves_port, changes))
    state.add(
        "move-port" if is_moved else "restart",
        node,
        f"{what}: Sentinels know a node by its port" if is_moved else f"{what}: taken only at the start",
        [StopServer(node=node), *lines, StartServer(node=node, engine=new)],
        before=[*state.all_well(), *(not_primary if len(group.nodes) > 1 else [])],
        after=[Answers(node=node), *(state.attached(group) if is_moved else whole)],
        undo=[StopServer(node=node), *taken_back(lines), StartServer(node=node, engine=old)],
    )
    if is_moved:
        forget_gone(state, group, f"{node} at its former port")


def forget_gone(state: RolloutState, group: Group, what: str) -> None:
    """Let each Sentinel forget a server that is gone, one after the other: it finds again who is there, in some seconds."""
    for sentinel in state.sentinels:
        others = [name for name in state.sentinels if name != sentinel]
        state.add(
            "forget-gone",
            sentinel,
            f"Sentinels remember {what} for ever, and count it; no failover may run meanwhile",
            [SendCommand(node=sentinel, words=("SENTINEL", "RESET", group.master_name))],
            before=[*state.quorums(others), *state.attached(group)],
            after=state.seen_well([sentinel]),
            undo_why="nothing is lost: a Sentinel finds again whoever runs",
        )


def hand_over(state: RolloutState, group: Group) -> None:
    """Add the hand-over from a primary to one of its replicas, at equal offsets, so that no write is lost."""
    [old] = group.primaries
    candidates = tuple(name for name in group.nodes if name != old and _may_lead(state, name))
    if not candidates:
        state.refuse(
            "no-candidate",
            old,
            "no replica may become the primary, so it cannot hand over",
            "a replica-priority above 0",
        )
        return
    coordinated = state.effects.is_coordinated
    promoted = PrimaryIs(master_name=group.master_name, nodes=candidates)
    ping_period_s = _ping_period_s(state, old)
    actions = hand_over_actions(
        old,
        group.master_name,
        group.nodes,
        state.sentinels[0],
        coordinated=coordinated,
        candidates=candidates,
        ping_period_s=ping_period_s,
    )
    how = "the engine coordinates it" if coordinated else "with writes paused until offsets are equal"
    state.add(
        "hand-over",
        old,
        f"it has to become a replica; {how}, since a plain failover loses acknowledged writes",
        actions,
        before=[*state.all_well(), PrimaryIs(master_name=group.master_name, nodes=(old,))],
        after=[promoted, *state.attached(group), *state.seen_well()],
        undo=[] if coordinated else [ResumeWrites(node=old, ping_period_s=ping_period_s)],
        undo_why="roles are no configuration: the new primary stays, and a hand-over that did not happen ends with the pause",
    )
    group.primaries = candidates


def _ping_period_s(state: RolloutState, node: str) -> int:
    """The repl-ping-replica-period of a node when it hands over: changes that are live have come before."""
    found = state.after.get(node) or state.before[node]
    return whole_number(found.value(PING_PERIOD, str(USUAL_PING_PERIOD_S))) or USUAL_PING_PERIOD_S


def _may_lead(state: RolloutState, name: str) -> bool:
    node = state.after.get(name)
    return node is not None and node.value("replica-priority", "100") != "0"


def add_sentinel_restarts(state: RolloutState, skipped: Sequence[str] = ()) -> None:
    """Add the restarts of Sentinels, each only while the others are a majority, and before the next each sees everybody."""
    nodes = [node for node in state.sentinels if needs_restart(state, node, skipped) and node not in state.restarted]
    majority = len(state.sentinels) // 2 + 1
    if nodes and len(state.sentinels) - 1 < majority:
        what = f"of {len(state.sentinels)} Sentinels none may be away: the others are no majority of {majority}"
        state.refuse("no-majority", ", ".join(nodes), what, "three Sentinels or more, added by a change of its own")
    for node in nodes:
        restart_sentinel(state, node, restart_changes(state, node, skipped))


def restart_sentinel(
    state: RolloutState,
    node: str,
    changes: Sequence[DirectiveChange],
    *,
    lines_too: Sequence[Action] = (),
    after: Sequence[Gate] | None = None,
) -> None:
    """Add the restart of one Sentinel; it writes its own file while it runs, so that lines are changed while it is down."""
    lines = [*edits(changes), *lines_too]
    new = f"{state.new_engine.name} {state.new_engine.version}" if state.is_upgrade else ""
    old = f"{state.sides.engine.name} {state.sides.engine.version}" if state.is_upgrade else ""
    others = [name for name in state.sentinels if name != node]
    logins: list[Gate] = [Confirmed(what=f"every client of {node} can log in as its new file says")]
    what = ", ".join(change.name for change in changes) or (
        f"its engine becomes {new}" if new else "the address of its primary"
    )
    state.add(
        "restart",
        node,
        f"{what}: taken only at the start",
        [StopServer(node=node), *lines, StartServer(node=node, engine=new)],
        before=[
            *(logins if any(map(is_login, changes)) else []),
            *([*state.all_well(), *state.quorums(others)] if after is None else []),
        ],
        after=[Answers(node=node), *(state.seen_well() if after is None else after)],
        undo=[StopServer(node=node), *taken_back(lines), StartServer(node=node, engine=old)],
    )
