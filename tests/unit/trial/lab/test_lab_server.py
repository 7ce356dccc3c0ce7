"""The protocol of a lab: what it answers to questions, to nonsense, and to those who go away."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from jsquared.errors import BadInputError, FaultDidNotBiteError, JSquaredError, LabError
from jsquared.records import lab_messages as messages
from jsquared.service.lab.lab_client import ask, at_address, at_path
from jsquared.trial.lab.lab_server import LabServer
from jsquared.trial.lab.wire import LONGEST_QUESTION_BYTES, Line, send

TOLD = messages.LabFault(id="kill", name="kill", targets=("redis-n1",), bit=True, evidence="it is gone")


class Sandbox:
    """A sandbox that runs no programs."""

    name = "memory"


class Deployment:
    """A deployment in that sandbox."""

    sandbox = Sandbox()


class StubSession:
    """A session that does nothing and says what it was asked."""

    deployment = Deployment()

    def __init__(self) -> None:
        self.threads: set[str] = set()
        self.steps: list[str] = []
        self.problem: Exception | None = None

    def mask(self, text: str) -> str:
        """The text without its secret."""
        return text.replace("s3cret", "<secret>")

    def heal(self, fault: str) -> tuple[messages.LabFault, ...]:
        """Heal, or fail as told to."""
        self.threads.add(threading.current_thread().name)
        if self.problem is not None:
            raise self.problem
        return (TOLD,) if fault else ()

    def close(self) -> None:
        """Note it."""
        self.steps.append("close")

    def stand_up(self) -> None:
        """Note it."""
        self.steps.append("stand-up")

    def reset(self, limit_s: float) -> None:
        """Note it."""
        self.steps.append(f"reset {limit_s:g}")

    def access(self) -> messages.LabAccess:
        """A login."""
        return messages.LabAccess(login=("app",))

    def host_of(self, name: str) -> str:
        """No host at all."""
        raise BadInputError("there is no such host", where=f"host '{name}'", hint="n1")

    def log_of(self, name: str) -> str:
        """A log."""
        return f"the log of {name}"


class Door:
    """A server with a stub of a session, reached at an abstract address."""

    def __init__(self) -> None:
        self.session = StubSession()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind("")
        self._listener.listen()
        self.connect = at_address(self._listener.getsockname())
        self.server = LabServer(cast("Any", self.session), self._listener)
        self.thread = threading.Thread(target=self.server.serve, name="serving", daemon=True)
        self.thread.start()

    def said(self, line: bytes, descriptors: tuple[int, ...] = ()) -> bytes:
        """What comes back for a line."""
        with self.connect() as connection:
            connection.settimeout(20)
            send(connection, line, descriptors)
            return Line(connection, 1 << 20).next()

    def close(self) -> None:
        """End it."""
        with self.connect() as connection:
            send(connection, b'{"ask": "end"}')
            self.thread.join(20)
            self.server.farewell()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def door() -> Iterator[Door]:
    """A door that is open, and closed afterwards."""
    made = Door()
    yield made
    made.close()


def test_a_question_is_answered(door: Door) -> None:
    """What changes something is done by the thread that serves, what is only asked beside it."""
    assert ask(door.connect, messages.AskToHeal(id="kill"), tuple[messages.LabFault, ...]) == (TOLD,)
    assert ask(door.connect, messages.AskForLog(name="redis-n1"), str) == "the log of redis-n1"
    assert door.session.threads == {"serving"}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b"[]",
        b"{}",
        b'{"ask": "everything"}',
        b'{"ask": "heal", "id": 7}',
        b'{"ask": "heal", "id": "kill", "more": 1}',
        b'{"ask": "break"}',
        b'{"ask": "exec", "host": "n1", "argv": "ls", "folder": "/"}',
        b'{"ask": "heal", "id": "\xff"}',
        b"[" * 5000,
    ],
)
def test_nonsense_is_refused(door: Door, line: bytes) -> None:
    """With a line that says why, and the next question is answered."""
    said = door.said(line)
    refusal = msgspec.json.decode(said, type=messages.Answer).refusal if said else None
    assert line == b"" or (refusal is not None and refusal.exit_code == 2)
    assert ask(door.connect, messages.AskToHeal(), tuple[messages.LabFault, ...]) == ()


def test_too_long_a_line_is_refused(door: Door) -> None:
    """Nobody fills the memory of a lab."""
    with door.connect() as connection:
        connection.settimeout(20)
        try:
            connection.sendall(b"x" * (LONGEST_QUESTION_BYTES + 10))
            said = Line(connection, 1 << 20).next()
        except OSError:  # it has hung up already
            said = b""
    assert said == b"" or b"bytes" in said
    assert ask(door.connect, messages.AskToHeal(), tuple[messages.LabFault, ...]) == ()


def test_more_descriptors_than_anybody_needs_are_refused(door: Door, wait_until: Callable[..., None]) -> None:
    """And closed."""
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    assert b"descriptors" in door.said(b'{"ask": "heal"}', (0, 0, 0, 0))
    wait_until(lambda: len(os.listdir("/proc/self/fd")) <= before + 1, 20, "they are closed")  # noqa: PTH208


def test_who_goes_away_disturbs_nobody(door: Door) -> None:
    """Before the question, in the middle of it, and before the answer."""
    for words in (b"", b'{"ask": "he', b'{"ask": "heal"}\n'):
        with door.connect() as connection:
            connection.sendall(words)
    assert ask(door.connect, messages.AskToHeal(), tuple[messages.LabFault, ...]) == ()


@pytest.mark.parametrize(
    ("problem", "kind", "words"),
    [
        (BadInputError("no such fault", where="here", hint="that"), BadInputError, "here: no such fault. Try: that"),
        (FaultDidNotBiteError("did not bite"), FaultDidNotBiteError, "did not bite"),
        (LabError("the password s3cret is wrong\x1b[2J"), LabError, r"the password <secret> is wrong\x1b[2J"),
        (ZeroDivisionError("oh"), LabError, "the lab itself failed: ZeroDivisionError: oh"),
    ],
)
def test_a_refusal_is_told_as_it_was_meant(
    door: Door, problem: Exception, kind: type[JSquaredError], words: str
) -> None:
    """On one line, without secrets and without what a terminal obeys."""
    door.session.problem = problem
    with pytest.raises(kind) as refused:
        ask(door.connect, messages.AskToHeal(id="kill"), tuple[messages.LabFault, ...])
    assert str(refused.value) == words


def test_a_program_on_no_host_is_refused(door: Door) -> None:
    """With the hosts that there are; a program without descriptors is refused too."""
    question = messages.AskForProgram(host="mars", argv=("true",), folder="/")
    with Path(os.devnull).open("r+b") as null, pytest.raises(BadInputError, match="mars"):
        ask(door.connect, question, int, [null.fileno()] * 3)
    with pytest.raises(BadInputError, match="stdin"):
        ask(door.connect, question, int)


def test_records_go_into_a_folder_only(door: Door, tmp_path: Path) -> None:
    """A descriptor of anything else is refused."""
    with (tmp_path / "file").open("wb") as file, pytest.raises(BadInputError, match="folder"):
        ask(door.connect, messages.AskToConclude(), type(None), [file.fileno()])


def test_a_lab_that_has_gone_says_so() -> None:
    """Nobody listens, or somebody hangs up instead of an answer, or says nonsense."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind("")
    connect = at_address(listener.getsockname())
    with pytest.raises(LabError, match="has ended"):
        ask(connect, messages.AskStatus(), messages.LabStatus)
    listener.listen()
    for answer, words in (
        (b"", "has ended"),
        (b"{nonsense\n", "not understood"),
        (b'{"result": 1}\n', "not understood"),
    ):
        peer = threading.Thread(target=_answer_once, args=(listener, answer))
        peer.start()
        with pytest.raises(LabError, match=words):
            ask(connect, messages.AskStatus(), messages.LabStatus)
        peer.join()
    listener.close()


