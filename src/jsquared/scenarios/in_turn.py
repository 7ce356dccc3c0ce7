"""What scenarios that go from node to node have in common: each step waits for the one before."""

from collections.abc import Sequence

FIRST_MS = 1_000


def one_after_another(word: str, names: Sequence[str], number: int, step_ms: int) -> str:
    """The moment of a step, whose ids are ``<word>-<name>``: so long after the one before *began*, not after the load did.

    A step that takes long then delays the others, instead of two nodes being away at once.
    """
    return f"{step_ms} ms after {word}-{names[number - 1]}" if number else f"{FIRST_MS} ms after load"
