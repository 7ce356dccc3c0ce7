"""Ending a trial before its time: some watch, on a thread of its own, saw that going on would prove nothing, or the user has had enough.

The trial's main thread may be waiting for anything then, so it is woken by a signal, of which :class:`TrialStoppedError` comes. That is
no ``Exception``: nothing that forgives a server its errors forgives this. What a signal's handler raises is lost where Python runs a
finalizer just then (it is printed and ignored, see ``sys.unraisablehook``), so it is raised again until the block has been left.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

WAKE = signal.SIGUSR1
INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INSIST_S = 1.0
"""What was raised and has not left the block after so long is raised again."""


class TrialStoppedError(BaseException):
    """Raised in the main thread wherever it is, within :meth:`EarlyEnd.possible`."""


class EarlyEnd:
    """One trial's way to end early; ``wanted`` once a watch has asked for it, ``interrupted`` once the user has."""

    def __init__(self) -> None:
        self.wanted = False
        self.interrupted = False
        self._possible = False
        self._lock = threading.Lock()
        self._left = threading.Event()
        self._insists: threading.Thread | None = None

    def want(self) -> None:
        """End the trial; from any thread, and as often as one likes."""
        with self._lock:
            self.wanted = True
            self._insist()
            if self._possible:
                self._wake()

    @contextmanager
    def possible(self) -> Iterator[None]:
        """Within the block the trial may end early. For the main thread.

        :raises TrialStoppedError: it shall.
        :raises KeyboardInterrupt: the user has interrupted it.
        """
        # The handler stays when the block is left: without one, a signal that is just under way would end this process.
        signal.signal(WAKE, self._woken)
        try:
            with self._interruptible(), self._set(True):
                yield
                self._stop_if_wanted()
        finally:
            self._left.set()

    @contextmanager
    def held_off(self) -> Iterator[None]:
        """Within the block, and inside :meth:`possible`, the trial does not end early; at its end it does where that was asked for.

        :raises TrialStoppedError: it shall.
        :raises KeyboardInterrupt: the user has interrupted it.
        """
        with self._set(False):
            yield
        self._stop_if_wanted()

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Take the signals by which a user interrupts, those that interrupt at all."""
        before = {number: signal.getsignal(number) for number in INTERRUPTIONS}
        taken = {number: handler for number, handler in before.items() if callable(handler)}
        for number in taken:
            signal.signal(number, self._interrupt)
        try:
            yield
        finally:
            for number, handler in taken.items():
                signal.signal(number, handler)

    @contextmanager
    def _set(self, possible: bool) -> Iterator[None]:
        before, self._possible = self._possible, possible
        try:
            self._stop_if_wanted()
            yield
        finally:
            self._possible = before

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        self.interrupted = True
        self._insist()
        self._stop_if_wanted()

    def _woken(self, _number: int, _frame: FrameType | None) -> None:
        self._stop_if_wanted()

    def _stop_if_wanted(self) -> None:
        if self._possible and self.interrupted:
            raise KeyboardInterrupt
        if self._possible and self.wanted:
            raise TrialStoppedError

    def _insist(self) -> None:
        if self._insists is None:
            self._insists = threading.Thread(target=self._wake_again, name="early end", daemon=True)
            self._insists.start()

    def _wake_again(self) -> None:
        while not self._left.wait(INSIST_S):
            if self._possible:
                self._wake()

    @staticmethod
    def _wake() -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, WAKE)
