"""Shared by scenarios that go from node to node: each step waits for the one before."""

from collections.abc import Sequence
from typing import Any

from jsquared.records.plan import PlannedFault
from jsquared.scenario.planned_faults import fault

FIRST_MS = 1_000


def in_turn(name: str, nodes: Sequence[str], step_ms: int, lasts_ms: int, **parameters: Any) -> list[PlannedFault]:
    """The same fault at one node after another; each is ``<fault>-<node>`` for moments of other faults."""
    return [
        fault(
            name,
            node,
            id=f"{name}-{node}",
            start=one_after_another(name, nodes, number, step_ms),
            lasts_ms=lasts_ms,
            **parameters,
        )
        for number, node in enumerate(nodes)
    ]


def one_after_another(word: str, names: Sequence[str], number: int, step_ms: int) -> str:
    """The moment of a step, whose ids are ``<word>-<name>``: so long after the one before *began*, not after the load did.

    A step that takes long then delays the others, instead of two nodes being away at once.
    """
    return f"{step_ms} ms after {word}-{names[number - 1]}" if number else f"{FIRST_MS} ms after load"
