"""A restart with a delay: killed, silent for the delay, and another process afterwards, all by itself."""

import signal

import pytest

from jsquared.faults import process_state
from jsquared.faults.catalogue import complete
from jsquared.faults.fault import ActiveFault
from jsquared.faults.restart_with_delay import RestartWithDelay
from jsquared.records.event_types import ProcessChanged
from jsquared.testing.fake_deployment import FakeDeployment

NODE = "redis-n1"


@pytest.fixture(autouse=True)
def _short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not come is not waited for as long as in a trial."""
    monkeypatch.setattr(process_state, "ANSWER_LIMIT_S", 0.2)


def inject(fake: FakeDeployment, *, delay_ms: int = 0) -> ActiveFault:
    """Crash the primary."""
    fake.start(NODE)
    fault = RestartWithDelay()
    return fault.inject(fake.deployment, ["primary"], complete(fault, {"delay_ms": delay_ms}))


def states(fake: FakeDeployment) -> list[str]:
    """What became of the node's process, in order."""
    return [event.state for event in fake.recorded(ProcessChanged) if event.source == NODE]


def test_it_comes_back_by_itself(fake: FakeDeployment) -> None:
    """The supervisor starts it, it names another run id, and nothing is left to heal."""
    active = inject(fake)
    fake.tell_role(NODE, NODE, run_id="another")
    bit = active.bit()
    assert bit.ok, bit.sentence
    assert "came back with run id another" in bit.sentence
    active.heal()
    assert active.healed().ok
    assert states(fake) == ["started", "killed", "exited", "started"]


def test_something_that_answers_meanwhile_is_no_crash(fake: FakeDeployment) -> None:
    """Clients that were answered all the time felt nothing."""
    active = inject(fake, delay_ms=60)
    fake.tell_role(NODE, NODE, run_id="another")
    bit = active.bit()
    assert not bit.ok
    assert "something still answered" in bit.sentence


def test_the_same_run_id_is_no_restart(fake: FakeDeployment) -> None:
    """A server that names the same run id as before did not restart."""
    assert not inject(fake).bit().ok


def test_one_that_does_not_answer_did_not_come_back(fake: FakeDeployment) -> None:
    """A process is not enough."""
    active = inject(fake)
    fake.vanish(NODE)
    assert not active.bit().ok
    assert not active.healed().ok


def test_another_end_is_no_crash(fake: FakeDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the kernel's report of SIGKILL is a proof."""
    monkeypatch.setattr("jsquared.faults.restart_with_delay.kill_all", lambda *_, **__: end(fake))
    bit = inject(fake).bit()
    assert not bit.ok
    assert "was not killed" in bit.sentence


def end(fake: FakeDeployment) -> None:
    """End the process in good order."""
    fake.deployment.process(NODE).send_signal(signal.SIGTERM)
    fake.deployment.process(NODE).wait()
