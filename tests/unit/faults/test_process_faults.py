"""Kill, restart and pause: what they do to processes, and that their proofs do not hold when it did not happen."""

import signal
from typing import Any

import pytest

from jsquared.faults import kill, process_state
from jsquared.faults.catalogue import complete
from jsquared.faults.fault import ActiveFault, Fault
from jsquared.faults.kill import Kill, killed_evidence
from jsquared.faults.pause import Pause
from jsquared.faults.process_state import answers_again, is_reported
from jsquared.faults.restart import Restart
from jsquared.records.event_types import ProcessChanged
from jsquared.testing.fake_deployment import FakeDeployment

NODE = "redis-n1"


@pytest.fixture(autouse=True)
def _short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not come is not waited for as long as in a trial."""
    monkeypatch.setattr(process_state, "ANSWER_LIMIT_S", 0.2)


def inject(fault: Fault, fake: FakeDeployment, *targets: str, **parameters: Any) -> ActiveFault:
    """Start every process and break something."""
    fake.start()
    return fault.inject(fake.deployment, targets or ("primary",), complete(fault, parameters))


def states(fake: FakeDeployment, name: str = NODE) -> list[str]:
    """What became of a node's process, in order."""
    return [event.state for event in fake.recorded(ProcessChanged) if event.source == name]


def test_kill_ends_the_process_and_heals_by_starting_it(fake: FakeDeployment) -> None:
    """SIGKILL and silence are the proof; healing starts another process once, which answers."""
    active = inject(Kill(), fake)
    assert active.targets == [NODE]
    assert fake.deployment.process(NODE).returncode == -signal.SIGKILL
    fake.silence(NODE)
    bit = active.bit()
    assert (bit.ok, bit.sentence) == (True, f"{NODE} ended by SIGKILL and its port refuses connections")
    fake.servers[NODE].silent = False
    active.heal()
    active.heal()
    assert active.healed().ok
    assert states(fake) == ["started", "killed", "exited", "started"]


