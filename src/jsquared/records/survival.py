"""Reading what may end the process that reads it.

The library that reads Parquet is C++: of some damaged files it takes words for granted, and ends the whole process instead of raising an
error (``terminate called after throwing an instance of 'parquet::ParquetException'``, or a segmentation fault). So a folder that may be
someone else's is read in a child first, which loses nothing if it ends. The child has limits of memory and of time, and ends with its
parent.
"""

import contextlib
import ctypes
import os
import resource
import select
import signal
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from jsquared.errors import BadInputError
from jsquared.records.reading import ANOTHER

LONGEST_CPU_S = 300
"""No history that this lab records takes a tenth of it to be read."""
MOST_MEMORY_BYTES = 6 << 30
"""Above what the process has when it begins. A folder at all limits (8.3 million writes, as many keys of three nodes) needs between 4 and
5 GiB of what is counted, 3.3 GiB of which it uses."""
SPELL_S = 0.5
"""So long a wait for the child lasts before it is begun again."""
_OUT_OF_MEMORY = 3
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def require_survival(read: Callable[[], object], path: Path) -> None:
    """Do it in a child, whatever it raises there; for a process with one thread.

    :raises BadInputError: the child was ended by a signal, or had too little memory; ``path`` is what could not be read.
    """
    status = _status_of_child(lambda: _read_and_end(read))
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        raise BadInputError(f"unreadable: reading its files ended with {name}", where=str(path), hint=ANOTHER)
    if os.WEXITSTATUS(status) == _OUT_OF_MEMORY:
        words = f"unreadable: reading its files takes more than {MOST_MEMORY_BYTES >> 20:,} MiB of memory"
        raise BadInputError(words, where=str(path), hint=ANOTHER)


def _status_of_child(work: Callable[[], NoReturn]) -> int:
    """Do the work in a child and return its status; it is gone afterwards, whatever interrupts the waiting."""
    parent, child = os.getpid(), 0
    try:
        child = os.fork()
        if not child:
            _end_with(parent)
            work()
        status = _wait_for(child)
        child = 0
        return status
    finally:
        if os.getpid() != parent:  # nothing leads a child out of here
            os._exit(0)
        if child:
            # where the interruption came just after the waiting, there is none any more
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)


def _wait_for(child: int) -> int:
    """Wait for a child and return its status, in short spells: an interruption that comes just before a wait does not end it."""
    held = os.pidfd_open(child)
    try:
        while not select.select([held], [], [], SPELL_S)[0]:
            pass
    finally:
        os.close(held)
    return os.waitpid(child, 0)[1]


def _end_with(parent: int) -> None:
    """Let the kernel end this process when its parent ends, in whatever way."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it had ended before the kernel was asked
        os._exit(0)


def _read_and_end(read: Callable[[], object]) -> NoReturn:
    """Read without a word, and end without what others have registered for the end."""
    code = 0
    try:
        with contextlib.suppress(BaseException):
            most = _data_bytes() + MOST_MEMORY_BYTES
            _limit(resource.RLIMIT_CORE, 0, 0)
            _limit(resource.RLIMIT_CPU, LONGEST_CPU_S, LONGEST_CPU_S + 1)
            _limit(resource.RLIMIT_DATA, most, most)
            nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            try:
                read()
            except MemoryError:
                code = _OUT_OF_MEMORY
    finally:
        os._exit(code)


def _limit(kind: int, soft: int, hard: int) -> None:
    """Set a limit, or keep one that is lower: no one but root may raise it again."""
    before = resource.getrlimit(kind)[1]
    if before != resource.RLIM_INFINITY:
        soft, hard = min(soft, before), min(hard, before)
    resource.setrlimit(kind, (soft, hard))


def _data_bytes() -> int:
    """Return how much of the limit this process already uses (``VmData``)."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmData:"))
