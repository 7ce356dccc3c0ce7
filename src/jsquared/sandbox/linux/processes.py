"""Starting and ending the processes of a sandbox, the same way in each."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import BinaryIO

from jsquared.errors import RecordError, SandboxError

_END_LIMIT_S = 5.0


ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC", "HOME": "/"}
"""What the processes of a trial find in their environment, beside what the lab sets for each: nothing of the user's own."""


@contextlib.contextmanager
def opened(log: Path) -> Iterator[BinaryIO]:
    """A log to append to.

    :raises RecordError: it cannot be written.
    """
    try:
        output = log.open("ab")
    except OSError as error:
        raise RecordError(f"a log cannot be written: {error.strerror}", where=str(log)) from error
    with output:
        yield output


def start(
    argv: Sequence[str],
    *,
    cwd: PurePath,
    output: BinaryIO,
    environment: Mapping[str, str] | None,
    pipes: bool,
    in_child: Callable[[], None] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process in its own session, with its own environment, what it prints going to ``output``.

    :param environment: variables beyond :data:`ENVIRONMENT`.
    :param pipes: whether stdin and stdout are pipes instead.
    :raises SandboxError: it cannot be started.
    """
    try:
        return subprocess.Popen(
            list(argv),
            cwd=cwd,
            env={**ENVIRONMENT, **(environment or {})},
            stdin=subprocess.PIPE if pipes else subprocess.DEVNULL,
            stdout=subprocess.PIPE if pipes else output,
            stderr=output,
            start_new_session=True,
            preexec_fn=in_child,  # noqa: PLW1509  # only the loopback sandbox passes one, and says why
        )
    except OSError as error:
        raise SandboxError(f"cannot be started: {error.strerror}", where=argv[0]) from error


def start_with(
    argv: Sequence[str], *, cwd: PurePath, environment: Mapping[str, str], streams: tuple[int, int, int]
) -> subprocess.Popen[bytes]:
    """Start somebody's own program in its own session, with exactly this environment.

    :param streams: the descriptors that it gets as stdin, stdout and stderr.
    :raises SandboxError: it cannot be started.
    """
    stdin, stdout, stderr = streams
    try:
        return subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=dict(environment),
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:  # a null byte in a word is a ValueError
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise SandboxError(f"cannot be started: {reason}", where=argv[0]) from error


def reap(processes: Iterable[subprocess.Popen[bytes]]) -> None:
    """Collect the exit codes of processes that were just killed, and close their pipes."""
    for process in processes:
        process.wait(_END_LIMIT_S)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # unsent data towards a dead process
                    pipe.close()


def kill_groups(processes: Iterable[subprocess.Popen[bytes]]) -> None:
    """Kill each process that still runs with everything in its session's first process group."""
    for process in processes:
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
