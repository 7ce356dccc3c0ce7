"""The command line as its users start it: a process of its own, judged by its exit code, its JSON and its run folders.

Loading takes longer than most commands, so :class:`CommandLines` forks them from a process that has loaded everything
(:mod:`support.command_server`). Tests of what happens while a program starts use :func:`start`.
"""

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from support import command_server

LIMIT_S = 380
RATE = ("--rate", "25", "--operations", "20")
"""Fewer writes and operations than usual, since so many trials run in tests: enough to be lost, and the 100 writes that a verdict needs."""
UNMEASURED = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith("COVERAGE") and name != "PYTEST_CURRENT_TEST"
}
"""Whole command lines with all their trials take half as long again when they are measured, and unit tests measure what they run."""
CHUNK_BYTES = 1 << 16


@dataclass(frozen=True)
class Finished:
    """A command line that has ended; ``document`` is its JSON, None without."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        """What ``--json`` printed."""
        return json.loads(self.stdout)

    @property
    def trial(self) -> Any:
        """The only trial."""
        [trial] = self.document["trials"]
        return trial


def start(
    *arguments: str, environment: dict[str, str] | None = None, cwd: Path | None = None, ignoring: str = ""
) -> "subprocess.Popen[str]":
    """``jsquared ARGUMENTS``, started and not waited for; ``ignoring`` names a signal that is ignored when it begins."""
    # Whatever started the tests may ignore SIGINT (a script in the background does) or SIGHUP (nohup), and children inherit that.
    disposition = ["--default-signal=INT,HUP", *([f"--ignore-signal={ignoring}"] if ignoring else [])]
    return subprocess.Popen(
        ["env", *disposition, sys.executable, "-m", "jsquared", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env={**UNMEASURED, **(environment or {})},
    )


def finish(process: "subprocess.Popen[str]", limit_s: float = LIMIT_S) -> Finished:
    """Wait for a command line."""
    try:
        stdout, stderr = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return Finished(process.returncode, stdout, stderr)


class CommandLines:
    """Runs command lines, each a process that a server forks; the server ends with :meth:`close`, or with this process."""

    def __init__(self) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._server = subprocess.Popen(
                [sys.executable, "-P", str(command_server.__file__)],
                stdin=theirs.fileno(),
                stdout=subprocess.PIPE,  # so its streams are made for pipes, as those of a command line
                stderr=subprocess.STDOUT,
                env=UNMEASURED,
            )

    def run(self, *arguments: str, cwd: Path | None = None, limit_s: float = LIMIT_S) -> Finished:
        """Run ``jsquared ARGUMENTS`` to its end.

        :raises subprocess.TimeoutExpired: it took longer, and was ended.
        :raises RuntimeError: the server has ended.
        """
        order = command_server.Order(arguments, str(cwd or Path.cwd()), umask(), UNMEASURED)
        pipes = [os.pipe() for _ in range(3)]
        ours, theirs = [pipe[0] for pipe in pipes], [pipe[1] for pipe in pipes]
        try:
            try:
                socket.send_fds(self._channel, [msgspec.json.encode(order)], theirs)
            except BrokenPipeError as problem:
                raise RuntimeError(f"no command line can be run: {self._last_words()}") from problem
            finally:
                _close(theirs)
            stdout, stderr, told = self._read(ours, limit_s)
        finally:
            _close(ours)
        if not told:
            raise RuntimeError(f"no command line can be run: {self._last_words()}")
        _, code = told.split()
        return Finished(int(code), stdout.decode(), stderr.decode())

    def _read(self, descriptors: list[int], limit_s: float) -> list[bytes]:
        """Everything that comes out of these pipes; the last one begins with the process that is to be ended when it takes too long."""
        read = dict.fromkeys(descriptors, b"")
        deadline_s = time.monotonic() + limit_s
        with selectors.DefaultSelector() as selector:
            for descriptor in descriptors:
                selector.register(descriptor, selectors.EVENT_READ)
            while selector.get_map():
                ready = selector.select(max(0.0, deadline_s - time.monotonic()))
                if not ready:
                    told = read[descriptors[-1]] or os.read(descriptors[-1], CHUNK_BYTES)
                    with suppress(ProcessLookupError):
                        os.kill(int(told.split()[0]), signal.SIGKILL)
                    raise subprocess.TimeoutExpired("jsquared", limit_s)
                for key, _ in ready:
                    data = os.read(key.fd, CHUNK_BYTES)
                    read[key.fd] += data
                    if not data:
                        selector.unregister(key.fd)
        return list(read.values())

    def _last_words(self) -> str:
        stdout, _ = self._server.communicate(timeout=60)
        return bytes(stdout).decode(errors="replace")

    def close(self) -> int:
        """End the server, and give its exit code."""
        self._channel.close()
        with self._server:
            return self._server.wait(60)


def umask() -> int:
    """This process's umask (proc_pid_status(5)), which cannot be asked for otherwise without changing it for a moment."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("Umask:")]
    return int(line.split()[1], 8)


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
