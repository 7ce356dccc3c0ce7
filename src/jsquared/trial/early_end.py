"""Ending a trial before its time: some watch, on a thread of its own, saw that going on would prove nothing.

The trial's main thread may be waiting for anything then, so it is woken by a signal, of which :class:`TrialStoppedError` comes. That is
no ``Exception``: nothing that forgives a server its errors forgives this.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

WAKE = signal.SIGUSR1


class TrialStoppedError(BaseException):
    """Raised in the main thread wherever it is, within :meth:`EarlyEnd.possible`."""


class EarlyEnd:
    """One trial's way to end early; ``wanted`` once it was asked for."""

    def __init__(self) -> None:
        self.wanted = False
        self._possible = False
        self._lock = threading.Lock()

    def want(self) -> None:
        """End the trial; from any thread, and as often as one likes."""
        with self._lock:
            self.wanted = True
            if self._possible:
                signal.pthread_kill(threading.main_thread().ident or 0, WAKE)

    @contextmanager
    def possible(self) -> Iterator[None]:
        """Within the block the trial may end early. For the main thread.

        :raises TrialStoppedError: it shall.
        """
        # The handler stays when the block is left: without one, a signal that is just under way would end this process.
        signal.signal(WAKE, self._woken)
        with self._set(True):
            yield

    @contextmanager
    def held_off(self) -> Iterator[None]:
        """Within the block, and inside :meth:`possible`, the trial does not end early; at its end it does where that was asked for.

        :raises TrialStoppedError: it shall.
        """
        with self._set(False):
            yield
        self._stop_if_wanted()

    @contextmanager
    def _set(self, possible: bool) -> Iterator[None]:
        before, self._possible = self._possible, possible
        try:
            self._stop_if_wanted()
            yield
        finally:
            self._possible = before

    def _woken(self, _number: int, _frame: FrameType | None) -> None:
        self._stop_if_wanted()

    def _stop_if_wanted(self) -> None:
        if self._possible and self.wanted:
            self._possible = False
            raise TrialStoppedError
