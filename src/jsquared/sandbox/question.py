"""``python -m jsquared.sandbox.question SECONDS LIBRARIES PROGRAM ARGUMENT…``: what a program prints, run where it can do no harm.

The program runs in its own sandbox, confined as every server is, with what comes on standard input; what it prints on its
standard output and, where it was given input, on its standard error, goes to ours, up to :data:`MOST_BYTES`. LIBRARIES are the folders
that its loader looks into first, separated by colons; usually none. Exit codes: 0 it said
that; :data:`SILENT` it neither ended nor said as much within the time; :data:`NOT_STARTED` it cannot be started, with the reason on
standard error; :data:`NO_SANDBOX` there is no namespaces sandbox here.

:func:`ask` is how to call it: where there is no namespaces sandbox, and only there, the program runs as this user.
"""

import contextlib
import errno
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from jsquared.errors import EngineError, JSquaredError, SandboxError
from jsquared.records.library_folders import library_environment
from jsquared.sandbox.linux import processes

MOST_BYTES = 1 << 14
SILENT, NOT_STARTED, NO_SANDBOX = 75, 76, 77
START_LIMIT_S = 20.0
_HOST = "asked"
_LIMITS = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)


class ProgramError(Exception):
    """The program cannot be started; the reason."""


def ask(argv: Sequence[str], *, given: bytes, limit_s: float, libraries: Sequence[str] = ()) -> bytes | None:
    """Return the output of a program, confined where this machine can; None where it neither ends nor says enough in time.

    :param libraries: folders of its own with shared libraries.
    :raises ProgramError: it cannot be started.
    :raises EngineError: the asking itself fails.
    """
    command = [sys.executable, "-m", __name__, str(limit_s), os.pathsep.join(libraries), *argv]
    path = os.pathsep.join(filter(None, sys.path))
    try:
        with _limits_named(argv[0]):
            done = subprocess.run(
                command, input=given, capture_output=True, timeout=limit_s + START_LIMIT_S, check=False,
                env={**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"},
            )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None
    said = done.stderr.decode(errors="replace").strip()
    if done.returncode == NOT_STARTED:
        raise ProgramError(said)
    if done.returncode == NO_SANDBOX:  # and for no other reason: whatever a program does must not lead it out
        return _ask_here(argv, given, limit_s, libraries)
    if done.returncode not in (0, SILENT):
        raise EngineError(
            f"cannot be asked what it is (code {done.returncode}): {said.rpartition(chr(10))[2]}",
            where=argv[0],
            hint="another engine",
        )
    return None if done.returncode else done.stdout


@contextlib.contextmanager
def _limits_named(program: str) -> Iterator[None]:
    """:raises EngineError: this machine starts no more processes, which says nothing about the program."""
    try:
        yield
    except OSError as problem:
        if problem.errno not in _LIMITS:
            raise
        raise EngineError(f"cannot be started: {problem.strerror}", where=program, hint="a higher limit") from problem


def _ask_here(argv: Sequence[str], given: bytes, limit_s: float, libraries: Sequence[str]) -> bytes | None:
    """The same without a sandbox: with its own environment, and ended with all that it has started."""
    try:
        with _limits_named(argv[0]):
            process = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if given else subprocess.DEVNULL,
                start_new_session=True,
                env={**processes.ENVIRONMENT, **library_environment(libraries)},
            )
    except OSError as problem:
        raise ProgramError(problem.strerror) from problem
    try:
        return answer_of(process, given, limit_s)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # also what it has started, where it has ended itself
        processes.reap([process])


def answer_of(process: "subprocess.Popen[bytes]", given: bytes, limit_s: float) -> bytes | None:
    """All that a process prints up to :data:`MOST_BYTES`; None where it neither ends nor says as much in time."""
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(BrokenPipeError):  # it need not listen
        process.stdin.write(given)
        process.stdin.close()
    deadline, words = time.monotonic() + limit_s, b""
    while len(words) < MOST_BYTES:
        if not select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return None
        chunk = os.read(process.stdout.fileno(), MOST_BYTES)
        if not chunk:
            break
        words += chunk
    return words[:MOST_BYTES]


def main(arguments: Sequence[str]) -> int:
    """Ask, and tell; see the module."""
    # Imported inside: whoever only asks needs none of it.
    from jsquared.sandbox.namespaces import NamespacesSandbox  # noqa: PLC0415

    limit_s, argv = float(arguments[0]), arguments[2:]
    libraries = [folder for folder in arguments[1].split(os.pathsep) if folder]
    given = sys.stdin.buffer.read()
    try:
        sandbox = NamespacesSandbox([Path(argv[0]), *map(Path, libraries)])
        sandbox.enter([_HOST])
    except JSquaredError:
        return NO_SANDBOX
    try:
        folder, log = sandbox.directory(_HOST) / "own", sandbox.log(_HOST, "said")
        folder.mkdir()  # the log lies beside it, where the program cannot put something else in its place
        try:
            process = sandbox.spawn(
                _HOST, argv, cwd=folder, log=log, pipes=True,
                environment=library_environment(libraries), sees=libraries,
            )  # fmt: skip
        except SandboxError as problem:
            sys.stderr.write(problem.what.removeprefix("cannot be started: "))
            return NOT_STARTED
        words = answer_of(process.popen, given, limit_s)
        if words is None:
            return SILENT
        if given:
            words += log.read(0, MOST_BYTES)
        sys.stdout.buffer.write(words[:MOST_BYTES])
        sys.stdout.buffer.flush()
        return 0
    finally:
        sandbox.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
