"""Starved and limited processes are proven by the kernel's own word on them."""

import resource
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jsquared.errors import BadInputError
from jsquared.faults import cpu_starve, memory_limit, process_state
from jsquared.faults.cpu_starve import CpuStarve
from jsquared.faults.memory_limit import MemoryLimit
from jsquared.sandbox.linux import limits
from jsquared.testing.fake_deployment import FakeDeployment

NODE = "redis-n1"


@pytest.fixture(autouse=True)
def _short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not come is not waited for as long as in a trial."""
    monkeypatch.setattr(process_state, "ANSWER_LIMIT_S", 0.2)
    monkeypatch.setattr(memory_limit, "END_LIMIT_S", 0.2)
    monkeypatch.setattr(cpu_starve, "LOOKS", 100)


@pytest.fixture
def started(fake: FakeDeployment) -> FakeDeployment:
    """A deployment whose processes run."""
    fake.start()
    return fake


def starve(fake: FakeDeployment, **parameters: int) -> Any:
    """Take time away from the primary."""
    return CpuStarve().inject(fake.deployment, ["primary"], {"percent": 90, "period_ms": 50} | parameters)


def limit(fake: FakeDeployment, target: str = "primary", **parameters: int) -> Any:
    """Limit the memory of a node."""
    return MemoryLimit().inject(fake.deployment, [target], {"spare_mebibytes": 16} | parameters)


def test_a_starved_process_is_stopped_most_of_the_time(
    started: FakeDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel shows it stopped in many looks; after healing never, and it answers."""
    monkeypatch.setattr(cpu_starve, "MARGIN_PERCENT", 80)  # on a busy machine who takes the time gets little of it
    active = starve(started)
    bit = active.bit()
    active.heal()
    active.heal()
    assert bit.ok, bit.sentence
    assert active.healed().ok


def test_a_process_that_runs_on_was_not_starved(started: FakeDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signals that do not arrive are found out, and so is a process that has ended."""
    monkeypatch.setattr(started.deployment.process(NODE), "send_signal", lambda _: None)
    active = starve(started)
    assert not active.bit().ok
    active.heal()
    monkeypatch.undo()
    process = started.deployment.process(NODE)
    process.kill()
    process.wait()
    assert not active.bit().ok


def test_a_process_that_stays_stopped_did_not_heal(started: FakeDeployment) -> None:
    """Stopped by somebody else it is not well."""
    active = starve(started)
    active.heal()
    started.deployment.process(NODE).send_signal(signal.SIGSTOP)
    assert not active.healed().ok
    started.deployment.process(NODE).send_signal(signal.SIGCONT)


@pytest.mark.parametrize("parameters", [{"percent": 20}, {"percent": 100}, {"period_ms": 5}])
def test_shares_that_cannot_be_measured_are_refused(started: FakeDeployment, parameters: dict[str, int]) -> None:
    """Too little to be told from a busy machine, all of it, or turns that no timer keeps."""
    with pytest.raises(BadInputError, match="21 to 99 percent"):
        starve(started, **parameters)


def ended(fake: FakeDeployment, wait_until: Callable[..., None]) -> None:
    """End the primary's process as one does that finds no memory."""
    process = fake.deployment.process(NODE)
    process.send_signal(signal.SIGABRT)
    wait_until(lambda: process.poll() is not None)


def test_a_limited_process_ends_and_is_started_again(started: FakeDeployment, wait_until: Callable[..., None]) -> None:
    """The limit reads back, the server ends by itself, and a new one has no limit."""
    active = limit(started)
    pid = started.deployment.process(NODE).pid
    assert limits.memory_limit(pid) == active.details["limit_bytes"][NODE]
    assert [word.decode() for word in started.servers[NODE].received[-1][:2]] == ["SETRANGE", memory_limit.KEY]
    ended(started, wait_until)
    bit = active.bit()
    assert bit.ok
    assert "was asked to hold 96 MiB more and was killed by SIGABRT" in bit.sentence
    active.heal()
    healed = active.healed()
    assert healed.ok
    assert f"{NODE} may map as much as there is" in healed.sentence


def test_a_process_that_goes_on_did_not_run_out(started: FakeDeployment) -> None:
    """Without an end there is no proof; healing lifts the limit of the process that runs."""
    active = limit(started)
    bit = active.bit()
    assert not bit.ok
    assert bit.sentence.endswith("keeps running")
    assert not active.healed().ok
    active.heal()
    assert limits.memory_limit(started.deployment.process(NODE).pid) == resource.RLIM_INFINITY
    assert active.healed().ok


def test_a_process_that_another_fault_killed_is_left_to_it(started: FakeDeployment) -> None:
    """It did not end by itself: no proof, and no start."""
    active = limit(started)
    process = started.deployment.process(NODE)
    process.kill()
    process.wait()
    assert not active.bit().ok
    active.heal()
    assert started.deployment.process(NODE) is process


def test_what_holds_no_values_cannot_be_limited(started: FakeDeployment, tmp_path: Path) -> None:
    """A Sentinel takes no values, and no value is that large."""
    with pytest.raises(BadInputError, match="only data nodes"):
        limit(started, "sentinel:1")
    with pytest.raises(BadInputError, match="no value is larger"):
        limit(started, spare_mebibytes=300)
