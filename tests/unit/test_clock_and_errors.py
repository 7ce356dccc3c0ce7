"""The trial's clock on both clocks, and errors as one line."""

import time

import pytest

from jsquared.clock import TrialClock, now_ns
from jsquared.errors import BadInputError, JSquaredError


def test_both_clocks_have_the_same_zero() -> None:
    """Monotonic and wall-clock readings of one moment map to the same trial time."""
    clock = TrialClock(5_000_000_000, 1_700_000_000_000_000_000)
    assert clock.from_monotonic_ns(5_002_500_000) == 2.5
    assert clock.from_unix_s(1_700_000_000.0025) == pytest.approx(2.5, abs=1e-3)


def test_a_started_clock_counts_up_from_zero() -> None:
    """Its zero is now, on this machine's monotonic clock."""
    before = now_ns()
    clock = TrialClock.start()
    assert before <= clock.zero_monotonic_ns <= time.monotonic_ns()
    assert 0 <= clock.now_ms() <= (time.monotonic_ns() - before) / 1e6


def test_an_error_is_one_line() -> None:
    """Where, what and what to try, without line breaks."""
    assert str(JSquaredError("went\nwrong")) == "went wrong"
    error = BadInputError("is  bad", where="file.yaml:3", hint="another\none")
    assert str(error) == "file.yaml:3: is bad. Try: another one"
    assert error.exit_code == 2
