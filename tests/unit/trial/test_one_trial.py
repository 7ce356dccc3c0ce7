"""One trial, told by servers that are scripted and clients that are real, and all the ways in which it can end early."""

import errno
import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from jsquared.errors import InterruptedTrialError, LabError, RecordError, StandUpError
from jsquared.records.event_types import Converged, FaultProof, Phase, ProcessChanged, StandUpFailed
from jsquared.records.events import append_event
from jsquared.records.plan import Ack, Plan, PlannedFault, PlannedObjective, Workload
from jsquared.running.deployment import RunningDeployment
from jsquared.testing.fake_deployment import FakeDeployment, fake_deployment
from jsquared.trial import one_trial as module
from jsquared.trial.load import Load
from jsquared.trial.one_trial import conclude, recovery_test, run_trial, settle
from support.record_plan import other_group
from support.sample_run import write_sample_run

KILL = PlannedFault(
    id="crash", name="kill", targets=("sentinel:3",), start="100 ms after load", heal="100 ms after injection"
)


@pytest.fixture
def ready(tmp_path: Path) -> Iterator[FakeDeployment]:
    """A deployment whose trial has not begun."""
    folder = tmp_path / "ready"
    folder.mkdir()
    changes: dict[str, Any] = {
        "faults": (KILL,),
        "ack": Ack(),
        "workload": Workload(rate_per_s=200),
        "objectives": (PlannedObjective(name="lost_writes", limit=0, unit="writes", reason="nothing was broken"),),
        "expect_failover": False,
        "minimum_acknowledged": 10,
        "recovery": "steady",
    }
    with fake_deployment(folder, **changes) as deployment:
        deployment.events.close()
        deployment.run.events_file.unlink()
        yield deployment


