"""What proves that a trial was stopped from outside: only the kernel's word, for long, of the trial's own processes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.campaign.executors.stopped import LOOK_S, LOOKS, QUIET_S, StopWitness
from jsquared.records.sources import TRIAL_PROCESS

Process = Callable[..., None]


class Clock:
    """A clock that is set by hand."""

    now_s = 100.0

    def __call__(self) -> float:
        """What it shows."""
        return self.now_s


@pytest.fixture
def process(tmp_path: Path) -> Process:
    """``process(pid, state, parent, name)``: what the kernel says of a process."""

    def say(pid: int, state: str, parent: int = 1, name: str = TRIAL_PROCESS) -> None:
        (tmp_path / str(pid)).mkdir(exist_ok=True)
        (tmp_path / str(pid) / "stat").write_text(f"{pid} ({name}) {state} {parent} 1 1\n")

    (tmp_path / "sys").mkdir()
    (tmp_path / "77").mkdir()
    return say


def looks(witness: StopWitness, clock: Clock, count: int) -> list[bool]:
    """What it says at so many looks, one after the other."""
    found = []
    for _ in range(count):
        clock.now_s += LOOK_S
        found.append(witness.proves())
    return found


@pytest.mark.parametrize(
    ("first", "second", "third", "proven"),
    [
        (("T",), ("S", 10), ("S", 11), True),
        (("S",), ("T", 10), ("S", 11), True),
        (("S",), ("S", 10), ("T", 11), True),
        (("S",), ("S", 10), ("T", 11, "redis-server"), False),
        (("S",), ("S", 10, "redis-server"), ("T", 11), False),
        (("S",), ("T", 1), ("T", 1), False),
        (("t",), ("D", 10), ("R", 11), False),
    ],
)
def test_only_a_process_of_the_trial_that_is_stopped_proves_it(
    tmp_path: Path, process: Process, first: tuple[str], second: tuple[str, int], third: tuple[str, int], proven: bool
) -> None:
    """Supervisors and what they supervise; not servers that a fault stops, other trials, nor what a debugger holds."""
    clock = Clock()
    witness = StopWitness(10, clock, tmp_path)
    for pid, told in ((10, first), (11, second), (12, third)):
        process(pid, *told)
    assert not witness.proves()
    clock.now_s += QUIET_S
    assert looks(witness, clock, LOOKS) == [False] * (LOOKS - 1) + [proven]


def test_whoever_goes_on_begins_anew(tmp_path: Path, process: Process) -> None:
    """A process that was continued, and a trial that records something, are counted from the beginning; so is a look after a long pause."""
    clock = Clock()
    witness = StopWitness(10, clock, tmp_path)
    process(10, "T")
    clock.now_s += QUIET_S
    assert not any(looks(witness, clock, LOOKS - 1))
    process(10, "S")
    assert not any(looks(witness, clock, 1))
    process(10, "T")
    assert not any(looks(witness, clock, LOOKS - 1))
    witness.moved()
    clock.now_s += QUIET_S + 1000
    assert not any(looks(witness, clock, LOOKS - 1))
    assert looks(witness, clock, 1) == [True]
