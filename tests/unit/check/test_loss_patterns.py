"""Losses that nothing explains are described by what they have in common."""

import numpy as np
import pytest

from jsquared.check.loss_patterns import pattern

ALL_MS = np.arange(0.0, 10_000.0, 10.0)


@pytest.mark.parametrize(
    ("slots", "words"),
    [
        (range(0, 1000, 7), " They are every 7th write, of all ages, from 0.00 s to 9.94 s."),
        (range(1, 1000, 2), " They are every 2nd write, of all ages, from 0.01 s to 9.99 s."),
        (range(100, 140), " They are 40 writes in a row."),
        ([100, 104, 111, 150], ""),
        ([5, 6], ""),
    ],
)
def test_a_pattern_is_said(slots: list[int], words: str) -> None:
    """Every n-th, all ages, or one stretch; nothing where nothing stands out."""
    numbers = np.array(slots, dtype=np.int64)
    assert pattern(numbers, numbers * 10.0, ALL_MS) == words
