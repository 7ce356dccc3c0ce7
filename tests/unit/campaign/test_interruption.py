"""Signals while trials run: noted, acted on when nothing is half done, and never forgotten."""

import os
import signal
import threading
from collections.abc import Callable

import pytest

from jsquared.campaign.interruption import SIGNALS, Interruption, leave


def twice(interruption: Interruption, number: signal.Signals, wait_until: Callable[..., None]) -> None:
    """Two signals in a block that then asks."""
    with interruption:
        interruption.check()
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
        wait_until(lambda: interruption.asked, 20, "the signal was noted")
        interruption.check()


def interrupted(wait_until: Callable[..., None], problem: Exception | None) -> None:
    """A block that does not ask, and ends well or by a problem."""
    with Interruption() as interruption:
        os.kill(os.getpid(), signal.SIGTERM)
        wait_until(lambda: interruption.asked, 20, "the signal was noted")
        if problem is not None:
            raise problem


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_only_noted(number: signal.Signals, wait_until: Callable[..., None]) -> None:
    """Nothing is raised until it is asked for; afterwards everything is as before."""
    before = signal.signal(number, signal.default_int_handler)
    try:
        interruption = Interruption()
        with pytest.raises(KeyboardInterrupt):
            twice(interruption, number, wait_until)
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, before)


def test_one_that_comes_at_the_very_end_counts(wait_until: Callable[..., None]) -> None:
    """It is raised when the block is left, unless something else is."""
    with pytest.raises(KeyboardInterrupt):
        interrupted(wait_until, None)
    with pytest.raises(ZeroDivisionError):
        interrupted(wait_until, ZeroDivisionError())


def test_what_is_ignored_stays_so() -> None:
    """SIGINT of a background job and SIGHUP under nohup are none of its business; SIGTERM is."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in SIGNALS}
    try:
        with Interruption():
            ignored = [number for number in SIGNALS if signal.getsignal(number) is signal.SIG_IGN]
        assert ignored == [signal.SIGINT, signal.SIGHUP]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_other_threads_have_no_signals() -> None:
    """A campaign in a thread changes nothing of the process."""
    entered = []

    def run() -> None:
        with Interruption() as interruption:
            entered.append(interruption.asked)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert entered == [False]


def test_a_second_one_ends_the_process_at_once(wait_until: Callable[..., None]) -> None:
    """One that comes within half a second is the same request, passed on by a wrapper."""
    now_s, left = [100.0], []
    interruption = Interruption(lambda: left.append(now_s[0]), lambda: now_s[0])
    interruption.start()
    try:
        for later_s, expected in ((0.0, []), (0.4, []), (0.6, [100.6])):
            now_s[0] = 100.0 + later_s
            os.kill(os.getpid(), signal.SIGTERM)
            wait_until(lambda: interruption.asked, 20, "the signal was noted")
            assert left == expected
    finally:
        interruption.close()


def test_it_lasts_until_it_is_closed() -> None:
    """A second start changes nothing, and closing it restores what was there before the first."""
    before = signal.getsignal(signal.SIGTERM)
    interruption = Interruption()
    interruption.start()
    noting = signal.getsignal(signal.SIGTERM)
    interruption.start()
    assert signal.getsignal(signal.SIGTERM) == noting != before
    interruption.close()
    interruption.close()
    assert signal.getsignal(signal.SIGTERM) == before


def test_leaving_says_so_in_one_line(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """No results are written, and the line says that."""
    codes: list[int] = []
    monkeypatch.setattr(os, "_exit", codes.append)
    leave()
    assert (codes, capfd.readouterr().err) == (
        [130],
        "jsquared: error: interrupted twice: ended at once, nothing more was written\n",
    )
