"""Waiting: something is measured until it is enough, or the time is over, and at least once."""

from jsquared.faults.fault import Evidence
from jsquared.faults.waiting import prove_within, wait_until


def test_the_first_measurement_that_is_enough_is_given() -> None:
    """Nothing is measured after it."""
    numbers = iter(range(10))
    assert wait_until(lambda: next(numbers), lambda number: number == 3, limit_s=20, look_s=0) == 3
    assert next(numbers) == 4


def test_what_is_true_is_enough_where_nothing_else_is_said() -> None:
    """A condition is the plain case."""
    answers = iter([0, "", [], "there"])
    assert wait_until(lambda: next(answers), limit_s=20, look_s=0) == "there"


def test_the_last_measurement_is_given_in_the_end() -> None:
    """It is measured once even where there is no time at all."""
    numbers = iter(range(10))
    assert wait_until(lambda: next(numbers), limit_s=0, look_s=0) == 0


def test_a_proof_may_take_its_time() -> None:
    """The first that shows it counts, and without one the last that was tried."""
    proofs = iter([Evidence(False, "not yet"), Evidence(True, "now"), Evidence(False, "too late")])
    assert prove_within(lambda: next(proofs), limit_s=20, look_s=0) == Evidence(True, "now")
    assert prove_within(lambda: next(proofs), limit_s=0, look_s=0) == Evidence(False, "too late")