def _answer_once(listener: socket.socket, answer: bytes) -> None:
    connection, _ = listener.accept()
    with connection:
        Line(connection, 1 << 20).next()
        connection.sendall(answer)


def test_a_lab_begins_again(door: Door) -> None:
    """The session is closed and the next one stood up in its place, by the thread that serves; without a way to, it is refused."""
    with pytest.raises(BadInputError, match="cannot begin again"):
        ask(door.connect, messages.AskToBeginAgain(), type(None))
    first, second = door.session, StubSession()
    door.server._begin_again = lambda: cast("Any", second)
    ask(door.connect, messages.AskToBeginAgain(), type(None))
    assert (first.steps, second.steps) == (["close"], ["stand-up"])
    ask(door.connect, messages.AskToReset(limit_ms=1500), type(None))
    assert ask(door.connect, messages.AskForAccess(), messages.LabAccess).login == ("app",)
    assert second.steps == ["stand-up", "reset 1.5"]
    door.server.close()
    assert second.steps[-1] == "close"


def test_a_program_inside_has_a_door_of_its_own(door: Door, tmp_path: Path) -> None:
    """It is made once, in a folder that is shown to such programs alone, and asks as every other one."""
    inner = door.server._inner_door
    deep = tmp_path / ("far-" * 30)  # further than a socket's own address reaches
    deep.mkdir()
    path = inner.open(deep)
    assert inner.open(tmp_path / "elsewhere") == path
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert ask(at_path(path), messages.AskForLog(name="redis-n1"), str) == "the log of redis-n1"
    door.server.close()
