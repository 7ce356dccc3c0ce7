"""Ctrl-C, SIGTERM and SIGHUP while trials run: noted, and acted on where nothing is half done.

An exception out of a signal handler can come between a process's start and the moment at which somebody knows of it, or in the middle of
ending others. So for the time of a campaign a signal is only noted, a second one too, and the campaign asks.
"""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interruption:
    """Records, while its block lasts, whether the user asked to stop.

    What was ignored when the process began (``nohup``, or SIGINT of a background job) stays so, but for SIGTERM.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                if number == signal.SIGTERM or signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self.asked and problem is None:
            raise KeyboardInterrupt  # it came when all was done already, and must not be forgotten

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True

    def check(self) -> None:
        """Raise KeyboardInterrupt where the user asked to stop."""
        if self.asked:
            raise KeyboardInterrupt
