"""Starting and ending processes, and measuring whether a datagram arrives."""

import contextlib
import errno
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jsquared.errors import RecordError, SandboxError
from jsquared.sandbox.linux import datagram, processes


def here() -> contextlib.AbstractContextManager[None]:
    """The place where the test runs."""
    return contextlib.nullcontext()


def start(argv: list[str], cwd: Path, log: Path, *, pipes: bool = False) -> subprocess.Popen[bytes]:
    """A process with a log and no variables of its own."""
    with processes.opened(log) as output:
        return processes.start(argv, cwd=cwd, output=output, environment=None, pipes=pipes)


def test_unwritable_log_is_a_record_error(tmp_path: Path) -> None:
    """A log that cannot be opened is named, before anything is started."""
    log = tmp_path / "missing" / "node.log"
    with pytest.raises(RecordError, match=r"node.log: a log cannot be written"):
        start(["/bin/true"], tmp_path, log)


def test_missing_folder_is_a_sandbox_error(tmp_path: Path) -> None:
    """A process whose folder is missing cannot be started, and its program is named."""
    with pytest.raises(SandboxError, match="/bin/true: cannot be started: No such file"):
        start(["/bin/true"], tmp_path / "no", tmp_path / "log")


def test_killing_ends_children_and_pipes(tmp_path: Path) -> None:
    """Killing ends the processes that still run with their children, spares those that ended, and closes the pipes."""
    code = "import os, sys, time; print(os.fork() and os.getpid(), flush=True); sys.stdin.read(); time.sleep(60)"
    running = start([sys.executable, "-c", code], tmp_path, tmp_path / "log", pipes=True)
    ended = start(["/bin/true"], tmp_path, tmp_path / "log")
    ended.wait(20)
    assert running.stdout is not None
    assert running.stdin is not None
    running.stdout.readline()
    running.stdin.write(b"unsent")
    processes.kill_groups([running, ended])
    processes.reap([running, ended])
    assert (running.returncode, ended.returncode) == (-9, 0)
    assert running.stdin.closed
    assert running.stdout.closed


def test_killing_what_just_ended_is_no_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that ends between the look and the kill is no error."""
    process = start(["/bin/true"], tmp_path, tmp_path / "log")
    process.wait(20)
    monkeypatch.setattr(process, "poll", lambda: None)
    monkeypatch.setattr(processes.os, "killpg", _gone)
    processes.kill_groups([process])


def _gone(_group: int, _number: int) -> None:
    raise ProcessLookupError


def test_datagram_arrives_on_the_port_asked_for() -> None:
    """A datagram reaches the address and port it is sent to."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert datagram.arrives((here, "127.0.0.1"), (here, "127.0.0.1"), port)


def test_port_in_use_is_said() -> None:
    """A probe of a port that somebody listens on with UDP is an error, not a lost datagram."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(SandboxError, match=r"cannot probe .*in use"):
            datagram.arrives((here, "127.0.0.1"), (here, "127.0.0.1"), taken.getsockname()[1])


class Deaf:
    """A pair of sockets between which only foreign datagrams arrive."""

    def __init__(self, foreign: int) -> None:
        self.foreign = foreign
        self.sent = 0

    def sendto(self, _token: bytes, _address: object) -> None:
        """Lose it."""
        self.sent += 1

    def getsockname(self) -> tuple[str, int]:
        """Some address."""
        return "127.0.0.1", 1

    def settimeout(self, _seconds: float) -> None:
        """Waits for nothing."""

    def recv(self, _size: int) -> bytes:
        """Somebody else's datagram, then nothing."""
        if self.foreign == 0:
            raise TimeoutError
        self.foreign -= 1
        return b"foreign"

    def __enter__(self) -> "Deaf":
        return self

    def __exit__(self, *_: object) -> None:
        pass


def test_foreign_datagrams_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the token that was sent counts as arrival; several attempts are made."""
    deaf = Deaf(foreign=2)
    monkeypatch.setattr(datagram, "_bound", lambda *_: deaf)
    assert not datagram.arrives((here, "127.0.0.1"), (here, "127.0.0.1"), None)
    assert deaf.sent == 3


def test_foreign_datagrams_do_not_prolong_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream of foreign datagrams ends with the attempt's time."""
    deaf = Deaf(foreign=1000)
    times = iter(range(1000))
    monkeypatch.setattr(datagram.time, "monotonic", lambda: next(times) * 0.02)
    assert not datagram._one_arrives(deaf, deaf)  # type: ignore[arg-type]


def test_refusal_to_make_a_socket_is_said() -> None:
    """A place in which no socket can be made is an error."""

    @contextmanager
    def nowhere() -> Iterator[None]:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        yield

    with pytest.raises(SandboxError, match="Too many open files"):
        datagram.arrives((nowhere, "127.0.0.1"), (here, "127.0.0.1"), None)
