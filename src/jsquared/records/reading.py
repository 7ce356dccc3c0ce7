"""Opening the files of a run folder, which may be someone else's: regular ones of a bounded size, no links, never waiting for anyone."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from jsquared.errors import BadInputError, refusal_of

LARGEST_DOCUMENT_BYTES = 64 << 20
"""A plan, a verdict, the output of ``run --json`` or the events of a trial; those of a long trial with many nodes have a few MB."""
LARGEST_HISTORY_BYTES = 1 << 30
MOST_OPERATIONS = 1 << 23
"""Of a whole trial: half an hour of ten clients at 466 writes a second, or a minute of three at 46,000. Reading so many takes some
0.8 GB of memory, and some ten seconds until all is checked."""
LONGEST_MS = 1e12
"""No time on a trial's clock lies further from its zero (32 years): within it, nanoseconds fit into 64 bits."""
ANOTHER = "another run folder; this one is damaged"
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def open_regular(path: Path, limit_bytes: int, *, named: bool = False) -> BinaryIO:
    """A regular file, opened for reading: no link, no device, no FIFO, and no more than ``limit_bytes`` long.

    :param named: the user named this very file, so it may be a link.
    :raises BadInputError: it is something else, too large, or cannot be opened.
    """
    flags = _READ if named else _READ | os.O_NOFOLLOW
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as problem:
        if getattr(problem, "errno", 0) == errno.ELOOP:
            raise BadInputError("is a link, which is not followed", where=str(path), hint="another file") from problem
        if getattr(problem, "errno", 0) in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
            raise refusal_of(problem) or problem from problem
        reason = getattr(problem, "strerror", None) or str(problem)
        raise BadInputError(f"unreadable: {reason}", where=str(path), hint="a file that you may read") from problem
    state = os.fstat(descriptor)
    if stat.S_ISREG(state.st_mode) and state.st_size <= limit_bytes:
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    if not stat.S_ISREG(state.st_mode):
        raise BadInputError("is not a regular file", where=str(path), hint="another file")
    raise BadInputError(
        f"{state.st_size:,} bytes are too many (at most {limit_bytes:,})", where=str(path), hint="another file"
    )


def read_bounded(path: Path, limit_bytes: int = LARGEST_DOCUMENT_BYTES, *, named: bool = False) -> bytes:
    """The content of a regular file that is no longer than ``limit_bytes``, as long as it was when it was opened.

    :raises BadInputError: as :func:`open_regular`, or it cannot be read.
    """
    with open_regular(path, limit_bytes, named=named) as file:
        try:
            return file.read(os.fstat(file.fileno()).st_size)
        except OSError as problem:
            raise BadInputError(f"unreadable: {problem.strerror}", where=str(path)) from problem
