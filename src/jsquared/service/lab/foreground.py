"""A program as a host of a lab, with the terminal and the signals of the process that asks for it."""

import contextlib
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from jsquared.records.lab_messages import AskForCli, AskForProgram
from jsquared.service.lab.lab_client import answer_on, signal_on
from jsquared.service.lab.running_lab import RunningLab

STREAMS = (0, 1, 2)
PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGWINCH)


def run_in_foreground(lab: RunningLab, question: AskForProgram | AskForCli) -> int:
    """Run a program to its end; its exit code, 128 + N where signal N has ended it.

    :raises BadInputError: there is no such program, host or node.
    :raises LabError: the lab has ended.
    """
    with lab.program(question, STREAMS) as connection, _signals_to(connection):
        connection.settimeout(None)
        return answer_on(connection, int)


@contextmanager
def _signals_to(connection: socket.socket) -> Iterator[None]:
    """Pass signals on to the program, which is in no session of this terminal's."""

    def pass_on(number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(OSError):
            signal_on(connection, number)

    before = {number: signal.signal(number, pass_on) for number in PASSED_ON}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
