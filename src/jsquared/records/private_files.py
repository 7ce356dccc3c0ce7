"""Files and folders for their owner alone: 0600 and 0700, whatever the umask is.

Standard library only: client processes use it too.
"""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

FILE_MODE = 0o600
FOLDER_MODE = 0o700
UMASK = 0o077
_FLAGS = {
    "w": os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
    "a": os.O_WRONLY | os.O_CREAT | os.O_APPEND,
    "w+": os.O_RDWR | os.O_CREAT | os.O_TRUNC,
}


def open_private(path: Path, mode: str = "w", *, buffering: int = -1) -> IO[Any]:
    """Open a file for writing that nobody else may read: made so, or made so again where it is ours already.

    :param mode: ``w``, ``a`` or ``w+``, with ``b`` behind for bytes; texts are UTF-8.
    :raises OSError: as ``open`` does.
    """
    binary = "b" in mode
    descriptor = os.open(path, _FLAGS[mode.replace("b", "")] | os.O_CLOEXEC, FILE_MODE)
    try:
        _close_to_others(descriptor)
        return os.fdopen(descriptor, mode, buffering=buffering, encoding=None if binary else "utf-8")
    except BaseException:
        os.close(descriptor)
        raise


def _close_to_others(descriptor: int) -> None:
    """Nothing for what is not a file (a terminal, a pipe), or that somebody else gave us to write to."""
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) != FILE_MODE:
        os.fchmod(descriptor, FILE_MODE)


def write_private(path: Path, data: str | bytes) -> None:
    """(Over)write a file that nobody else may read.

    :raises OSError: it cannot be written.
    """
    with open_private(path, "wb") as file:
        file.write(data.encode("utf-8") if isinstance(data, str) else data)


def make_private_folder(path: Path, *, exist_ok: bool = False) -> None:
    """Make a folder, and those above it that are missing, for nobody else; one that is there already stays as it is.

    :raises OSError: it cannot be made, or is there already and must not be.
    """
    if not path.parent.exists():
        make_private_folder(path.parent, exist_ok=True)
    try:
        path.mkdir(mode=FOLDER_MODE)
    except FileExistsError:
        if not exist_ok or not path.is_dir():
            raise
        return
    path.chmod(FOLDER_MODE)  # the umask may have taken bits away


@contextlib.contextmanager
def private_umask() -> Iterator[None]:
    """Meanwhile, nothing that this process or one that it starts makes is for others."""
    before = os.umask(UMASK)
    try:
        yield
    finally:
        os.umask(before)
