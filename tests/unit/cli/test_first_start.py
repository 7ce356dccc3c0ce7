"""The first start after a set-up: told of until something else is seen."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from jsquared.cli import first_start
from jsquared.cli.first_start import VARIABLE, begin_first_start, end_first_start

SLOW = """
import sys
from jsquared import __main__ as door
from jsquared.cli import first_start, main
first_start.begin_first_start.__defaults__ = (0.01,)
def slow():
    from jsquared.cli.first_start import end_first_start
    signal.pause()
    end_first_start()
    return 5
import signal
door._load = lambda: slow
sys.exit(door.main())
"""


@pytest.fixture
def timer_kept() -> Iterator[None]:
    """The timer and its handler are as before; the tests' own limit of time uses them too."""
    handler = signal.getsignal(signal.SIGALRM)
    left = signal.setitimer(signal.ITIMER_REAL, 0)
    yield
    end_first_start()
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, *left)


def test_a_slow_first_start_says_that_it_goes_on() -> None:
    """Whoever has set everything up just now sees a line; the exit code is the command's."""
    done = subprocess.run(
        [sys.executable, "-c", SLOW], env={**os.environ, VARIABLE: "1"}, capture_output=True, text=True, check=False
    )
    lines = done.stderr.splitlines()
    assert done.returncode == 5, done.stderr
    assert lines
    assert set(lines) == {"  starting for the first time, 0 s"}


@pytest.mark.usefixtures("timer_kept")
def test_other_starts_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the word of scripts/run there is no timer, and someone else's is left alone."""
    monkeypatch.delenv(VARIABLE, raising=False)
    signal.setitimer(signal.ITIMER_REAL, 1000)
    begin_first_start()
    end_first_start()
    assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
    signal.setitimer(signal.ITIMER_REAL, 0)


@pytest.mark.usefixtures("timer_kept")
def test_it_ends_with_what_is_seen_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The timer is off, no process that is started later tells of it, and a line that comes too late is none."""
    monkeypatch.setenv(VARIABLE, "1")
    begin_first_start(1000)
    assert VARIABLE not in os.environ
    assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
    end_first_start()
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    monkeypatch.setattr(first_start.os, "write", pytest.fail)
    signal.raise_signal(signal.SIGALRM)


@pytest.mark.usefixtures("timer_kept")
def test_nobody_who_listens_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed stderr is no reason to fail."""
    monkeypatch.setenv(VARIABLE, "1")

    def refuse(*_: object) -> int:
        raise BrokenPipeError

    monkeypatch.setattr(first_start.os, "write", refuse)
    begin_first_start(1000)
    signal.raise_signal(signal.SIGALRM)
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