def test_a_trial_from_beginning_to_end(ready: FakeDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand up, load, break, heal, settle, read back, check and report, in this order, with a verdict at the end."""
    monkeypatch.setattr(module, "AFTER_HEAL_S", 0.01)
    monkeypatch.setattr(module.StallWatch, "felt", lambda *_: None)  # a busy machine is not what is tested here
    send, start = RunningDeployment.signal, RunningDeployment.start

    def signal_and_fall_silent(deployment: RunningDeployment, name: str, number: signal.Signals, state: str) -> None:
        send(deployment, name, number, state)
        ready.silence(name)

    def start_and_answer(deployment: RunningDeployment, name: str, *, reason: str = "") -> "subprocess.Popen[bytes]":
        ready.servers[name].silent = False
        return start(deployment, name, reason=reason)

    monkeypatch.setattr(RunningDeployment, "signal", signal_and_fall_silent)
    monkeypatch.setattr(RunningDeployment, "start", start_and_answer)
    for replica in ("redis-n2", "redis-n3"):
        ready.servers[replica].keys = ready.servers["redis-n1"].keys
    verdict = run_trial(ready.plan, ready.placement, ready.run, ready.sandbox, repeats=["attempt 1 was disturbed"])
    assert (verdict.attempts, verdict.repeats) == (2, ["attempt 1 was disturbed"])
    assert "attempt 1 was disturbed" in ready.run.report_file.read_text(encoding="utf-8")
    phases = [event.phase for event in ready.recorded(Phase)]
    assert phases == ["stand-up", "load", "break", "settle", "load-end", "read-back", "done"]
    assert (verdict.outcome, verdict.writes.lost) == ("pass", 0), verdict.reasons
    assert verdict.writes.acknowledged is not None
    assert verdict.writes.acknowledged >= 10
    assert [event.ok for event in ready.recorded(FaultProof)] == [True, True]
    assert ready.run.report_file.exists()
    assert ready.run.parquet_file.exists()
    assert json.loads(ready.run.verdict_file.read_text())["run_dir"] == str(ready.run.path)


def raises(problem: BaseException) -> Callable[..., None]:
    """A first six steps that end so."""

    def play(*_: object) -> None:
        raise problem

    return play


def test_an_interrupted_trial_is_judged_by_what_there_is(
    ready: FakeDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C leaves history, verdict and report, and says that it was one."""
    monkeypatch.setattr(module, "_play", raises(KeyboardInterrupt()))
    with pytest.raises(InterruptedTrialError):
        run_trial(ready.plan, ready.placement, ready.run, ready.sandbox)
    assert ready.recorded(Phase)[-1].phase == "interrupted"
    assert json.loads(ready.run.verdict_file.read_text())["outcome"] == "inconclusive"
    assert ready.run.report_file.exists()


@pytest.mark.parametrize(
    ("problem", "expected"),
    [(LabError("redis-n1 ended"), LabError), (OSError(errno.ENOSPC, "No space left on device"), RecordError)],
)
def test_a_failed_trial_has_no_verdict(
    ready: FakeDeployment, monkeypatch: pytest.MonkeyPatch, problem: Exception, expected: type[Exception]
) -> None:
    """When the lab fails nothing is said about Redis; events tell that it did."""
    monkeypatch.setattr(module, "_play", raises(problem))
    with pytest.raises(expected):
        run_trial(ready.plan, ready.placement, ready.run, ready.sandbox)
    assert ready.recorded(Phase)[-1].phase == "failed"
    assert not ready.run.verdict_file.exists()


def killed(fake: FakeDeployment, name: str) -> None:
    """Somebody outside kills a node, whose start is recorded, once the load is on."""
    text, pause = "", threading.Event()
    while '"phase": "load"' not in text:
        pause.wait(0.005)
        text = fake.run.events_file.read_text() if fake.run.events_file.exists() else ""
    started = [event.pid for event in fake.recorded(ProcessChanged) if event.source == name]
    os.kill(started[-1], signal.SIGKILL)


def test_a_trial_ends_early_when_somebody_outside_kills_a_server(ready: FakeDeployment) -> None:
    """Load and processes are ended as ever, nothing is read back, and the verdict says why."""
    threading.Thread(target=killed, args=(ready, "redis-n2"), daemon=True).start()
    verdict = run_trial(ready.plan, ready.placement, ready.run, ready.sandbox)
    assert (verdict.outcome, verdict.reasons) == (
        "inconclusive",
        ["redis-n2 was killed by SIGKILL from outside (out of memory?)"],
    )
    phases = [event.phase for event in ready.recorded(Phase)]
    assert phases[-2:] == ["load-end", "ended-early"]
    assert "read-back" not in phases
    assert ready.run.report_file.exists()


@pytest.mark.parametrize("problem", [LabError("is not connected to the primary"), StandUpError("redis-n1 ended")])
def test_what_fails_because_of_a_kill_from_outside_is_not_the_lab_s_failure(
    ready: FakeDeployment, monkeypatch: pytest.MonkeyPatch, problem: LabError
) -> None:
    """Whoever notices it first, the kill is the reason."""

    def play(_plan: Plan, _run: object, deployment: RunningDeployment, *_: object) -> None:
        process = deployment.start("redis-n1")
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        raise problem

    monkeypatch.setattr(module, "_play", play)
    verdict = run_trial(ready.plan, ready.placement, ready.run, ready.sandbox)
    assert verdict.reasons == ["redis-n1 was killed by SIGKILL from outside (out of memory?)"]
    assert ready.recorded(StandUpFailed) == []


def test_load_ends_when_the_faults_cannot_be_played(ready: FakeDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever stops the schedule, clients are ended before the trial is."""

    def fail(*_: object, **__: object) -> None:
        raise LabError("no such fault")

    monkeypatch.setattr(module, "Conductor", fail)
    with pytest.raises(LabError, match="no such fault"):
        run_trial(ready.plan, ready.placement, ready.run, ready.sandbox)
    assert [event.phase for event in ready.recorded(Phase)] == ["stand-up", "load", "load-end", "failed"]


def test_a_killed_run_is_concluded_from_its_folder(tmp_path: Path) -> None:
    """Verdict and report need only the folder."""
    run = write_sample_run(tmp_path / "run", "killed")
    append_event(run.events_file, Phase("ended-early"))
    assert conclude(run).outcome == "inconclusive"
    assert run.verdict_file.exists()
    assert run.report_file.exists()


class ToldLoad:
    """A load that says what it is told."""

    def __init__(self) -> None:
        self.began_s = 100.0
        self.ended = 0
        self.moved_from: list[tuple[str, tuple[str, ...]]] = []
        self.steady: list[float] = []
        self.served: list[tuple[str, ...]] = []

    def end(self) -> None:
        """Count."""
        self.ended += 1

    def acknowledged_elsewhere_than(self, node: str, clients: tuple[str, ...]) -> bool:
        """Note the question."""
        self.moved_from.append((node, clients))
        return True

    def steady_since(self, since_s: float) -> bool:
        """Note the question."""
        self.steady.append(since_s)
        return True

    def served_since(self, since_s: float, clients: tuple[str, ...]) -> bool:
        """The third time it is asked."""
        self.served.append(clients)
        return len(self.served) > 2


def plan_with(fake: FakeDeployment, **changes: Any) -> Plan:
    """The plan with changes."""
    return msgspec.structs.replace(fake.plan, **changes)


@pytest.mark.parametrize("named", [True, False])
def test_writes_elsewhere_are_recovery(fake: FakeDeployment, named: bool) -> None:
    """Only clients that a failover is asked for count; all of them where none is named."""
    clients = ("client-2",) if named else ()
    objective = PlannedObjective(name="failover", limit=1, unit="ms", reason="", clients=clients)
    load = ToldLoad()
    recovered = recovery_test(
        plan_with(fake, recovery="writes", objectives=(objective,)), fake.deployment, cast("Load", load)
    )
    assert recovered()
    assert load.moved_from == [("redis-n1", clients or ("client-1", "client-2"))]


def test_a_promotion_is_recovery_where_no_write_can_be(fake: FakeDeployment) -> None:
    """Another primary by majority counts; the old one or none does not."""
    recovered = recovery_test(plan_with(fake, recovery="promotion"), fake.deployment, cast("Load", ToldLoad()))
    assert not recovered()
    for sentinel in ("sentinel-n1", "sentinel-n2"):
        fake.tell_vote(sentinel, None)
    assert not recovered()
    fake.converge("redis-n3")
    assert recovered()


def test_service_as_usual_is_recovery_where_no_failover_is_asked(fake: FakeDeployment) -> None:
    """Steady service is looked for from two seconds after the load began."""
    load = ToldLoad()
    assert recovery_test(plan_with(fake, recovery="steady"), fake.deployment, cast("Load", load))()
    assert load.steady == [102.0]


@pytest.mark.parametrize(("limit_s", "ended"), [(60.0, False), (-1.0, True)])
def test_settling_ends_the_load_in_time(
    fake: FakeDeployment, monkeypatch: pytest.MonkeyPatch, limit_s: float, ended: bool
) -> None:
    """A deployment that does not converge is loaded for a while, then left in peace; it never counts as settled."""
    monkeypatch.setattr(module, "LOAD_AFTER_HEAL_LIMIT_S", limit_s)
    fake.tell_vote("sentinel-n1", "redis-n2")
    load = ToldLoad()
    settle(plan_with(fake, settle_limit_ms=200), fake.deployment, cast("Load", load))
    assert bool(load.ended) is ended
    [converged] = fake.recorded(Converged)
    assert (converged.ok, converged.stage) == (False, "settle")


@pytest.mark.parametrize("asked", [True, False])
def test_clients_that_must_resume_are_waited_for(
    fake: FakeDeployment, monkeypatch: pytest.MonkeyPatch, asked: bool
) -> None:
    """Where writes must resume, the load goes on until those clients are served; else only for its usual while."""
    monkeypatch.setattr(module, "AFTER_HEAL_S", 0.0)
    resume = PlannedObjective(
        name="writes_resume_after_heal", limit=60_000, unit="ms", reason="", clients=("client-2",)
    )
    load = ToldLoad()
    settle(plan_with(fake, objectives=(resume,) if asked else ()), fake.deployment, cast("Load", load))
    assert load.served == [("client-2",)] * (3 if asked else 0)
    assert not load.ended


@pytest.mark.parametrize(("limit_ms", "ended"), [(60_000, False), (0, True)])
def test_load_goes_on_for_as_long_as_writes_may_take_to_resume(
    fake: FakeDeployment, monkeypatch: pytest.MonkeyPatch, limit_ms: float, ended: bool
) -> None:
    """A limit on resumption that is longer than the usual load keeps the clients writing."""
    monkeypatch.setattr(module, "LOAD_AFTER_HEAL_LIMIT_S", -1.0)
    monkeypatch.setattr(module, "AFTER_HEAL_S", 0.0)
    fake.tell_vote("sentinel-n1", "redis-n2")
    resume = PlannedObjective(name="writes_resume_after_heal", limit=limit_ms, unit="ms", reason="")
    load = ToldLoad()
    settle(plan_with(fake, settle_limit_ms=200, objectives=(resume,)), fake.deployment, cast("Load", load))
    assert bool(load.ended) is ended


def test_recovery_waits_for_every_primary_where_all_are_asked_for(fake: FakeDeployment) -> None:
    """Writes elsewhere are not enough while another primary has no successor: its old one would return too early."""
    asked = PlannedObjective(name="all_failed_over", limit=1, unit="ms", reason="fair")
    plan = plan_with(
        fake, recovery="promotion", objectives=(asked,), nodes=(*fake.plan.nodes, *other_group("sessions"))
    )
    plan = msgspec.structs.replace(plan, master_name="mymaster")
    named = {"mymaster": "redis-n2", "sessions": "redis-m1"}
    deployment = cast("RunningDeployment", SimpleNamespace(primary=lambda master="mymaster": named[master]))
    recovered = recovery_test(plan, deployment, cast("Load", ToldLoad()))
    assert not recovered()
    named["sessions"] = ""
    assert not recovered()
    named["sessions"] = "redis-m2"
    assert recovered()
