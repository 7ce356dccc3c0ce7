"""The filter of system calls refuses what it names and nothing else, on every machine that it knows."""

import platform
import struct
import subprocess
import sys
from itertools import product

import pytest

from jsquared.sandbox.linux import confinement
from jsquared.sandbox.linux.confinement import filter_program

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ALLOWED, EPERM, ENOSYS, EAFNOSUPPORT = 0x7FFF0000, 0x50001, 0x50026, 0x50061


def verdict(machine: str, number: int, argument: int = 0, architecture: int | None = None) -> int:
    """What the filter says to a call: a small machine for the instructions that it uses (linux/filter.h)."""
    program = list(struct.iter_unpack("@HBBI", filter_program(machine)))
    data = {0: number, 4: ARCHITECTURES[machine] if architecture is None else architecture, 16: argument}
    at = accumulator = 0
    while True:
        code, if_true, if_false, constant = program[at]
        at += 1
        if code == 0x20:
            accumulator = data[constant]
        elif code == 0x06:
            return constant
        else:
            holds = {
                0x15: accumulator == constant,
                0x35: accumulator >= constant,
                0x45: bool(accumulator & constant),
            }[code]
            at += if_true if holds else if_false


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_ordinary_calls_pass(machine: str) -> None:
    """Reading, writing, mapping, signals, threads and sockets of the hosts' networks are what servers live on."""
    column = list(ARCHITECTURES).index(machine)
    read, write, mmap, kill, clone, socket = ((0, 63), (1, 64), (9, 222), (62, 129), (56, 220), (41, 198))
    for numbers in (read, write, mmap, kill):
        assert verdict(machine, numbers[column]) == ALLOWED
    assert verdict(machine, clone[column], 0x3D0F00) == ALLOWED  # what pthread_create asks for
    for family in (1, 2, 10, 16):
        assert verdict(machine, socket[column], family) == ALLOWED


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_calls_that_lead_out_are_refused(machine: str) -> None:
    """Mounts, namespaces, tracing, kernel modules and sockets past the hosts' networks get an error."""
    column = list(ARCHITECTURES).index(machine)
    for name in ("mount", "unshare", "setns", "ptrace", "bpf", "init_module", "keyctl", "io_uring_setup"):
        assert verdict(machine, confinement._REFUSED[name][column]) == EPERM, name
    for flag in (0x10000000, 0x20000000, 0x40000000, 0x20000):
        assert verdict(machine, (56, 220)[column], flag | 0x11) == EPERM
    assert verdict(machine, 435) == ENOSYS
    for family in (17, 40, 38):
        assert verdict(machine, (41, 198)[column], family) == EAFNOSUPPORT


@pytest.mark.parametrize(("machine", "wrong"), list(product(ARCHITECTURES, [0x40000003, 0])))
def test_calls_by_other_numbers_do_not_exist(machine: str, wrong: int) -> None:
    """A 32-bit call on a 64-bit kernel would pass under another number."""
    assert verdict(machine, 1, architecture=wrong) == ENOSYS
    assert verdict(machine, 0x40000000 + 165) == ENOSYS


def test_an_unknown_machine_has_no_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to load where the numbers of calls are unknown."""
    monkeypatch.setattr(platform, "machine", lambda: "s390x")
    monkeypatch.setattr(confinement.syscalls, "call", lambda *_: pytest.fail("a filter was loaded"))
    confinement._filter_calls()


def test_a_kernel_without_filters_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """ENOSYS and EINVAL mean that there are none; anything else is passed on."""
    problems = iter([OSError(38, ""), OSError(22, ""), OSError(1, "")])

    def refuse(*_: object) -> None:
        raise next(problems)

    monkeypatch.setattr(confinement.syscalls, "call", refuse)
    confinement._filter_calls()
    confinement._filter_calls()
    with pytest.raises(OSError, match="Errno 1"):
        confinement._filter_calls()


@pytest.mark.root
def test_a_confined_thread_has_nothing_left() -> None:
    """All capability sets are empty, no privilege can be gained, and a filter is on; the process' other threads keep theirs."""
    code = (
        "import threading\n"
        "from jsquared.sandbox.linux.confinement import confine_thread\n"
        "seen = []\n"
        "def confined():\n"
        "    confine_thread()\n"
        "    seen.append(open('/proc/thread-self/status').read())\n"
        "thread = threading.Thread(target=confined); thread.start(); thread.join()\n"
        "print(seen[0], open('/proc/self/status').read(), sep='---')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    confined, others = (
        dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line) for text in done.stdout.split("---")
    )
    assert {int(confined[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert (confined["NoNewPrivs"], confined["Seccomp"]) == ("1", "2")
    assert (others["NoNewPrivs"], others["Seccomp"]) == ("0", "0")
    assert int(others["CapEff"], 16)
