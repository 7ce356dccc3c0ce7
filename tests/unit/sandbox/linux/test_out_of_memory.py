"""Whether the kernel ended a process for lack of memory: three witnesses, each of which may be missing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.sandbox.facets import MemoryCause
from jsquared.sandbox.linux.out_of_memory import MemoryWitness, cgroups_of, oom_kills

PID = 7
OTHER = b"6,1,1,-;usb 1-1: new device\n"
KILLED = b"3,2,2,-;Memory cgroup out of memory: Killed process 4711 (redis-server) total-vm:1kB\n"


class Machine:
    """A machine on paper: ``proc``, ``cgroups`` and ``kernel_log`` to look at."""

    def __init__(self, folder: Path) -> None:
        self.proc, self.cgroups, self.kernel_log = folder / "proc", folder / "cgroup", folder / "kmsg"
        (self.proc / str(PID)).mkdir(parents=True)

    def member(self, *lines: str) -> None:
        """The cgroups of the process."""
        (self.proc / str(PID) / "cgroup").write_text("\n".join(lines) + "\n")

    def count(self, file: str, kills: int) -> Path:
        """Let a cgroup's file say how many were killed."""
        path = self.cgroups / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"low 0\noom 5\noom_kill {kills}\n")
        return path

    def witness(self) -> MemoryWitness:
        """Whoever looks at it."""
        seen = MemoryWitness(proc=self.proc, cgroups=self.cgroups, kernel_log=self.kernel_log)
        seen.meet(PID)
        seen.meet(PID)
        return seen


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine that tells nothing."""
    return Machine(tmp_path)


@pytest.mark.parametrize(
    ("line", "file"),
    [
        ("0::/ci/job", "ci/job/memory.events"),
        ("0::/", "unified/memory.events"),
        ("4:cpu,memory:/ci/job", "memory/ci/job/memory.oom_control"),
    ],
)
def test_the_process_own_cgroup_proves_it(machine: Machine, line: str, file: str) -> None:
    """Of either version; what was counted before it began does not count, and one kill explains one end."""
    machine.member("9:pids:/", line, "nonsense")
    machine.count(file, 3)
    witness = machine.witness()
    assert witness.cause(PID, "redis-server") is None
    machine.count(file, 4)
    assert witness.cause(PID, "redis-server") == MemoryCause(True, f"cgroup {line.rpartition(':')[2]}")
    assert witness.cause(PID, "redis-server") is None


def test_the_kernel_log_names_the_program(machine: Machine) -> None:
    """What stood there before is passed over; another program's end proves nothing about this one."""
    machine.kernel_log.write_bytes(KILLED)
    witness = machine.witness()
    assert witness.cause(PID, "redis-server") is None
    with machine.kernel_log.open("ab") as log:
        log.write(OTHER + KILLED)
    assert witness.cause(PID, "python3") is None
    assert witness.cause(PID, "redis-server") == MemoryCause(True, "kernel log")
    assert witness.cause(PID, "redis-server") is None
    witness.close()
    witness.close()


def test_records_that_were_overwritten_are_passed_over(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel says EPIPE once for what is gone, and EAGAIN where there is no more."""
    machine.kernel_log.write_bytes(b"")
    witness = machine.witness()
    said: list[Callable[[], bytes]] = []

    def gone() -> bytes:
        raise BrokenPipeError

    def no_more() -> bytes:
        raise BlockingIOError

    said += [gone, lambda: KILLED, no_more]
    monkeypatch.setattr("jsquared.sandbox.linux.out_of_memory.os.read", lambda *_: said.pop(0)())
    cause = witness.cause(PID, "redis-server")
    monkeypatch.undo()
    assert cause == MemoryCause(True, "kernel log")
    assert said == []


def test_the_machine_s_own_counter_is_a_hint(machine: Machine) -> None:
    """Somebody was killed for lack of memory; that it was this process is not proven."""
    (machine.proc / "vmstat").write_text("pgfault 1\noom_kill 3\n")
    witness = machine.witness()
    (machine.proc / "vmstat").write_text("pgfault 1\noom_kill 5\n")
    cause = witness.cause(PID, "redis-server")
    assert cause == MemoryCause(False, "the kernel killed 2 processes of this machine for lack of memory meanwhile")


def test_what_is_missing_or_strange_says_nothing(machine: Machine) -> None:
    """A process that is gone, files that are not there, numbers that are none."""
    assert machine.witness().cause(PID, "redis-server") is None
    assert cgroups_of(99, machine.proc, machine.cgroups) == []
    machine.member("0::/gone")
    assert cgroups_of(PID, machine.proc, machine.cgroups) == []
    strange = machine.proc / "vmstat"
    strange.write_text("oom_kill many\n")
    assert oom_kills(strange) == 0
    strange.write_text("pgfault 1\n")
    assert oom_kills(strange) == 0


def test_this_machine_can_be_asked() -> None:
    """Whatever it has of these, asking does no harm."""
    witness = MemoryWitness()
    witness.meet(1)
    assert isinstance(witness.cause(1, "no such program"), MemoryCause | None)
    witness.close()
