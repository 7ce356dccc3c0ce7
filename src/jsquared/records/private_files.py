"""Files and folders for their owner alone: 0600 and 0700, whatever the umask is; and no link is ever written through.

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
_NEW = os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
_FLAGS = {
    "w": os.O_WRONLY | _NEW,
    "a": os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK,
    "w+": os.O_RDWR | _NEW,
}
_GIVEN = {"w": os.O_WRONLY | os.O_TRUNC, "a": os.O_WRONLY | os.O_APPEND}
_SYSTEM = (("dev",), ("proc",))
"""Folders of the root whose links are the system's own, such as /dev/stdout."""


def open_private(path: Path, mode: str = "w", *, buffering: int = -1) -> IO[Any]:
    """Open a file of a folder of ours for writing that no one else may read.

    To be written it is created again, whatever has its name (a link, a pipe) goes first; to be appended to it is not a link.

    :param mode: ``w``, ``a`` or ``w+``, with ``b`` behind for bytes; texts are UTF-8.
    :raises OSError: as ``open`` does.
    """
    flags = _FLAGS[mode.replace("b", "")]
    if flags & os.O_EXCL:
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
    return _file(os.open(path, flags | os.O_CLOEXEC, FILE_MODE), mode, buffering)


def open_given(path: Path, mode: str = "w") -> IO[Any]:
    """Open for writing what the user named: a file, or something else such as ``/dev/stdout``.

    Its folder may be a stranger's, so a link that :func:`is_replaced` gives way to a new file.

    :param mode: as for :func:`open_private`, without ``w+``.
    :raises OSError: as ``open`` does.
    """
    flags = _GIVEN[mode.replace("b", "")] | os.O_CLOEXEC
    if is_replaced(path):
        return open_private(path, mode.replace("a", "w"))
    if path.is_symlink():
        return _file(os.open(path, flags), mode)
    return _file(os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW, FILE_MODE), mode)


def is_replaced(path: Path) -> bool:
    """True if a path of the user's is a link that is not written through: to a file, a disk or nowhere.

    Links to terminals and pipes are followed, and so are the system's own, wherever they lead: stdout may be a file.
    """
    if not path.is_symlink() or path.parent.resolve().parts[1:2] in _SYSTEM:
        return False
    try:
        kind = path.stat().st_mode
    except OSError:
        return True
    return not (stat.S_ISCHR(kind) or stat.S_ISFIFO(kind) or stat.S_ISDIR(kind))


def _file(descriptor: int, mode: str, buffering: int = -1) -> IO[Any]:
    binary = "b" in mode
    try:
        _close_to_others(descriptor)
        return os.fdopen(descriptor, mode, buffering=buffering, encoding=None if binary else "utf-8")
    except BaseException:
        os.close(descriptor)
        raise


def _close_to_others(descriptor: int) -> None:
    """Nothing for what is not a file (a terminal, a pipe), or that someone else gave us to write to."""
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) != FILE_MODE:
        os.fchmod(descriptor, FILE_MODE)


def write_private(path: Path, data: str | bytes) -> None:
    """Write a file of a folder of ours that no one else may read, in the place of what has its name.

    :raises OSError: it cannot be written.
    """
    with open_private(path, "wb") as file:
        file.write(data.encode("utf-8") if isinstance(data, str) else data)


def make_private_folder(path: Path, *, exist_ok: bool = False) -> None:
    """Make a folder, and those above it that are missing, for no one else; one that is there already stays as it is.

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


def cache_folder() -> Path:
    """``$XDG_CACHE_HOME/jsquared``, by default ``~/.cache/jsquared``; it may not exist."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    return Path(given if Path(given).is_absolute() else os.path.expanduser("~/.cache"), "jsquared")  # noqa: PTH111 -- never raises


def is_ours_alone(path: Path) -> bool:
    """True if a file or folder is this user's, and no one else may write to it: what lies there may be run.

    :raises OSError: it is not there.
    """
    about = path.stat()
    return about.st_uid == os.geteuid() and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


@contextlib.contextmanager
def private_umask() -> Iterator[None]:
    """Meanwhile, nothing that this process or one that it starts makes is for others."""
    before = os.umask(UMASK)
    try:
        yield
    finally:
        os.umask(before)
