"""Ending a trial early: whatever its main thread waits for, and never while it is held off."""

import contextlib
import threading
from collections.abc import Callable

import pytest

from jsquared.trial.early_end import EarlyEnd, TrialStoppedError


def soon(early_end: EarlyEnd) -> threading.Thread:
    """Ask for the end from another thread in a moment."""
    thread = threading.Timer(0.05, early_end.want)
    thread.start()
    return thread


def stopped(early_end: EarlyEnd, trial: Callable[[], object]) -> bool:
    """Whether a trial was stopped."""
    try:
        with early_end.possible():
            trial()
    except TrialStoppedError:
        return True
    return False


def test_a_wait_of_the_main_thread_ends() -> None:
    """However long it would have been; what forgives errors does not forgive this."""
    early_end = EarlyEnd()

    def trial() -> None:
        soon(early_end)
        with contextlib.suppress(Exception):
            threading.Event().wait(60)

    assert stopped(early_end, trial)
    early_end.want()
    early_end.want()


def test_what_was_asked_for_before_counts() -> None:
    """Nothing of the trial is run."""
    early_end = EarlyEnd()
    early_end.want()
    assert stopped(early_end, lambda: pytest.fail("begun"))


def test_it_waits_while_it_is_held_off() -> None:
    """What holds it off runs to its end, and then the trial ends."""
    early_end, done = EarlyEnd(), []

    def trial() -> None:
        with early_end.held_off():
            soon(early_end).join()
            done.append("clearing up")
        done.append("going on")

    assert stopped(early_end, trial)
    assert done == ["clearing up"]


def test_it_comes_once() -> None:
    """What is done because of it is not stopped by it."""
    early_end, done = EarlyEnd(), []

    def trial() -> None:
        try:
            soon(early_end)
            threading.Event().wait(60)
        finally:
            with early_end.held_off():
                early_end.want()
                done.append("clearing up")

    assert stopped(early_end, trial)
    assert done == ["clearing up"]


def test_a_trial_that_nobody_stops_goes_on() -> None:
    """Once it is over, nothing is raised any more."""
    early_end = EarlyEnd()

    def trial() -> None:
        with early_end.held_off():
            pass

    assert not stopped(early_end, trial)
    early_end.want()
    assert early_end.wanted
