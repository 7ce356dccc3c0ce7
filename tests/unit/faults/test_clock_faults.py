"""Clock faults are proven by the server's own word on the time; a clock that does not move is found out."""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from jsquared.errors import BadInputError
from jsquared.faults import clock_skew, clocks
from jsquared.faults.clock_skew import ClockSkew
from jsquared.faults.clock_step import ClockStep
from jsquared.records.event_types import NodeClockSet
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.linux.shim import Control
from jsquared.sandbox.linux.this_machine import LocalFolder, LocalPages, page_of

NODES = ("redis-n1", "sentinel-n1")


class Servers:
    """Servers that say the time that their page shows; ``deaf`` ones the true one, ``old`` ones only to TIME, late ones one later."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.deaf: set[str] = set()
        self.old = False
        self.late = 0
        self.recorded: list[NodeClockSet] = []
        self.plan = SimpleNamespace(
            scenario="clock-step", needs=("clock",), nodes=[SimpleNamespace(name=name) for name in NODES]
        )
        self.sandbox = SimpleNamespace(clock=LocalPages())
        self.events = SimpleNamespace(add=self.recorded.append)
        for name in NODES:
            Control(page_of(self.folder(name))).close()

    def folder(self, name: str) -> LocalFolder:
        """A node's folder."""
        return LocalFolder(self._folder / name)

    def ask(self, name: str, *words: str) -> Any:
        """INFO or TIME."""
        with Control(page_of(self.folder(name))) as page:
            step_ns, *_ = page._adjustment()
            shown_ns = time.time_ns() + step_ns + page._drift_ns()
        if name in self.deaf or self.late:
            self.late = max(0, self.late - 1)
            shown_ns = time.time_ns()
        if words == ("TIME",):
            return [str(shown_ns // 10**9), str(shown_ns % 10**9 // 1000)]
        return "redis_version:6.0\r\n" if self.old else f"server_time_usec:{shown_ns // 1000}\r\n"


@pytest.fixture
def servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Servers:
    """A data node and a Sentinel; answers are exact, so little needs to be waited for."""
    monkeypatch.setattr(clocks, "READ_LIMIT_S", 0.2)
    return Servers(tmp_path)


def inject(fault: Any, servers: Servers, *targets: str, **parameters: str) -> Any:
    """Break the clocks of the targets."""
    defaults = {parameter.name: parameter.default for parameter in fault.parameters}
    return fault.inject(cast("RunningDeployment", servers), targets or NODES, defaults | parameters)


@pytest.mark.parametrize("step_ms", ["3600000", "-5000"])
@pytest.mark.parametrize("old", [False, True])
def test_a_step_is_shown_and_taken_back(servers: Servers, step_ms: str, old: bool) -> None:
    """Each server's time moves by the step; after healing it is the lab's, and both changes are recorded."""
    servers.old = old
    active = inject(ClockStep(), servers, step_ms=step_ms)
    bit = active.bit()
    assert bit.ok, bit.sentence
    assert list(active.targets) == list(NODES)
    active.heal()
    active.heal()
    assert active.healed().ok
    ahead = [event.ahead_ms for event in servers.recorded if event.source == NODES[0]]
    assert ahead[:2] == [int(step_ms), 0]


def test_a_clock_that_does_not_move_did_not_bite(servers: Servers) -> None:
    """One server that still says the true time is enough; and a clock that stays wrong did not heal."""
    servers.deaf = {"sentinel-n1"}
    active = inject(ClockStep(), servers)
    assert not active.bit().ok
    assert not active.healed().ok


def test_an_answer_from_before_is_asked_again(servers: Servers) -> None:
    """A server that answers with a time that it kept from before is given a moment."""
    active = inject(ClockStep(), servers, "redis-n1")
    servers.late = 3
    assert active.bit().ok


def test_a_skew_grows_and_is_taken_back(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that gains as fast as asked is proven once that can be told."""
    active = inject(ClockSkew(), servers, rate_ppm="500000")
    assert not active.bit().ok, "nothing can be told yet"
    monkeypatch.setattr(clock_skew, "STALE_MS", 0.001)
    assert active.bit().ok
    active.heal()
    assert active.healed().ok
    servers.deaf = set(NODES)
    deaf = inject(ClockSkew(), servers, rate_ppm="10000000")
    began = time.monotonic()
    while time.monotonic() - began < 0.05:
        pass
    assert not deaf.bit().ok


@pytest.mark.parametrize(
    ("fault", "parameters", "words"),
    [
        (ClockStep(), {"step_ms": "soon"}, "'soon' is not a whole number"),
        (ClockStep(), {"step_ms": "0"}, "'0' is not a whole number"),
        (ClockStep(), {"step_ms": "-200"}, "less than 300 ms"),
        (ClockSkew(), {"rate_ppm": "fast"}, "'fast' is not a whole number"),
        (ClockSkew(), {"rate_ppm": "-1000000"}, "out of range"),
    ],
)
def test_bad_parameters_are_said(servers: Servers, fault: Any, parameters: dict[str, str], words: str) -> None:
    """One line with what is wrong, before anything is broken."""
    with pytest.raises(BadInputError, match=words):
        inject(fault, servers, **parameters)
    assert servers.recorded == []


def test_servers_without_the_means_are_said(servers: Servers) -> None:
    """A plan that does not ask for clocks has servers whose clock cannot be set."""
    servers.plan.needs = ("process",)
    with pytest.raises(BadInputError, match="whose needs contain 'clock'"):
        inject(ClockStep(), servers)
