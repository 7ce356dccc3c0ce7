"""Who is stopped by somebody outside is told apart from whom a fault stops, and from who is only stopped for a moment."""

import signal

import pytest

from jsquared.faults.cpu_starve import CpuStarve
from jsquared.observe.stop_watch import LOOKS, StopWatch
from jsquared.records.event_types import Ended
from jsquared.running.lives import Hold
from jsquared.testing.fake_deployment import FakeDeployment
from jsquared.testing.sandbox_means import wait

NODE = "redis-n1"


class Watched:
    """A deployment whose servers run, a watch that looks when it is told to, and how often it saw somebody outside at work."""

    def __init__(self, fake: FakeDeployment) -> None:
        fake.start()
        self.deployment, self.fake, self.outside = fake.deployment, fake, 0
        self.process = fake.deployment.process(NODE)
        self.watch = StopWatch(fake.deployment, fake.events, self._count)

    def _count(self) -> None:
        self.outside += 1

    def look(self, times: int) -> list[str]:
        """Whom it has named after so many looks more."""
        for _ in range(times):
            self.watch.look()
        return [event.source for event in self.fake.recorded(Ended) if event.by in {"SIGSTOP", "SIGCONT"}]

    def send(self, number: signal.Signals) -> None:
        """As somebody outside does, until the kernel shows it."""
        self.process.send_signal(number)
        wait(lambda: (self.process.state() == "T") == (number == signal.SIGSTOP), "the signal has no effect")


@pytest.fixture
def watched(fake: FakeDeployment) -> Watched:
    """All of it."""
    return Watched(fake)


def test_who_is_stopped_from_outside_is_named_once(watched: Watched) -> None:
    """Not at the first look, and never again."""
    watched.send(signal.SIGSTOP)
    assert watched.look(LOOKS - 1) == []
    assert watched.look(1) == watched.look(3) == [NODE]
    assert watched.outside == 1


def test_a_short_stop_is_not_named(watched: Watched) -> None:
    """Who goes on in between is counted from the beginning."""
    for _ in range(2):
        watched.send(signal.SIGSTOP)
        assert watched.look(LOOKS - 1) == []
        watched.send(signal.SIGCONT)
        assert watched.look(1) == []


def test_whom_a_fault_stops_is_not_named(watched: Watched) -> None:
    """Until it is let go on; who is stopped then was stopped by somebody else."""
    watched.deployment.signal(NODE, signal.SIGSTOP, "stopped")
    wait(lambda: watched.process.state() == "T", "it goes on")
    assert watched.look(2 * LOOKS) == []
    watched.deployment.signal(NODE, signal.SIGCONT, "continued")
    wait(lambda: watched.process.state() != "T", "it stays stopped")
    watched.send(signal.SIGSTOP)
    assert watched.look(LOOKS) == [NODE]


def test_whom_a_fault_stops_and_somebody_lets_go_on_is_named_once(watched: Watched) -> None:
    """Only once it was seen stopped: a signal may be on its way for a while."""
    watched.deployment.lives.hold(NODE, Hold.STOPPED)
    assert watched.look(2 * LOOKS) == []
    watched.deployment.signal(NODE, signal.SIGSTOP, "stopped")
    wait(lambda: watched.process.state() == "T", "it goes on")
    assert watched.look(1) == []
    watched.send(signal.SIGCONT)
    assert watched.look(LOOKS - 1) == []
    assert watched.look(1) == watched.look(3) == [NODE]
    assert watched.fake.recorded(Ended)[-1].by == "SIGCONT"
    assert watched.outside == 1


def test_whom_a_fault_stops_and_then_ends_is_not_named(watched: Watched) -> None:
    """Its end is the lab's order, however long it takes."""
    watched.deployment.signal(NODE, signal.SIGSTOP, "stopped")
    wait(lambda: watched.process.state() == "T", "it goes on")
    assert watched.look(1) == []
    watched.deployment.signal(NODE, signal.SIGKILL, "killed")
    watched.process.wait()
    assert watched.look(2 * LOOKS) == []


def test_whom_a_fault_keeps_from_running_is_not_named(watched: Watched) -> None:
    """However often it is found stopped; afterwards it is watched again."""
    active = CpuStarve().inject(watched.deployment, ["primary"], {"percent": 90, "period_ms": 50})
    named = [watched.look(1) for _ in range(200)]
    active.heal()
    assert named == [[]] * 200
    watched.send(signal.SIGSTOP)
    assert watched.look(LOOKS) == [NODE]
