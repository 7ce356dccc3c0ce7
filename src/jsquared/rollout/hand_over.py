"""The actions of a hand-over from a primary to one of its replicas that loses no acknowledged write."""

from collections.abc import Sequence

from jsquared.rollout.steps import (
    USUAL_PING_PERIOD_S,
    Action,
    FollowPrimary,
    Holds,
    OffsetsEqual,
    PauseWrites,
    PrimaryIs,
    Promote,
    ResumeWrites,
    SendCommand,
)

PAUSE_MS = 30_000
"""A pause must outlive the hand-over, and ends by itself where nobody can end it."""


def hand_over_actions(
    old: str,
    master_name: str,
    nodes: Sequence[str],
    sentinel: str,
    *,
    coordinated: bool,
    candidates: Sequence[str] = (),
    ping_period_s: int = USUAL_PING_PERIOD_S,
) -> list[Action]:
    """Return the actions.

    :param nodes: all data nodes of the group.
    :param candidates: the nodes that may lead afterwards; all others without any.
    :param ping_period_s: the repl-ping-replica-period of ``old``.
    """
    able = tuple(candidates) or tuple(name for name in nodes if name != old)
    promote = Promote(master_name=master_name, sentinel=sentinel, coordinated=coordinated, candidates=able)
    promoted = Holds(gate=PrimaryIs(master_name=master_name, nodes=able))
    actions: list[Action] = (
        [promote, promoted]
        if coordinated
        else [
            PauseWrites(node=old, for_ms=PAUSE_MS),
            Holds(gate=OffsetsEqual(master_name=master_name, nodes=tuple(nodes))),
            promote,
            promoted,
            FollowPrimary(node=old, master_name=master_name),
            ResumeWrites(node=old, ping_period_s=ping_period_s),
        ]
    )
    # Its file still says that it is a primary: started with that, it would take writes that nobody keeps.
    return [*actions, SendCommand(node=old, words=("CONFIG", "REWRITE"))]
