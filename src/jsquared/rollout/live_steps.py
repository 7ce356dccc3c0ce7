"""Steps that change directives while servers run: at data nodes by CONFIG SET, replicas first, and at every Sentinel by SENTINEL SET."""

from collections.abc import Sequence

from jsquared.deployment.dialect.effects import sentinel_command
from jsquared.rollout.changes import DirectiveChange
from jsquared.rollout.login_keys import LOGIN_KEYS, is_user
from jsquared.rollout.rollout_state import RolloutState, edits, taken_back
from jsquared.rollout.steps import Action, Gate, InfoIs, SendCommand, SettingIs

PORTS = ("port", "tls-port")
"""Ports of data nodes are opened, closed and moved by steps of their own."""


def set_command(state: RolloutState, change: DirectiveChange, value: str) -> SendCommand:
    """The command that gives a directive a value."""
    if change.role == "Sentinel":
        name = change.directive.removeprefix("sentinel ")
        return SendCommand(node=change.node, words=sentinel_command(state.effects, name, change.master_name, value))
    return SendCommand(node=change.node, words=("CONFIG", "SET", change.directive, value))


def holds_now(change: DirectiveChange) -> list[Gate]:
    """The gates that show that a change has been taken; no server is asked for a password."""
    if change.is_secret:
        return []
    value = change.after_value
    gate: Gate = SettingIs(
        node=change.node,
        name=change.directive.removeprefix("sentinel "),
        value=value,
        master_name=change.master_name,
    )
    logs = [InfoIs(node=change.node, field=name, value=to) for name, to in _WRITTEN_LOG] if _starts_log(change) else []
    return [gate, *logs]


_WRITTEN_LOG = (
    ("aof_enabled", "1"),
    ("aof_rewrite_scheduled", "0"),
    ("aof_rewrite_in_progress", "0"),
    ("aof_last_bgrewrite_status", "ok"),
)
"""The append-only file is whole: a restart before that would begin from nothing."""


def _starts_log(change: DirectiveChange) -> bool:
    return change.directive == "appendonly" and change.after_value.lower() == "yes"


def live_changes(state: RolloutState, node: str, skipped: Sequence[str] = ()) -> list[DirectiveChange]:
    """The changes of a node that take effect at once, but for logins, which have an order of their own."""
    return [
        change
        for change in state.changes_of(node)
        if change.effect == "live"
        and not is_user(change)
        and (change.role, change.directive) not in LOGIN_KEYS
        and change.directive not in skipped
        and not (change.role == "data node" and change.directive in PORTS)
    ]


def set_live(state: RolloutState, node: str, changes: Sequence[DirectiveChange]) -> None:
    """Add the step that makes these changes at a running node."""
    if not changes:
        return
    lines = edits(changes) if changes[0].role == "data node" else []
    commands: list[Action] = [set_command(state, change, change.after_value) for change in changes]
    back: list[Action] = [set_command(state, change, change.before_value) for change in reversed(changes)]
    names = ", ".join(change.name for change in changes)
    state.add(
        "set-live",
        node,
        f"{names}: {state.effects.about} takes it while it runs",
        [*commands, *lines],
        before=state.all_well(),
        after=[gate for change in changes for gate in holds_now(change)],
        undo=[*back, *taken_back(lines)],
    )


def add_live_steps(state: RolloutState, skipped: Sequence[str] = ()) -> None:
    """Add the steps of every node: replicas, primaries, then Sentinels."""
    for group in state.groups:
        for node in state.ordered(group):
            set_live(state, node, live_changes(state, node, skipped))
    for node in state.sentinels:
        set_live(state, node, live_changes(state, node, skipped))
