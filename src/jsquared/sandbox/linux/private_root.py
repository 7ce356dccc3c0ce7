"""The root file system of one process of a trial: the system's programs and libraries, read-only, and what it was given of its own.

There is no home in it, nothing of ``/etc`` but what programs need to run at all, no run folder, no socket of a daemon; ``/dev`` holds the
devices that give nothing away, and ``/proc`` shows the process itself. Everything but the process' own folders is read-only.

What all roots of a trial have in common is made once (:func:`make_system`), since a root for each server must cost next to nothing.
"""

import errno
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from jsquared.sandbox.linux import syscalls

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store")
"""Programs and libraries; most distributions have links into ``/usr`` for all but the first."""
SETTINGS = (
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/ssl/openssl.cnf",
    "/etc/pki/tls/openssl.cnf", "/etc/crypto-policies", "/sys/kernel/mm/transparent_hugepage",
    "/sys/devices/system/cpu/online",
)  # fmt: skip
"""What loaders, TLS libraries and allocators read of a machine."""
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
HIDDEN = ("/usr/local/etc",)
"""What lies among programs and may hold secrets."""
ACCOUNTS = {"/etc/passwd": "root:x:0:0:root:/:/bin/sh\n", "/etc/group": "root:x:0:\n"}

_QUIET = syscalls.MS_NOSUID | syscalls.MS_NODEV
_BIND = syscalls.MS_BIND | syscalls.MS_REC
_NOBODY = 65534
# The flags of statvfs(3) are those of mount(2) but for this one.
_STATVFS_RELATIME, _MS_RELATIME = 0x1000, 0x200000


@dataclass(frozen=True)
class View:
    """The paths that a process sees beside the system, by absolute paths: ``sees`` it may read, ``owns`` it may write."""

    sees: tuple[str, ...] = ()
    owns: tuple[str, ...] = ()


def make_system(folder: str, files: Iterable[tuple[str, str]]) -> None:
    """Make what all roots have in common on an empty folder, in this mount namespace, which must be this process' own.

    :param files: pairs of a file of the trial's and the path under which processes find it.
    :raises OSError: the kernel refuses.
    """
    syscalls.mount("none", "/", None, syscalls.MS_REC | syscalls.MS_SLAVE)
    syscalls.mount("jsquared", folder, "tmpfs", _QUIET, "mode=0755,size=1m")
    for path in (*SYSTEM, *SETTINGS):
        _show(folder, path)
    for path, text in ACCOUNTS.items():
        Path(folder + path).write_text(text, encoding="ascii")
    for source, path in files:
        _make_file(folder + path)
        syscalls.mount(source, folder + path, None, _BIND)
    for path in DEVICES:
        _mount_like(folder, path)
    for path in HIDDEN:
        if os.path.isdir(folder + path):
            syscalls.mount("none", folder + path, "tmpfs", _QUIET)
    make_read_only(folder)


def entries_of(system: str) -> tuple[tuple[str, str], ...]:
    """Return the entries at the top of such a system: names, each with what it links to, or nothing for a folder."""
    with os.scandir(system) as entries:
        return tuple((one.name, os.readlink(one.path) if one.is_symlink() else "") for one in entries)


def build(folder: str, system: str, entries: Sequence[tuple[str, str]], view: View) -> None:
    """Make a root in this mount namespace, which must be this process' own, and move into it.

    The process must be the first of its PID namespace: /proc is about that.

    :param folder: an existing empty folder to make it on.
    :param system: where :func:`make_system` has made what it begins with, and ``entries`` of it.
    :raises OSError: the kernel refuses.
    """
    syscalls.mount("jsquared", folder, "tmpfs", _QUIET, "mode=0755,size=1m")
    for name, leads_to in entries:
        if leads_to:
            os.symlink(leads_to, f"{folder}/{name}")
        else:
            os.mkdir(f"{folder}/{name}")
            syscalls.mount(f"{system}/{name}", f"{folder}/{name}", None, _BIND)
    for path in view.sees:
        _show(folder, path)
    for path in view.owns:
        _mount_like(folder, path)
    _mount_proc(f"{folder}/proc")
    syscalls.mount("none", folder, None, syscalls.MS_REMOUNT | syscalls.MS_BIND | syscalls.MS_RDONLY | _QUIET)
    syscalls.pivot_root(folder)


def _show(root: str, path: str) -> None:
    """Let a file, folder or link of the machine be seen at its own path, read-only; nothing where there is none."""
    if path in SYSTEM and os.path.islink(path):
        os.symlink(os.readlink(path), root + path)
    elif os.path.exists(path):
        make_read_only(_mount_like(root, path))


def _mount_like(root: str, path: str) -> str:
    """Let a file or folder be seen at its own path: where it is seen."""
    inside = root + path
    if os.path.isdir(path):
        os.makedirs(inside, exist_ok=True)
    else:
        _make_file(inside)
    syscalls.mount(path, inside, None, _BIND)
    return inside


def _make_file(path: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644))


def make_read_only(target: str) -> None:
    """Make a mount and those below it read-only, on any kernel."""
    try:
        syscalls.set_read_only(target)
    except OSError as problem:
        if problem.errno not in (errno.ENOSYS, errno.EPERM):  # some containers refuse every call that they do not know
            raise
        remount_read_only(target)


def remount_read_only(target: str, table: Path = Path("/proc/thread-self/mountinfo")) -> None:
    """The same before Linux 5.12: mount by mount, each with the flags that it has, since a user namespace may not take one away."""
    points = [line.split()[4] for line in table.read_text().splitlines()]
    for point in points:
        if point == target or point.startswith(f"{target}/"):
            has = os.statvfs(point).f_flag
            flags = has & ~_STATVFS_RELATIME | (_MS_RELATIME if has & _STATVFS_RELATIME else 0)
            syscalls.mount("none", point, None, flags | syscalls.MS_BIND | syscalls.MS_REMOUNT | syscalls.MS_RDONLY)


def _mount_proc(proc: str) -> None:
    """This PID namespace's /proc, read-only: other processes are invisible, and root without powers can set nothing of the kernel's."""
    os.mkdir(proc)
    # Members of root's own group see hidden processes otherwise; in a user namespace no user is in that group.
    options = "hidepid=2" if syscalls.in_user_namespace() else f"hidepid=2,gid={_NOBODY}"
    syscalls.mount("proc", proc, "proc", _QUIET | syscalls.MS_NOEXEC | syscalls.MS_RDONLY, options)


def without_repeats(paths: Iterable[str]) -> tuple[str, ...]:
    """Paths in order, each once, without those that lie in another one or in the system's folders anyway."""
    kept: list[str] = []
    for path in dict.fromkeys(paths):
        if not _lies_in(path, (*SYSTEM, *kept)):
            kept = [one for one in kept if not _lies_in(one, (path,))] + [path]
    return tuple(kept)


def _lies_in(path: str, folders: Sequence[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)
