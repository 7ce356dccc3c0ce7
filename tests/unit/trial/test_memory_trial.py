"""A whole trial in a sandbox whose hosts are in memory: no part of the lab uses a path, a process or a network of this machine for them."""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from jsquared.records.event_types import FaultBit, FaultHealed, Phase, ProcessChanged, SentinelEvent
from jsquared.records.plan import Ack, Plan, PlannedFault, PlannedObjective, Workload
from jsquared.records.run_directory import RunDirectory
from jsquared.testing.fake_plan import fake_placement, fake_plan
from jsquared.testing.memory_deployment import ENGINE, MemoryDeployment
from jsquared.trial import one_trial as module
from jsquared.trial.expect import expect_processes
from jsquared.trial.one_trial import run_trial

DOWN_AFTER_MS = 300
CRASH = PlannedFault(
    id="crash", name="kill", targets=("primary",), start="500 ms after load", heal="300 ms after recovery"
)


@pytest.fixture
def deployment() -> Iterator[MemoryDeployment]:
    """A deployment in memory, ended afterwards."""
    made = MemoryDeployment(DOWN_AFTER_MS / 1000)
    yield made
    made.close()


def plan() -> Plan:
    """The primary crashes, and comes back once there is another one."""
    return msgspec.structs.replace(
        fake_plan(),
        sandbox="memory",
        down_after_ms=DOWN_AFTER_MS,
        ack=Ack(mode="wait", replicas=1),
        workload=Workload(rate_per_s=100),
        faults=(CRASH,),
        objectives=(
            PlannedObjective(name="failover", limit=10_000, unit="ms", reason="one host of three crashes"),
            PlannedObjective(
                name="lost_writes", limit=0, unit="writes", reason="a replica has every acknowledged write"
            ),
        ),
        minimum_acknowledged=10,
    )


def test_a_trial_in_memory_from_stand_up_to_verdict(
    tmp_path: Path, deployment: MemoryDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The primary crashes, the Sentinels fail over, nothing is lost, and the verdict says so."""
    monkeypatch.setattr(module, "AFTER_HEAL_S", 0.1)
    monkeypatch.setattr(module.StallWatch, "felt", lambda *_: None)  # a busy machine is not what is tested here
    sandbox, trial = deployment.sandbox, plan()
    placement = msgspec.structs.replace(
        fake_placement(trial), engine=msgspec.structs.replace(trial.engine, path=ENGINE)
    )
    run = RunDirectory.create(tmp_path / "run", trial)
    run.write_placement(trial, placement)
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    sandbox.enter(list(dict.fromkeys(each.host for each in (*trial.nodes, *trial.clients))))
    expect_processes(trial, placement, sandbox, run.path / "history")
    verdict = run_trial(trial, placement, run, sandbox)
    record = run.load()
    assert Path(f"/proc/self/task/{os.getpid()}/children").read_text() == children, (
        "a process of this machine was started"
    )
    assert [phase.phase for phase in record.of(Phase)][-1] == "done"
    assert {event.source for event in record.of(ProcessChanged)} == {node.name for node in trial.nodes}
    assert {event.event for event in record.of(SentinelEvent) if event.via == "log"} >= {"+odown", "+switch-master"}
    assert [proof.ok for proof in (*record.of(FaultBit), *record.of(FaultHealed))] == [True, True]
    assert verdict.outcome == "pass", verdict.reasons
    assert "lost 0 of " in verdict.reasons[0]
