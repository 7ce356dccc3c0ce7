"""Common features of unexplained losses: their age, and regular intervals between them."""

import numpy as np
from numpy.typing import NDArray

from jsquared.text import counted, seconds

FEW = 3
"""Fewer have no pattern."""
WIDE_SHARE = 0.5
"""Losses that spread over more than this share of the load are of all ages."""


def pattern(slots: NDArray[np.int64], at_ms: NDArray[np.float64], all_at_ms: NDArray[np.float64]) -> str:
    """A sentence about lost writes of one client, empty where nothing stands out.

    :param slots: their numbers, in order.
    :param at_ms: when each was acknowledged.
    :param all_at_ms: when any write of that client was acknowledged.
    """
    if len(slots) < FEW:
        return ""
    facts = []
    if step := _step(slots):
        facts.append(f"every {_ordinal(step)} write")
    span_ms = float(at_ms.max() - at_ms.min())
    if len(all_at_ms) and span_ms > WIDE_SHARE * float(all_at_ms.max() - all_at_ms.min()):
        facts.append(f"of all ages, from {seconds(float(at_ms.min()))} to {seconds(float(at_ms.max()))}")
    elif int(slots[-1] - slots[0]) + 1 == len(slots):
        facts.append(f"{counted(len(slots), 'write')} in a row")
    return f" They are {', '.join(facts)}." if facts else ""


def _step(slots: NDArray[np.int64]) -> int:
    """The distance from each to the next where it is the same for nine of ten and more than 1, else 0."""
    distances, counts = np.unique(np.diff(slots), return_counts=True)
    commonest = int(distances[counts.argmax()])
    return commonest if commonest > 1 and counts.max() >= 0.9 * counts.sum() else 0


def _ordinal(number: int) -> str:
    last = number % 10 if number % 100 not in (11, 12, 13) else 0
    return f"{number:,}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(last, 'th') }".replace(" ", "")
