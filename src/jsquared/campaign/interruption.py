"""Ctrl-C, SIGTERM and SIGHUP while trials run: noted, and acted on where nothing is half done.

An exception out of a signal handler can come between a process's start and the moment at which somebody knows of it, or in the middle of
ending others, or of writing results. So from the first trial until the results are written a signal is only noted, and the campaign asks.
A second one ends this process at once: the kernel ends its trials with it, and their folders stay.
"""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

from jsquared.errors import EXIT_INTERRUPTED

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SAME_S = 0.5
"""Signals within this time are one request: a terminal sends Ctrl-C to a wrapper too, which passes it on."""
SHOW_CURSOR = b"\x1b[?25h"


def leave() -> None:
    """End this process at once, with one line on stderr."""
    with contextlib.suppress(OSError):
        cursor = SHOW_CURSOR if os.isatty(2) else b""
        os.write(2, cursor + b"jsquared: error: interrupted twice: ended at once, nothing more was written\n")
    os._exit(EXIT_INTERRUPTED)


class Interruption:
    """Records, from its start until it is closed, whether the user asked to stop; asked a second time, it ends this process.

    What was ignored when the process began (``nohup``, or SIGINT of a background job) stays so, but for SIGTERM.

    :param leave: ends the process.
    :param now_s: a clock.
    """

    def __init__(self, leave: Callable[[], None] = leave, now_s: Callable[[], float] = time.monotonic) -> None:
        self.asked = False
        self._leave = leave
        self._now_s = now_s
        self._asked_s = 0.0
        self._before: dict[signal.Signals, Any] = {}

    def start(self) -> None:
        """Begin to note signals; where that has begun, or in any but the main thread, nothing happens."""
        if self._before or threading.current_thread() is not threading.main_thread():
            return
        for number in SIGNALS:
            if number == signal.SIGTERM or signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._note)

    def close(self) -> None:
        """Leave signals to whoever had them before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if self.asked and problem is None:
            raise KeyboardInterrupt  # it came when all was done already, and must not be forgotten

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        if not self.asked:
            self.asked, self._asked_s = True, self._now_s()
        elif self._now_s() - self._asked_s > SAME_S:
            self._leave()

    def check(self) -> None:
        """Raise KeyboardInterrupt where the user asked to stop."""
        if self.asked:
            raise KeyboardInterrupt
