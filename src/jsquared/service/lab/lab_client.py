"""Asking a lab: one question a connection, over a socket that only this user may use."""

import socket
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from jsquared.errors import (
    EXIT_BAD_INPUT,
    EXIT_INCONCLUSIVE,
    BadInputError,
    FaultDidNotBiteError,
    JSquaredError,
    LabError,
)
from jsquared.records.lab_messages import Answer, Question, Refusal, Signal
from jsquared.records.unix_sockets import connected_to
from jsquared.trial.lab.wire import LONGEST_ANSWER_BYTES, Line, is_same_user, send

Result = TypeVar("Result")
Connect = Callable[[], socket.socket]
"""Connects to a lab. Raises OSError where there is none."""
GONE = "the lab has ended"
_ANSWER = msgspec.json.Decoder(Answer)


@contextmanager
def conversation(connect: Connect, question: Question, descriptors: Sequence[int] = ()) -> Iterator[socket.socket]:
    """Ask a question; within the block its answer may be waited for.

    :raises LabError: there is no lab, or it belongs to somebody else.
    """
    try:
        with connect() as connection:
            if not is_same_user(connection):
                raise LabError("its process is another user's", where="the lab's socket", hint="another --name")
            send(connection, msgspec.json.encode(question), tuple(descriptors))
            yield connection
    except OSError as problem:
        raise LabError(GONE, where="the lab", hint="jsquared lab up") from problem


def ask(
    connect: Connect,
    question: Question,
    kind: type[Result],
    descriptors: Sequence[int] = (),
    limit_s: float | None = None,
) -> Result:
    """Ask, and wait for the answer.

    :param limit_s: how long; None: as long as it takes.
    :raises JSquaredError: what the lab refused, as it said it.
    :raises LabError: it has ended, or its answer is none.
    """
    with conversation(connect, question, descriptors) as connection:
        connection.settimeout(limit_s)
        return answer_on(connection, kind)


def answer_on(connection: socket.socket, kind: type[Result]) -> Result:
    """The answer that comes on a connection.

    :raises JSquaredError: what the lab refused, as it said it.
    :raises LabError: it has ended, or its answer is none.
    """
    line = Line(connection, LONGEST_ANSWER_BYTES)
    try:
        said = line.next()
    except TimeoutError as problem:
        raise LabError("gives no answer", where="the lab", hint="jsquared lab down") from problem
    finally:
        line.close_descriptors()
    if not said:
        raise LabError(GONE, where="the lab", hint="jsquared lab up")
    try:
        answer = _ANSWER.decode(said)
        if answer.refusal is not None:
            raise _error(answer.refusal)
        return msgspec.json.decode(answer.result, type=kind)
    except (msgspec.DecodeError, UnicodeError) as problem:
        hint = "the version of jsquared that started it"
        raise LabError(f"its answer is not understood ({problem})", where="the lab", hint=hint) from problem


def signal_on(connection: socket.socket, number: int) -> None:
    """Send a signal to the program that a connection has started.

    :raises OSError: the lab has gone.
    """
    send(connection, msgspec.json.encode(Signal(signal=number)))


def at_path(path: Path) -> Connect:
    """Connections to the socket at a path, however long that is."""
    return lambda: connected_to(path)


def at_address(address: bytes | str) -> Connect:
    """Connections to an address that is no path (the abstract ones of unix(7)): nothing of it is left on any disk."""

    def connect() -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(address)
        except OSError:
            connection.close()
            raise
        return connection

    return connect


def _error(refusal: Refusal) -> JSquaredError:
    kinds: dict[int, type[JSquaredError]] = {
        EXIT_BAD_INPUT: BadInputError,
        EXIT_INCONCLUSIVE: FaultDidNotBiteError,
    }
    return kinds.get(refusal.exit_code, LabError)(refusal.what, where=refusal.where, hint=refusal.hint)


def completed(argv: Sequence[str], code: int, stdout: bytes, stderr: bytes) -> "subprocess.CompletedProcess[bytes]":
    """A program that has ended, as :mod:`subprocess` has it."""
    return subprocess.CompletedProcess(list(argv), code, stdout, stderr)
