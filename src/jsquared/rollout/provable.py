"""The parts of a plan that the lab cannot play: they are refused in a sentence each, and never passed."""

from collections.abc import Collection, Iterator

from jsquared.rollout.changes import DirectiveChange
from jsquared.rollout.login_keys import is_login, is_user
from jsquared.rollout.plan_document import ChangePlan
from jsquared.rollout.steps import FollowPrimary, Step, StepKind

PLAYABLE: frozenset[StepKind] = frozenset(
    {"check", "set-live", "restart", "hand-over", "forget-gone", "add-password", "use-password", "change-user", "drop-password"}
)  # fmt: skip
WHY_NOT: dict[StepKind, str] = {
    "add-replica": "adding a replica: a trial has the nodes of FROM alone",
    "remove-replica": "removing a replica: a trial keeps all nodes of FROM",
    "add-sentinel": "adding a Sentinel: a trial has the nodes of FROM alone",
    "remove-sentinel": "removing a Sentinel: a trial keeps all nodes of FROM",
    "move-port": "moving a port: clients and checks of a trial know the ports of FROM",
    "switch-tls": "TLS between servers: clients and checks of a trial speak as in FROM",
}
Place = tuple[str, int | None]
"""A file of one side and the number of a line in it."""


def not_provable(plan: ChangePlan, before: Collection[Place], after: Collection[Place]) -> list[str]:
    """Return what the lab cannot play of a plan, a sentence each; none where it can play all of it.

    :param before: the lines of the side before that the lab runs in another way than they are written.
    :param after: the same of the side after.
    """
    return list(dict.fromkeys([*_steps(plan.steps), *_directives(plan.directives, before, after)]))


def _steps(steps: tuple[Step, ...]) -> Iterator[str]:
    for step in steps:
        if step.kind not in PLAYABLE:
            yield WHY_NOT[step.kind]
        elif any(isinstance(one, FollowPrimary) and one.over_tls for one in (*step.actions, *step.undo)):
            yield WHY_NOT["switch-tls"]


def _directives(
    changes: tuple[DirectiveChange, ...], before: Collection[Place], after: Collection[Place]
) -> Iterator[str]:
    for change in changes:
        old = [line for line in (change.before, *change.more_before) if line.written]
        new = [line for line in (change.after, *change.more_after) if line.written]
        if change.effect == "never" or change.directive == "sentinel quorum":
            continue
        if change.role == "Sentinel" and is_login(change):
            yield f"{change.directive} of Sentinels: clients of a trial keep their login there"
        elif change.directive in ("port", "tls-port"):
            yield WHY_NOT["move-port"]
        elif is_user(change) and any(not line.file.endswith(".conf") for line in (*old, *new)):
            yield f"{change.directive}: users in an ACL file, of which servers have copies in a trial"
        elif any((line.file, line.line) in places for lines, places in ((old, before), (new, after)) for line in lines):
            yield f"{change.directive}: servers have another one in a trial, since it is about their machine"
