"""Tolerances of Chaos Toolkit: the limits that measurements of a lab have to keep.

Chaos Toolkit puts the probe's result into ``value``, which is why that has a default. A value that is not a measurement is never within
a limit.
"""

from typing import Any

__all__ = ["has_converged", "nothing_lost", "write_gap_below"]


def nothing_lost(value: Any = None) -> bool:
    """True if no acknowledged write was lost, by the probe ``acknowledged_writes_lost``."""
    return _is_number(value) and value == 0


def write_gap_below(limit_ms: float, value: Any = None) -> bool:
    """True if no client waited ``limit_ms`` or longer for an acknowledgement, by the probe ``longest_write_gap_ms``."""
    return _is_number(value) and 0 <= value < limit_ms


def has_converged(value: Any = None) -> bool:
    """True if the deployment has converged, by the probe ``converged``, or ``lab_status``."""
    return value is True or (isinstance(value, dict) and value.get("converged") is True)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
