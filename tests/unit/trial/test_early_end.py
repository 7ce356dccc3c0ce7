"""Ending a trial early: whatever its main thread waits for, and never while it is held off."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator

import pytest

from jsquared.trial import early_end as early_end_module
from jsquared.trial.early_end import EarlyEnd, TrialStoppedError


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """Ctrl-C interrupts, also where the tests were started with it ignored, as by ``scripts/test &``."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


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


def interrupt() -> None:
    """What a user does."""
    signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("ask", [interrupt, None], ids=["interrupted", "stopped"])
def test_what_a_finalizer_drops_is_raised_again(
    monkeypatch: pytest.MonkeyPatch, ask: Callable[[], None] | None
) -> None:
    """Python prints and ignores what comes within one; the trial ends all the same."""
    monkeypatch.setattr(early_end_module, "INSIST_S", 0.01)
    early_end, dropped = EarlyEnd(), []

    def trial() -> None:
        try:
            (ask or early_end.want)()
            threading.Event().wait(60)
        except (KeyboardInterrupt, TrialStoppedError) as problem:
            dropped.append(type(problem))
        threading.Event().wait(20)
        pytest.fail("nothing was raised again")

    with pytest.raises(KeyboardInterrupt if ask else TrialStoppedError), early_end.possible():
        trial()
    assert len(dropped) == 1


def test_an_interruption_waits_while_it_is_held_off() -> None:
    """What clears up runs to its end; afterwards Ctrl-C is as it was before the block."""
    early_end, done = EarlyEnd(), []
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), early_end.possible():  # noqa: PT012 -- it is about what comes before
        with early_end.held_off():
            interrupt()
            done.append("clearing up")
        done.append("going on")
    assert done == ["clearing up"]
    assert signal.getsignal(signal.SIGINT) is before


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    """Whoever was started so is not interrupted by it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with EarlyEnd().possible():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
