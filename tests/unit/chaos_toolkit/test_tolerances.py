"""Tolerances: limits, and what is no measurement is not within them."""

from typing import Any

import pytest

from jsquared.chaos_toolkit.tolerances import has_converged, nothing_lost, write_gap_below


@pytest.mark.parametrize(
    ("value", "kept"), [(0, True), (0.0, True), (1, False), (None, False), (False, False), ("0", False)]
)
def test_nothing_may_be_lost(value: Any, kept: bool) -> None:
    """Only the number 0 is nothing."""
    assert nothing_lost(value=value) is kept


@pytest.mark.parametrize(
    ("value", "kept"), [(0.0, True), (999.9, True), (1000, False), (-1, False), (None, False), (True, False)]
)
def test_a_gap_has_a_limit(value: Any, kept: bool) -> None:
    """The limit itself is not kept."""
    assert write_gap_below(1000, value=value) is kept


@pytest.mark.parametrize(
    ("value", "kept"),
    [(True, True), (False, False), (1, False), ({"converged": True}, True), ({"converged": 1}, False), (None, False)],
)
def test_convergence_is_true_or_not(value: Any, kept: bool) -> None:
    """The answer of the probe or the whole status may be given."""
    assert has_converged(value=value) is kept
