"""Restricts a process of a trial: capabilities, new privileges and system calls that it was never going to need.

:func:`confine_thread` confines the calling thread and everything that it starts from then on, for good: call it in a thread that
does nothing else. No server or client needs any of what is taken away, so a refusal changes nothing for an honest one.

Sources: capabilities(7), prctl(2), seccomp(2); numbers of calls are those of ``asm/unistd_64.h`` and ``asm-generic/unistd.h``.
"""

import ctypes
import errno
import platform
import struct
from collections.abc import Iterator
from functools import cache

from jsquared.sandbox.linux import syscalls

_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_DUMPABLE = 4
_PR_SET_SECUREBITS = 28
_NO_ROOT_POWERS = (
    0b1111  # SECBIT_NOROOT and SECBIT_NO_SETUID_FIXUP, both locked: user id 0 is no reason for a capability
)
_CAPABILITY_VERSION_3 = 0x20080522
_MOST_CAPABILITIES = 64

_SECCOMP_SET_MODE_FILTER = 1
_SPEC_ALLOW = 1 << 2
"""SECCOMP_FILTER_FLAG_SPEC_ALLOW: kernels before 5.16 would otherwise slow the process down for every branch it takes."""

_NEW_NAMESPACES = 0x7E020000  # every CLONE_NEW… flag that clone(2) takes
_FAMILIES = (
    1,
    2,
    10,
    16,
)  # AF_UNIX, AF_INET, AF_INET6, AF_NETLINK: others (AF_VSOCK, AF_PACKET) lead past the hosts' networks

# Name: number on x86-64, number on arm64 (-1: there is none).
_REFUSED = {
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97),
    "setns": (308, 268), "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "kcmp": (312, 272), "bpf": (321, 280), "perf_event_open": (298, 241), "kexec_load": (246, 104),
    "kexec_file_load": (320, 294), "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225), "add_key": (248, 217), "request_key": (249, 218),
    "keyctl": (250, 219), "userfaultfd": (323, 282), "open_by_handle_at": (304, 265), "open_tree": (428, 428),
    "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "mount_setattr": (442, 442), "pidfd_getfd": (438, 438), "io_uring_setup": (425, 425), "quotactl": (179, 60),
    "acct": (163, 89), "settimeofday": (164, 170), "clock_settime": (227, 112), "adjtimex": (159, 171),
    "clock_adjtime": (305, 266), "sethostname": (170, 161), "setdomainname": (171, 162), "iopl": (172, -1),
    "ioperm": (173, -1), "syslog": (103, 116), "vhangup": (153, 58), "modify_ldt": (154, -1),
}  # fmt: skip
_CLONE, _CLONE3, _SOCKET, _SECCOMP = (56, 220), (435, 435), (41, 198), (317, 277)
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column above, AUDIT_ARCH_…

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = (
    0x20,
    0x15,
    0x35,
    0x45,
    0x06,
)  # BPF_LD|W|ABS and BPF_JMP|… of linux/bpf_common.h
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16  # struct seccomp_data, little-endian
_X32_BIT = 0x40000000
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000


def confine_thread() -> None:
    """Take every capability from this thread and what it starts, any way to get one back, and the calls of :data:`_REFUSED`.

    :raises OSError: the kernel refuses; the thread must then not start anything.
    """
    for capability in range(_MOST_CAPABILITIES):
        try:
            syscalls.prctl(_PR_CAPBSET_DROP, capability)
        except OSError as problem:
            if problem.errno != errno.EINVAL:
                raise
            break  # beyond the last capability that this kernel knows
    syscalls.prctl(_PR_SET_SECUREBITS, _NO_ROOT_POWERS)
    syscalls.prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _drop_capabilities()
    _filter_calls()


def hide_memory() -> None:
    """Let no other process without capabilities read this one's memory, environment or descriptors, nor see it where /proc hides."""
    syscalls.prctl(_PR_SET_DUMPABLE, 0)


def _drop_capabilities() -> None:
    header = ctypes.create_string_buffer(struct.pack("@Ii", _CAPABILITY_VERSION_3, 0))
    nothing = ctypes.create_string_buffer(struct.pack("@6I", *(0,) * 6))
    syscalls.capset(header, nothing)


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def _filter_calls() -> None:
    machine = _ARCHITECTURES.get(platform.machine())
    if machine is None:
        return  # numbers of calls differ on each; capabilities, mounts and namespaces hold there as well
    column, _ = machine
    code = filter_program(platform.machine())
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    try:
        syscalls.call(_SECCOMP[column], _SECCOMP_SET_MODE_FILTER, _SPEC_ALLOW, ctypes.addressof(program))
    except OSError as problem:
        if problem.errno not in (errno.ENOSYS, errno.EINVAL):  # a kernel without seccomp
            raise


@cache
def filter_program(machine: str) -> bytes:
    """The filter as instructions of 8 bytes (``struct sock_filter``): what is refused gets an error, everything else passes."""
    column, architecture = _ARCHITECTURES[machine]
    return b"".join(struct.pack("@HBBI", *instruction) for instruction in _instructions(column, architecture))


def _instructions(column: int, architecture: int) -> Iterator[tuple[int, int, int, int]]:
    """Each as (code, jump if true, jump if false, constant)."""
    yield _LOAD, 0, 0, _ARCHITECTURE_AT
    yield _EQUAL, 1, 0, architecture
    yield _RETURN, 0, 0, _ERRNO | errno.ENOSYS  # a 32-bit call of a 64-bit kernel has other numbers
    yield _LOAD, 0, 0, _NUMBER_AT
    yield _AT_LEAST, 0, 1, _X32_BIT
    yield _RETURN, 0, 0, _ERRNO | errno.ENOSYS
    for number in sorted(numbers[column] for numbers in _REFUSED.values() if numbers[column] >= 0):
        yield _EQUAL, 0, 1, number
        yield _RETURN, 0, 0, _ERRNO | errno.EPERM
    yield _EQUAL, 0, 1, _CLONE3[column]
    yield (
        _RETURN,
        0,
        0,
        _ERRNO | errno.ENOSYS,
    )  # its flags lie in memory; C libraries then use clone, whose flags can be seen
    yield _EQUAL, 0, 4, _CLONE[column]
    yield _LOAD, 0, 0, _FIRST_ARGUMENT_AT
    yield _ANY_BIT, 0, 1, _NEW_NAMESPACES
    yield _RETURN, 0, 0, _ERRNO | errno.EPERM
    yield _RETURN, 0, 0, _ALLOW
    yield _EQUAL, 0, len(_FAMILIES) + 2, _SOCKET[column]
    yield _LOAD, 0, 0, _FIRST_ARGUMENT_AT
    for index, family in enumerate(_FAMILIES):
        yield _EQUAL, len(_FAMILIES) - index, 0, family
    yield _RETURN, 0, 0, _ERRNO | errno.EAFNOSUPPORT
    yield _RETURN, 0, 0, _ALLOW
