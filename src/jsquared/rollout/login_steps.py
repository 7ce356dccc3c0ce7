"""Steps that change passwords and users so that everybody stays logged in.

First every server takes the new login beside the old one. Then servers log in with it: replicas at their primary, Sentinels at data
nodes and at each other. Then clients, which only their owners can say. Last, the old login goes, replicas before primaries.
"""

from jsquared.deployment.model.directives import split_words
from jsquared.deployment.model.users import Users, users_of
from jsquared.records.findings import ResponsibleLine
from jsquared.rollout.changes import DirectiveChange
from jsquared.rollout.compared_users import loses
from jsquared.rollout.live_steps import set_command
from jsquared.rollout.login_keys import ASKING, REQUIREPASS, is_login, is_user
from jsquared.rollout.rollout_state import RolloutState, edits, taken_back
from jsquared.rollout.steps import Action, Confirmed, Gate, LoginWorks, SendCommand, StepKind
from jsquared.text import listed

FIRST_RULE = 2
BACK_FIRST = "clients that log in with the new one by then must log in as before first"


def add_logins(state: RolloutState) -> None:
    """Add the steps after which every server takes the new logins too; users that only gain are whole then."""
    for node in _all_nodes(state):
        changes = _asked(state, node)
        actions: list[Action] = []
        undo: list[Action] = []
        gates: list[Gate] = []
        for change in changes:
            words, back = _beside(state, change)
            actions += words
            undo = [*back, *undo]
            gates += _login_works(change)
        whole = [
            change
            for change in changes
            if is_user(change) and not _narrows(state, change) and change.role == "data node"
        ]
        lines = edits(whole)
        if actions:
            names = listed([change.directive for change in changes])
            state.add("add-password", node, f"{names}: the new login is taken beside the old one", [*actions, *lines],
                      before=state.all_well(), after=gates, undo=[*taken_back(lines), *undo], undo_why=BACK_FIRST)  # fmt: skip


def use_logins(state: RolloutState) -> None:
    """Add the steps after which servers log in with what is new."""
    begins, first = _begins_asking(state), len(state.steps) + 1
    for node in _all_nodes(state):
        changes = [change for change in state.changes_of(node) if (change.role, change.directive) in ASKING]
        changes.sort(key=lambda change: not change.directive.endswith("user"))
        if not changes:
            continue
        lines = edits(changes) if changes[0].role == "data node" else []
        state.add(
            "use-password",
            node,
            f"{listed([change.name for change in changes])}: it logs in with the new one from its next connection on",
            [*(set_command(state, change, change.after_value) for change in changes), *lines],
            before=state.all_well(),
            after=state.all_well(),
            undo=[
                *(set_command(state, change, change.before_value) for change in reversed(changes)),
                *taken_back(lines),
            ],
        )
    if begins and len(state.steps) >= first:
        what = "a server that has a password for one that asks for none is refused: a link that breaks meanwhile stays down"
        state.risk(first, len(state.steps), what)


def drop_logins(state: RolloutState) -> None:
    """Add the steps after which old logins are refused."""
    confirmed = False
    for node in _all_nodes(state):
        if node in state.sentinels:
            continue  # its own lines change while it is down, with its restart
        changes = [each for each in _asked(state, node) if not is_user(each) or _narrows(state, each)]
        if not changes:
            continue
        users = listed(sorted({_user_of(change) for change in changes}))
        gates: list[Gate] = [] if confirmed else [Confirmed(what=f"no client logs in as before any more ({users})")]
        confirmed = True
        actions = [words for change in changes for words in _exactly(state, change, change.after)]
        # Until it is taken back that servers and clients use the new one, both must be taken.
        undo = [
            words
            for change in reversed(changes)
            for words in (*_exactly(state, change, change.before), *_beside(state, change)[0])
        ]
        lines = edits(changes)
        kind: StepKind = (
            "drop-password" if any(change.directive == REQUIREPASS for change in changes) else "change-user"
        )
        state.add(kind, node, f"{listed([change.directive for change in changes])}: only the new login is taken from here on",
                  [*actions, *lines], before=[*gates, *state.all_well()],
                  after=[*(gate for change in changes for gate in _login_works(change)), *state.all_well()],
                  undo=[*undo, *taken_back(lines)])  # fmt: skip


def _all_nodes(state: RolloutState) -> list[str]:
    return [*(node for group in state.groups for node in state.ordered(group)), *state.sentinels]


def _asked(state: RolloutState, node: str) -> list[DirectiveChange]:
    """The changes of a node's own logins."""
    changes = state.changes_of(node)
    return [each for each in changes if is_login(each)]


def _user_of(change: DirectiveChange) -> str:
    return change.directive.removeprefix("user ") if is_user(change) else "default"


def _begins_asking(state: RolloutState) -> bool:
    """True if a password comes where none was, or goes."""
    values = [
        (change.before_value, change.after_value)
        for change in state.differences.directives
        if change.directive == REQUIREPASS and change.role == "data node"
    ]
    return any(not before or not after for before, after in values)


def _users(state: RolloutState, change: DirectiveChange) -> tuple[Users, Users]:
    name = change.node
    was = users_of(state.before[name], state.sides.before, channels_open=False) or {}
    now = users_of(state.after[name], state.sides.after, channels_open=False) or {}
    return was, now


def _narrows(state: RolloutState, change: DirectiveChange) -> bool:
    was, now = _users(state, change)
    return loses(was, now, _user_of(change))


def _beside(state: RolloutState, change: DirectiveChange) -> tuple[list[Action], list[Action]]:
    """The commands that let a server take a new login beside the old one, and those that take it back; none where that cannot be."""
    user, node = _user_of(change), change.node
    was, now = _users(state, change)
    if user not in now:
        return [], []
    if user not in was:
        return _exactly(state, change, change.after), [SendCommand(node=node, words=("ACL", "DELUSER", user))]
    if not _narrows(state, change):
        return _exactly(state, change, change.after), _exactly(state, change, change.before)
    if was[user].nopass or not now[user].passwords - was[user].passwords:
        return [], []  # a first password would lock those out who have none
    new = _passwords(change, change.after)
    return (
        [SendCommand(node=node, words=("ACL", "SETUSER", user, *(f">{mark}" for mark in new)))],
        [SendCommand(node=node, words=("ACL", "SETUSER", user, *(f"<{mark}" for mark in new)))],
    )


def _passwords(change: DirectiveChange, side: ResponsibleLine) -> list[str]:
    if not is_user(change):
        return [change.after_value if side is change.after else change.before_value]
    return [word[1:] for word in split_words(side.text) or () if word.startswith(">")]


def _exactly(state: RolloutState, change: DirectiveChange, side: ResponsibleLine) -> list[Action]:
    """The commands that make a login what one side says."""
    if not is_user(change):
        return [set_command(state, change, change.after_value if side is change.after else change.before_value)]
    user = _user_of(change)
    if not side.written:
        return [SendCommand(node=change.node, words=("ACL", "DELUSER", user))]
    rules = (split_words(side.text) or ())[FIRST_RULE:]
    return [SendCommand(node=change.node, words=("ACL", "SETUSER", user, "reset", *rules))]


def _login_works(change: DirectiveChange) -> list[Gate]:
    if not change.after.written:
        return []
    return [
        LoginWorks(node=change.node, user=_user_of(change), password=password)
        for password in _passwords(change, change.after)[:1]
        if password
    ]
