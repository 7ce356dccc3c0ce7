"""Reading what may end the process that reads it.

The library that reads Parquet is C++: of some damaged files it takes words for granted, and ends the whole process instead of raising an
error (``terminate called after throwing an instance of 'parquet::ParquetException'``, or a segmentation fault). So a folder that may be
somebody else's is read in a child first, which loses nothing if it ends.
"""

import contextlib
import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path

from jsquared.errors import BadInputError
from jsquared.records.reading import ANOTHER

LONGEST_CPU_S = 300
"""No history that this lab records takes a tenth of it to be read."""


def require_survival(read: Callable[[], object], path: Path) -> None:
    """Do it in a child, whatever it raises there; for a process with one thread.

    :raises BadInputError: the child was ended by a signal; ``path`` is what could not be read.
    """
    child = os.fork()
    if not child:
        _read_and_end(read)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        raise BadInputError(f"unreadable: reading its files ends with {name}", where=str(path), hint=ANOTHER)


def _read_and_end(read: Callable[[], object]) -> None:
    """Read without a word, and end without what others have registered for the end."""
    try:
        with contextlib.suppress(BaseException):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_CPU, (LONGEST_CPU_S, LONGEST_CPU_S + 1))
            nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            read()
    finally:
        os._exit(0)