@pytest.mark.parametrize(
    "said", ["aof_enabled:0\r\n", "aof_pending_bio_fsync:0\r\naof_buffer_length:0\r\n", "aof_pending_bio_fsync:1\r\n"]
)
def test_a_crash_waits_for_a_running_fsync_but_not_for_ever(
    fake: FakeDeployment, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    """Where nothing waits for the disk the server is killed at once, and else a little later."""
    monkeypatch.setattr(kill, "FSYNC_WAIT_S", 0.02)
    fake.say(NODE, "INFO", said)
    inject(Kill(), fake, between_fsyncs=True)
    assert fake.deployment.process(NODE).returncode == -signal.SIGKILL
    fake.silence(NODE)
    kill.wait_for_fsync(fake.deployment, NODE)


def test_a_sentinel_has_no_fsync_to_wait_for(fake: FakeDeployment) -> None:
    """It is not asked, so one that is silent is killed as well."""
    fake.silence("sentinel-n1")
    inject(Kill(), fake, "sentinel:1", between_fsyncs=True)
    assert fake.deployment.process("sentinel-n1").returncode == -signal.SIGKILL


def test_a_killed_server_that_still_answers_did_not_bite(fake: FakeDeployment) -> None:
    """When something goes on answering at the address, clients lost nothing: no proof."""
    bit = inject(Kill(), fake).bit()
    assert not bit.ok
    assert "something still answers" in bit.sentence


@pytest.mark.parametrize("code", [None, 0, -signal.SIGTERM])
def test_another_end_is_no_kill(fake: FakeDeployment, code: int | None) -> None:
    """Only the kernel's report of SIGKILL is a proof; a server that ended otherwise, or not, was not killed."""
    assert not killed_evidence(fake.deployment, NODE, code).ok


def test_a_server_that_does_not_start_again_has_not_healed(fake: FakeDeployment) -> None:
    """A server that ends at once after its start is reported with its exit code."""
    active = inject(Kill(), fake)
    fake.replace_engine(NODE, "#!/bin/sh\nexit 3\n")
    active.heal()
    fake.deployment.process(NODE).wait()
    healed = active.healed()
    assert not healed.ok
    assert f"{NODE} ended with code 3" in healed.sentence


def test_a_server_that_stays_silent_has_not_healed(fake: FakeDeployment) -> None:
    """A process is not enough: a server that does not answer within the limit has not come back."""
    fake.start(NODE)
    fake.vanish(NODE)
    healed = answers_again(fake.deployment, NODE)
    assert not healed.ok
    assert "has not answered" in healed.sentence


def test_restart_makes_another_process_and_another_run_id(fake: FakeDeployment) -> None:
    """A new process id and a new run id are the proof, and then it answers."""
    active = inject(Restart(), fake, delay_ms=1, gently=False)
    fake.tell_role(NODE, NODE, run_id="another")
    bit = active.bit()
    assert bit.ok
    assert f"{NODE} became process {fake.deployment.process(NODE).pid}, run id another" in bit.sentence
    active.heal()
    assert active.healed().ok
    assert states(fake) == ["started", "killed", "exited", "started"]


@pytest.mark.parametrize("run_id", [NODE.ljust(40, "0"), ""])
def test_the_same_run_id_is_no_restart(fake: FakeDeployment, run_id: str) -> None:
    """A server that names the same run id as before, or none, was not shown to have restarted."""
    active = inject(Restart(), fake, delay_ms=0, gently=False)
    fake.tell_role(NODE, NODE, run_id=run_id)
    bit = active.bit()
    assert not bit.ok
    assert "is still process" in bit.sentence


def test_a_restart_that_never_answers_did_not_bite(fake: FakeDeployment) -> None:
    """A server that stays down was crashed, not restarted."""
    active = inject(Restart(), fake, delay_ms=0, gently=False)
    fake.vanish(NODE)
    assert not active.bit().ok
    assert not active.healed().ok


def test_pause_stops_the_process_and_heals_by_continuing_it(fake: FakeDeployment) -> None:
    """The kernel's reports are the proof, with silence while it lasts and an answer afterwards."""
    active = inject(Pause(), fake, "primary", "sentinel:1")
    fake.silence(NODE, "sentinel-n1")
    bit = active.bit()
    assert bit.ok
    assert bit.sentence.count("the kernel reports") == 2
    for name in active.targets:
        fake.servers[name].silent = False
    active.heal()
    active.heal()
    assert active.healed().ok
    assert states(fake) == ["started", "stopped", "continued"]


def test_a_stopped_server_that_still_answers_did_not_bite(fake: FakeDeployment) -> None:
    """When something goes on answering, nobody felt a hang: no proof."""
    bit = inject(Pause(), fake).bit()
    assert not bit.ok
    assert "still answers" in bit.sentence


def test_a_server_that_is_not_stopped_did_not_bite(fake: FakeDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else's SIGCONT before the look undoes the hang: the kernel reports no stop."""
    active = inject(Pause(), fake)
    assert is_reported(fake.deployment.process(NODE), "stopped")
    fake.deployment.process(NODE).send_signal(signal.SIGCONT)
    monkeypatch.setattr(process_state, "REPORT_LIMIT_S", 0.05)
    bit = active.bit()
    assert not bit.ok
    assert "was not stopped" in bit.sentence


def test_a_server_that_died_while_stopped_has_not_healed(fake: FakeDeployment) -> None:
    """A process that is gone cannot go on: it gets no signal, and healing is not shown."""
    active = inject(Pause(), fake)
    fake.deployment.process(NODE).kill()
    fake.deployment.process(NODE).wait()
    active.heal()
    healed = active.healed()
    assert not healed.ok
    assert "was not continued" in healed.sentence
    assert states(fake) == ["started", "stopped"]


def test_no_report_is_none(fake: FakeDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that just runs is neither stopped nor continued."""
    fake.start(NODE)
    monkeypatch.setattr(process_state, "REPORT_LIMIT_S", 0.05)
    assert not is_reported(fake.deployment.process(NODE), "stopped")
