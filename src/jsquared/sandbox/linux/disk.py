"""A node's folder as its own small filesystem, which can be full or read-only while the server runs.

It is a memory filesystem in the trial's own mount namespace, mounted before the server starts. Full is a size limit of just what is
used, so what a server appends fails once its last page (4 KiB) is used up, and space that it frees is there again. Read-only holds for
what is opened from then on; the kernel refuses it while a file is open for writing, such as the AOF of a data node.
"""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from jsquared.errors import BadInputError, SandboxError
from jsquared.sandbox.linux import server_folder, syscalls

SIZE_BYTES = 512 * 1024 * 1024
PROBE_NAME = ".jsquared-probe"
_FLAGS = syscalls.MS_NOSUID | syscalls.MS_NODEV
_FILL_TRIES = 200


def make_disk(folder: Path) -> None:
    """Let an existing folder be a separate filesystem, empty; does nothing if it is one.

    :raises SandboxError: the kernel refuses.
    """
    if os.path.ismount(folder):
        return
    with _explained(folder):
        syscalls.mount("jsquared", str(folder), "tmpfs", _FLAGS, f"mode=0700,size={SIZE_BYTES}")


def fill(folder: Path) -> None:
    """Leave no free space on the folder's filesystem.

    :raises SandboxError: the kernel refuses, or the server grows faster than the limit can be set.
    """
    for _ in range(_FILL_TRIES):
        about = os.statvfs(folder)
        used = (about.f_blocks - about.f_bfree) * about.f_frsize
        with contextlib.suppress(OSError):  # it used more meanwhile
            _resize(folder, max(used, about.f_frsize))
            return
    raise SandboxError("its filesystem cannot be made full", where=str(folder), hint="a lower --rate")


def make_room(folder: Path) -> None:
    """Undo :func:`fill`.

    :raises SandboxError: the kernel refuses.
    """
    with _explained(folder):
        _resize(folder, SIZE_BYTES)


def set_read_only(folder: Path, read_only: bool) -> None:
    """Refuse whatever would change the folder, or allow it again.

    :raises BadInputError: a file in it is open for writing.
    :raises SandboxError: the kernel refuses.
    """
    with _explained(folder):
        try:
            # The filesystem itself and not just this mount of it: its server sees it through another one.
            read = syscalls.MS_RDONLY if read_only else 0
            syscalls.mount("none", str(folder), None, syscalls.MS_REMOUNT | read | _FLAGS)
        except OSError as problem:
            if problem.errno != errno.EBUSY:
                raise
            raise BadInputError(
                "a file in it is open for writing, so the kernel keeps it writable",
                where=str(folder),
                hint="fault 'disk-full', or a node that keeps no file open (a Sentinel, or 'appendonly no')",
            ) from problem


def write_error(folder: Path) -> str:
    """Try to write 64 KiB to a new file there: the kernel's name of the error, such as ``ENOSPC``, empty where it can be written."""
    try:
        server_folder.write_bytes(folder, PROBE_NAME, bytes(65_536))
    except SandboxError as problem:
        kernel = problem.__cause__
        return errno.errorcode.get(getattr(kernel, "errno", 0), str(problem))
    finally:
        with contextlib.suppress(SandboxError):
            server_folder.remove(folder, PROBE_NAME)
    return ""


def try_disk(folder: Path) -> None:
    """Check that separate folders can be full and read-only here: really done, inside, in a folder that is made.

    :raises SandboxError: they cannot.
    """
    folder.mkdir()
    make_disk(folder)
    fill(folder)
    full = write_error(folder)
    make_room(folder)
    set_read_only(folder, True)
    read_only = write_error(folder)
    set_read_only(folder, False)
    after = write_error(folder)
    if (full, read_only, after) != ("ENOSPC", "EROFS", ""):
        raise SandboxError(
            f"writing to a full folder gives {full or 'no error'}, to a read-only one {read_only or 'no error'}, later "
            f"{after or 'no error'}",
            hint="another kernel",
        )


def _resize(folder: Path, size_bytes: int) -> None:
    syscalls.mount("none", str(folder), None, syscalls.MS_REMOUNT | _FLAGS, f"size={size_bytes}")


@contextlib.contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise SandboxError(
            f"a filesystem of its own is refused: {problem.strerror}", where=str(folder), hint="--sandbox namespaces"
        ) from problem
