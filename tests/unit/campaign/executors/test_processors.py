"""How busy the processors are, from the kernel's own account of them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jsquared.campaign.executors import processors
from jsquared.campaign.executors.processors import BUSY_SHARE, WINDOW_S, Processors, processor_times


class Machine:
    """Two processors whose time passes as a test says; ``busy`` is the share of it that is in use."""

    def __init__(self) -> None:
        self.at_s = 100.0
        self.busy = self.whole = 0
        self.processors = Processors(now_s=lambda: self.at_s, times=lambda: (self.busy, self.whole))

    def passes(self, seconds: float, share: float) -> Iterator[bool]:
        """For each look in that time, whether there was time left."""
        for _ in range(round(seconds / 0.05)):
            self.at_s += 0.05
            self.whole += 1000
            self.busy += round(1000 * share)
            yield self.processors.have_time()


@given(st.floats(0, 1))
def test_time_is_left_where_a_second_showed_it(share: float) -> None:
    """Before a whole second was looked at there is none; then it depends on how much was in use."""
    seen = list(Machine().passes(2 * WINDOW_S, share))
    assert not any(seen[:15])
    assert all(has is (round(1000 * share) / 1000 <= BUSY_SHARE) for has in seen[25:])


def test_a_second_ago_is_forgotten() -> None:
    """What counts is the last second, and after a start what came since."""
    machine = Machine()
    assert list(machine.passes(5, 1.0))[-1] is False
    assert list(machine.passes(2, 0.5))[-1] is True
    machine.processors.forget()
    assert not any(machine.passes(0.9, 0.0))
    assert list(machine.passes(0.5, 0.0))[-1] is True


def test_the_kernel_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only processors that this process may run on count, and waiting for a disk is no work; a machine that hides them is never busy."""
    text = "cpu 9 9 9 9 9 9 9 9 9 9\ncpu0 1 2 3 100 50 4 5 6 1 2\ncpu1 9 9 9 9 9 9 9 9 9 9\ncpu12 0 0 1 2 0 0 0 0 0 0\nintr 1\n"
    (tmp_path / "stat").write_text(text)
    monkeypatch.setattr(processors, "STAT", tmp_path / "stat")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 12})
    assert processor_times() == (1 + 2 + 3 + 4 + 5 + 6 + 1, 171 + 3)
    monkeypatch.setattr(processors, "STAT", tmp_path / "none")
    assert processor_times() == (0, 0)
    hidden = Machine()
    hidden.processors.times = processor_times
    assert list(hidden.passes(1.5, 1.0))[-1] is True


def test_time_passes_on_this_machine() -> None:
    """The whole time grows, and what is in use is a part of it."""
    busy, whole = processor_times()
    assert 0 < busy < whole
