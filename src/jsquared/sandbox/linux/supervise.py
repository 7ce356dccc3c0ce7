"""Going on in a child process while the caller's own process stays behind as its supervisor.

A PID namespace begins with a child, so whoever enters one must go on there. The process left behind forwards SIGINT, SIGTERM and
SIGHUP, ends with the child's exit code (128 + signal when it was killed), and its death is the child's death: by the kernel's
parent-death signal, and by a pipe for the moment before that was asked for.
"""

import contextlib
import os
import select
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def continue_in_child() -> Callable[[], bool]:
    """Fork, and return in the child only: whether the supervisor still lives, to be asked after each credential change.

    In the child SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt (init of a PID namespace would ignore them otherwise). It
    has its own session, so a terminal's Ctrl-C reaches it once, from the supervisor.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    alive, held = os.pipe()
    signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
    child = os.fork()
    if child:
        os.close(alive)
        _supervise(child)
    os.close(held)
    os.setsid()
    for number in FORWARDED:
        signal.signal(number, _interrupt)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)
    return lambda: not select.select([alive], [], [], 0)[0]


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _forward(child: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has just ended; so does its supervisor
        os.kill(child, number)


def _supervise(child: int) -> NoReturn:
    for number in FORWARDED:
        signal.signal(number, lambda received, _frame: _forward(child, received))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)
