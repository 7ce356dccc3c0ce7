"""Hanging again and again: counted by the kernel's reports, and nothing else."""

import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jsquared.errors import BadInputError
from jsquared.faults.flap import ActiveFlap, Flap
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.linux.local_process import LocalProcess

PARAMETERS = {"stop_ms": 5, "run_ms": 5, "count": 2}


class OneServer:
    """One real process that sleeps; ``deaf`` keeps signals from it."""

    def __init__(self, process: LocalProcess) -> None:
        self._process = process
        self.deaf = False
        self.plan = SimpleNamespace(nodes=[SimpleNamespace(name="redis-n1")])

    def process(self, name: str) -> LocalProcess:
        """The process."""
        return self._process

    def signal(self, name: str, number: Any, state: str) -> None:
        """Send it."""
        if not self.deaf:
            self._process.send_signal(number)

    def answers(self, name: str) -> bool:
        """It does while it runs."""
        return self._process.poll() is None


@pytest.fixture
def server() -> Iterator[OneServer]:
    """The process, ended afterwards."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        yield OneServer(LocalProcess("n1", process))
        process.kill()


def flap(server: OneServer) -> ActiveFlap:
    """Two short hangs, played to their end."""
    active = Flap().inject(cast("RunningDeployment", server), ["redis-n1"], PARAMETERS)
    active._thread.join(20)
    return active


def test_every_hang_is_counted(server: OneServer) -> None:
    """Two hangs were asked for and two were reported; then the server answers."""
    active = flap(server)
    bit = active.bit()
    assert bit.ok
    assert "2 of 2 times" in bit.sentence
    active.heal()
    assert active.healed().ok


def test_without_an_effect_it_did_not_bite(server: OneServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signals that do not arrive are no hangs."""
    monkeypatch.setattr("jsquared.faults.process_state.REPORT_LIMIT_S", 0.05)
    server.deaf = True
    bit = flap(server).bit()
    assert not bit.ok
    assert "0 of 2 times" in bit.sentence


def test_a_dead_server_did_not_hang(server: OneServer) -> None:
    """A process that has ended cannot be stopped, and is not signalled."""
    server.process("").kill()
    server.process("").wait()
    active = flap(server)
    assert not active.bit().ok
    active.heal()
    assert not active.healed().ok


def test_healing_cuts_it_short(server: OneServer) -> None:
    """Healed early, it hangs no further and says that it did not do what was asked."""
    long = {"stop_ms": 60_000, "run_ms": 60_000, "count": 3}
    active = Flap().inject(cast("RunningDeployment", server), ["redis-n1"], long)
    active.heal()
    assert not active.bit().ok
    assert active.healed().ok


def test_no_hang_is_refused(server: OneServer) -> None:
    """A count of 0 is an error in the scenario."""
    with pytest.raises(BadInputError, match="0 hangs"):
        Flap().inject(cast("RunningDeployment", server), ["redis-n1"], {**PARAMETERS, "count": 0})
