"""Reading and writing in a folder that a server writes in too, and whatever runs in it: nothing there can be trusted to be what it was.

The server is confined and the trial's process is not. A link in place of a file would let the trial write for the server where that may
not, and a pipe would let it wait forever; so no link is followed, and only regular files are read.
"""

import contextlib
import errno
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from jsquared.errors import SandboxError

LARGEST_BYTES = 16 << 20
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def read_text(folder: Path, name: str) -> str:
    """The text of a regular file of at most 16 MiB; what is not UTF-8 is replaced.

    :raises SandboxError: it is missing, or something else has taken its place.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY
    with _explained(folder, name), _folder(folder) as inside, open(name, "rb", opener=_opener(flags, inside)) as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode) or about.st_size > LARGEST_BYTES:
            raise _replaced(folder, name)
        return file.read(LARGEST_BYTES).decode(errors="replace")


def write_text(folder: Path, name: str, text: str) -> None:
    """(Over)write a file, as a new one that only its owner reads.

    :raises SandboxError: it cannot be written.
    """
    write_bytes(folder, name, text.encode("utf-8", "surrogateescape"))


def write_bytes(folder: Path, name: str, data: bytes, *, executable: bool = False) -> None:
    """As :func:`write_text`.

    :param name: one name, or several with slashes between them for a file in folders of its own, which are made.
    :raises SandboxError: it cannot be written; its ``__cause__`` is the kernel's error.
    """
    *above, last = name.split("/")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with _explained(folder, name), _folder(folder, above) as inside:
        _remove(last, inside)
        with os.fdopen(os.open(last, flags, 0o700 if executable else 0o600, dir_fd=inside), "wb") as file:
            file.write(data)


def remove(folder: Path, name: str) -> None:
    """Take away what has a name there, folders with what is in them; nothing where there is none.

    :raises SandboxError: it cannot be removed.
    """
    with _explained(folder, name), _folder(folder) as inside:
        _remove(name, inside)


def _remove(name: str, inside: int) -> None:
    try:
        os.unlink(name, dir_fd=inside)
    except FileNotFoundError:
        return
    except (IsADirectoryError, PermissionError):  # unlink(2) of a folder: EISDIR on Linux, EPERM by POSIX
        try:
            shutil.rmtree(name, dir_fd=inside)
        except RecursionError:
            raise OSError(errno.ELOOP, "folders in folders, too many to remove") from None


def names_in(folder: Path) -> list[str]:
    """Return the names of the files there.

    :raises SandboxError: the folder itself is gone.
    """
    with _explained(folder, ""), _folder(folder) as inside:
        return os.listdir(inside)  # noqa: PTH208 -- of a descriptor


def _opener(flags: int, inside: int) -> Callable[[str, int], int]:
    return lambda name, _: os.open(name, flags, dir_fd=inside)


@contextlib.contextmanager
def _folder(folder: Path, below: Sequence[str] = ()) -> Iterator[int]:
    """The folder, or one below it that is made where it is missing."""
    inside = os.open(folder, _FOLDER)
    try:
        for name in below:
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, 0o700, dir_fd=inside)
            inside, outer = os.open(name, _FOLDER, dir_fd=inside), inside
            os.close(outer)
        yield inside
    finally:
        os.close(inside)


@contextlib.contextmanager
def _explained(folder: Path, name: str) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        if problem.errno in (errno.ELOOP, errno.ENXIO, errno.ENOTDIR, errno.EISDIR):
            raise _replaced(folder, name) from problem
        raise SandboxError(
            f"{problem.strerror}", where=str(folder / name), hint="looking at what its server does"
        ) from problem


def _replaced(folder: Path, name: str) -> SandboxError:
    return SandboxError(
        "something else has taken the place of this file",
        where=str(folder / name),
        hint="looking at what its server does",
    )
