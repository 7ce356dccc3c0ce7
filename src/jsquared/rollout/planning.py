"""Plans a change: every step from one configuration to the other, in the order that loses no acknowledged write.

1. Everything is well before anything begins.
2. New logins are taken beside the old ones; new replicas and Sentinels join; servers log in with what is new.
3. What can change while servers run changes, replicas before primaries, then Sentinels.
4. Ports: the new one is opened, servers move over.
5. What needs a restart: replicas one at a time, the hand-over, the old primary, then Sentinels one at a time.
6. Old logins and old ports go, then the replicas and Sentinels that are not to stay.
"""

from jsquared.records.plan import Engine
from jsquared.rollout.changes import Differences
from jsquared.rollout.differences import Sides
from jsquared.rollout.harms import refuse_harm
from jsquared.rollout.live_steps import add_live_steps
from jsquared.rollout.login_steps import add_logins, drop_logins, use_logins
from jsquared.rollout.membership_steps import add_members, keep_from_leading, remove_members
from jsquared.rollout.restart_steps import add_restarts, add_sentinel_restarts
from jsquared.rollout.rollout_state import RolloutState
from jsquared.rollout.steps import PrimaryIs
from jsquared.rollout.tls_steps import SWITCH, close_ports, is_switch, open_ports, switch_over
from jsquared.text import listed


def plan_steps(sides: Sides, differences: Differences, new_engine: Engine) -> RolloutState:
    """Return the steps of a change, with what speaks against it."""
    state = RolloutState(sides, differences, new_engine)
    if not (differences.directives or differences.nodes or state.is_upgrade):
        return state
    _refuse_mixtures(state)
    _check(state, "everything is well before anything begins", is_first=True)
    keep_from_leading(state)
    add_logins(state)
    add_members(state)
    use_logins(state)
    add_live_steps(state, skipped=(SWITCH,) if is_switch(state) else ())
    refuse_harm(state)
    open_ports(state)
    switch_over(state)
    add_restarts(state)
    add_sentinel_restarts(state)
    drop_logins(state)
    close_ports(state)
    remove_members(state)
    _check(state, "everything is well at the end")
    state.notes += _without_effect(differences)
    return state


def _check(state: RolloutState, why: str, *, is_first: bool = False) -> None:
    gates = state.all_well()
    if is_first:
        gates += [PrimaryIs(master_name=group.master_name, nodes=group.primaries) for group in state.groups]
    state.add("check", state.groups[0].primaries[0], why, before=gates, undo_why="nothing is changed")


def _refuse_mixtures(state: RolloutState) -> None:
    """Refuse what would need an order that is not known to be safe."""
    if is_switch(state) and (state.differences.nodes or state.is_upgrade):
        what = "TLS between servers, and other servers or another engine, are changed at once"
        state.refuse("mixed-change", "all nodes", what, "two changes, one after the other")
    gone = [group.master_name for group in state.groups if group.master_name not in state.sides.after.master_names]
    for name in gone:
        state.refuse(
            "primary-renamed",
            name,
            "no Sentinel monitors it under this name afterwards",
            "the name that clients ask for",
        )


def _without_effect(differences: Differences) -> list[str]:
    names: dict[str, list[str]] = {}
    for change in differences.directives:
        if change.effect == "never":
            names.setdefault(change.name, []).append(change.node)
    why = "servers keep this themselves, and failovers change it"
    return [f"{name} of {listed(nodes)}: no step, since {why}" for name, nodes in names.items()]
