"""Moving this process into namespaces of its own, as the init of a PID namespace."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from jsquared.errors import SandboxError
from jsquared.records.private_files import cache_folder
from jsquared.sandbox.linux import syscalls
from jsquared.sandbox.linux.refusal import explain_namespaces
from jsquared.sandbox.linux.supervise import continue_in_child

DATA_FOLDERS = ("/mnt", "/media", "/srv", "/opt", "/var/tmp", "/home", "/var/lib", "/usr/share", "/tmp")  # noqa: S108


def move_inside(parent_lives: Callable[[], bool]) -> None:
    """Return in a child that is process 1 of new PID, network and mount namespaces; the caller's process supervises it.

    Each of the processes on the way dies with the one before, and the first when ``parent_lives`` no longer holds. A user
    namespace can only be entered by a process with one thread: where others exist, one more fork leaves them behind.

    :raises SandboxError: the kernel refuses.
    """
    syscalls.die_with_parent(parent_lives)
    if len(os.listdir("/proc/self/task")) > 1:  # noqa: PTH208  # a list of numbers, nothing to do with paths
        parent_lives = continue_in_child()
        syscalls.die_with_parent(parent_lives)
    try:
        _unshare()
    except OSError as error:
        raise explain_namespaces(error) from error
    syscalls.die_with_parent(parent_lives)
    syscalls.die_with_parent(continue_in_child())


def mount_data(data: Path, hosts: Sequence[str]) -> None:
    """Cover ``data`` with a memory filesystem with a folder for each host, seen from this mount namespace only.

    :raises SandboxError: the kernel refuses.
    """
    quiet = syscalls.MS_NOSUID | syscalls.MS_NODEV
    try:
        syscalls.mount("none", "/", None, syscalls.MS_REC | syscalls.MS_PRIVATE)
        syscalls.mount("proc", "/proc", "proc", quiet | syscalls.MS_NOEXEC)
        syscalls.mount("jsquared", str(data), "tmpfs", quiet, "mode=0700")
        # Disks that nodes get later on must appear in the roots of their servers too.
        syscalls.mount("none", str(data), None, syscalls.MS_SHARED)
    except OSError as error:
        raise explain_namespaces(error) from error
    for host in hosts:
        (data / host).mkdir()


def data_folder(keep: Sequence[Path], candidates: Sequence[str] = DATA_FOLDERS) -> Path:
    """An existing folder to put the trial's data on that hides nothing the trial needs, nor any of ``keep``.

    :raises SandboxError: every candidate would.
    """
    # Not tempfile.gettempdir(): it tries a file there, which stays where the process is killed meanwhile.
    temporary = filter(None, map(os.environ.get, ("TMPDIR", "TEMP", "TMP")))
    system = (sys.prefix, sys.base_prefix, sys.executable, "/tmp", *temporary, *filter(None, sys.path))  # noqa: S108 -- only kept visible
    named = (Path.cwd(), cache_folder(), *keep, *map(Path, system))
    needed = {form for path in named for form in (path.absolute(), path.resolve())}
    for candidate in map(Path, candidates):
        usable = candidate.is_dir() and candidate == candidate.resolve()
        if usable and not any(path.is_relative_to(candidate) for path in needed):
            return candidate
    raise SandboxError(
        "no folder is free to hold the trial's data: each hides something that is needed",
        where="namespaces",
        hint="make an empty /mnt",
    )


def _unshare() -> None:
    """New namespaces for this process' children, with a user namespace unless this process has the powers already."""
    flags = syscalls.CLONE_NEWNET | syscalls.CLONE_NEWNS | syscalls.CLONE_NEWPID | syscalls.CLONE_NEWIPC
    if syscalls.is_privileged():
        syscalls.unshare(flags)
        return
    uid, gid = os.geteuid(), os.getegid()
    syscalls.unshare(flags | syscalls.CLONE_NEWUSER)
    for name, value in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        Path(f"/proc/self/{name}").write_text(value)
