"""Waiting for what takes its time: it is measured again and again until it is as it should be, or the time is over."""

import time
from collections.abc import Callable
from typing import TypeVar

from jsquared.faults.fault import Evidence

T = TypeVar("T")


def wait_until(measure: Callable[[], T], enough: Callable[[T], object] = bool, *, limit_s: float, look_s: float) -> T:
    """The first measurement that is enough, or the last one where none was within the limit; there is always one."""
    deadline = time.monotonic() + limit_s
    while not enough(measurement := measure()) and time.monotonic() < deadline:
        time.sleep(look_s)
    return measurement


def prove_within(prove: Callable[[], Evidence], *, limit_s: float, look_s: float) -> Evidence:
    """The first proof that shows it, or the last one that was tried within the limit."""
    return wait_until(prove, lambda evidence: evidence.ok, limit_s=limit_s, look_s=look_s)
