"""The few Linux system calls that Python 3.11 does not offer: unshare, setns, mounts, pivot_root, capset, prctl.

Flags are those of ``sched.h``, ``sys/mount.h`` and ``sys/prctl.h``. Every function raises OSError with the kernel's errno.
"""

import ctypes
import os
import signal
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

CLONE_FS = 0x00000200
CLONE_NEWNS = 0x00020000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_BIND = 0x1000
MS_REMOUNT = 0x20
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MS_SLAVE = 0x80000
MS_SHARED = 0x100000
MNT_DETACH = 0x2

PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15
PR_SET_CHILD_SUBREAPER = 36

_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000
_MOUNT_ATTR_RDONLY = 0x1
_MOUNT_SETATTR = 442  # on every architecture (asm-generic/unistd.h)

_NAMESPACE_POWERS = 1 << 12 | 1 << 21  # CAP_NET_ADMIN, CAP_SYS_ADMIN

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mount.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p)


def _checked(result: int, call: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Move this process (for network: this thread) into new namespaces; a user namespace needs a single-threaded process."""
    _checked(_libc.unshare(flags), "unshare")


def setns(fd: int, kind: int) -> None:
    """Move this thread into the namespace that ``fd`` refers to."""
    _checked(_libc.setns(fd, kind), "setns")


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """Mount a filesystem, or change a mount's propagation when ``kind`` is None."""
    name = kind.encode() if kind else None
    _checked(
        _libc.mount(os.fsencode(source), os.fsencode(target), name, flags, options.encode()),
        f"mount {kind} on {target}",
    )


def detach(target: str) -> None:
    """Unmount now, letting open files go when they are closed."""
    _checked(_libc.umount2(os.fsencode(target), MNT_DETACH), f"umount {target}")


def set_read_only(target: str) -> None:
    """Make a mount and all mounts below it read-only, whatever else holds for them (Linux 5.12 and later)."""
    attributes = struct.pack("@4Q", _MOUNT_ATTR_RDONLY, 0, 0, 0)
    call(_MOUNT_SETATTR, _AT_FDCWD, os.fsencode(target), _AT_RECURSIVE, attributes, len(attributes))


def pivot_root(new: str) -> None:
    """Make a mount the root of this mount namespace, and let go of the old one: afterwards "/" is the new one."""
    os.chdir(new)
    _checked(_libc.pivot_root(b".", b"."), f"pivot_root to {new}")
    detach(".")  # both lie at the same place now, the old one on top (pivot_root(2))
    os.chdir("/")


def capset(header: "ctypes.Array[ctypes.c_char]", data: "ctypes.Array[ctypes.c_char]") -> None:
    """Set this thread's capabilities: the structures of capset(2)."""
    _checked(_libc.capset(header, data), "capset")


def prctl(option: int, argument: int) -> None:
    """An operation on this process or thread that takes one number."""
    _checked(_libc.prctl(option, argument, 0, 0, 0), "prctl")


def call(number: int, *arguments: int | bytes) -> None:
    """A system call by its number, where the C library has no function for it."""
    longs = [ctypes.c_long(one) if isinstance(one, int) else ctypes.c_char_p(one) for one in arguments]
    _checked(_libc.syscall(ctypes.c_long(number), *longs), f"system call {number}")


def request_parent_death_signal() -> None:
    """Ask the kernel for SIGKILL when the parent's thread that made this process ends.

    The kernel forgets the request when credentials change, so ask after entering a user namespace.
    """
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def forget_parent_death_signal() -> None:
    """Outlive the parent."""
    prctl(PR_SET_PDEATHSIG, 0)


def set_subreaper(*, adopting: bool) -> None:
    """Make descendants of this process whose parent ends its children, or no longer (prctl(2))."""
    prctl(PR_SET_CHILD_SUBREAPER, int(adopting))


def name_process(name: str) -> None:
    """Set the kernel's name for this thread, 15 characters at most (``ps -o comm``)."""
    _checked(_libc.prctl(PR_SET_NAME, name.encode("ascii"), 0, 0, 0), "prctl")


def die_with_parent(parent_lives: Callable[[], bool]) -> None:
    """End with the parent, also when it died before the kernel was asked: ``parent_lives`` closes that gap."""
    request_parent_death_signal()
    if not parent_lives():
        os.kill(os.getpid(), signal.SIGKILL)
        os._exit(128 + signal.SIGKILL)  # init of a PID namespace survives its own SIGKILL


def die_with(parent: int) -> None:
    """End with the parent, which must be that process, at once when it is not any more."""
    die_with_parent(lambda: os.getppid() == parent)


def is_privileged() -> bool:
    """True if this process may make network, mount and PID namespaces without a user namespace: root with root's powers."""
    powers = int(Path("/proc/self/status").read_text().partition("CapEff:")[2].split(maxsplit=1)[0], 16)
    return os.geteuid() == 0 and powers & _NAMESPACE_POWERS == _NAMESPACE_POWERS


def in_user_namespace(own_map: Path = Path("/proc/self/uid_map")) -> bool:
    """True if user ids are mapped here, as they are once a user namespace was entered."""
    return own_map.read_text().split() != ["0", "0", "4294967295"]


def own_namespace(kind: str) -> int:
    """A descriptor of the namespace of a kind (``net``, ``pid``) that this thread is in; it lives as long as the descriptor."""
    return os.open(f"/proc/thread-self/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC)


def own_network() -> int:
    """A descriptor of the network namespace this thread is in; the namespace lives as long as the descriptor."""
    return own_namespace("net")


@contextmanager
def keeping_network() -> Iterator[None]:
    """Return this thread to its network namespace at the end of the block."""
    home = own_network()
    try:
        yield
    finally:
        setns(home, CLONE_NEWNET)
        os.close(home)
