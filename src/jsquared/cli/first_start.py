"""The first start after ``scripts/run`` has set everything up: the slowest one, which says that it goes on until something else does.

Nothing of it can be on disk already: libraries are compiled, and read for the first time. Only ``scripts/run`` asks for it, since whoever
has seen how fast JSquared starts would wonder about such a line. This is loaded before everything else, so it imports next to nothing.
"""

import os
import signal
import time
from types import FrameType

VARIABLE = "JSQUARED_FIRST_START"
"""Set by ``scripts/run``."""
EVERY_S = 2.0


_telling: list[float] = []
"""When it began; empty: nothing is told. The timer may be someone else's then."""


def begin_first_start(every_s: float = EVERY_S) -> None:
    """Say every so many seconds that JSquared is starting, if ``scripts/run`` has asked for it."""
    if not os.environ.pop(VARIABLE, ""):
        return
    _telling.append(time.monotonic())
    signal.signal(signal.SIGALRM, _say)
    signal.setitimer(signal.ITIMER_REAL, every_s, every_s)


def end_first_start() -> None:
    """Say it no more: there is something else to see."""
    if _telling:
        signal.setitimer(signal.ITIMER_REAL, 0)
        _telling.clear()


def _say(_number: int, _frame: FrameType | None) -> None:
    try:
        if _telling:
            os.write(2, f"  starting for the first time, {time.monotonic() - _telling[0]:.0f} s\n".encode())
    except OSError:
        end_first_start()  # nobody listens
