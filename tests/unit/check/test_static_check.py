"""Verdicts from the configuration alone: static checks, deployments that never come up, advice for what was violated."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from jsquared.analysis.analysis import RULES as ANALYSIS_RULES
from jsquared.check.advice import LOSS_RULES, RULES, STAND_UP_RULES, advise
from jsquared.check.checker import Convergence, FailoverTime, Findings, Note
from jsquared.check.judge import judge
from jsquared.records.event import Event
from jsquared.records.event_types import StandUpFailed
from jsquared.records.findings import Finding
from jsquared.records.operations import Operations
from jsquared.records.run_directory import TrialRecord
from jsquared.records.verdict import KindOfOperation, LossGroup, ObjectiveResult, OperationCounts
from jsquared.scenarios.catalogue import SCENARIOS
from jsquared.testing.fake_plan import fake_placement
from support.sample_run import sample_plan


def finding(rule: str, outcome: Any = "violated", **fields: Any) -> Finding:
    """A finding of a rule."""
    given = {
        "severity": "high",
        "target": "redis-n1",
        "directive": "masterauth wrong",
        "where": "n1/redis.conf:3",
        "message": "It is refused.",
        "fix": "masterauth right",
        "try_with": ("redis.masterauth=right",),
    }
    return Finding(rule=rule, outcome=outcome, **{**given, **fields})


def record(*findings: Finding, rules: tuple[str, ...] = (), events: tuple[Event, ...] = ()) -> TrialRecord:
    """The record of a trial with these findings in its plan."""
    plan = msgspec.structs.replace(sample_plan("crash"), findings=findings, rules=rules)
    return TrialRecord(plan, fake_placement(plan), list(events), Operations.concatenate([]), None, Path("run"))


def violated(name: str) -> ObjectiveResult:
    """An objective that was missed."""
    return ObjectiveResult(name=name, limit=0, value=1, unit="ms", outcome="violated")


def test_a_static_check_is_violated_by_its_rules_alone() -> None:
    """The reason names the target, the line, the place and what to try; findings of other rules do not count."""
    verdict = judge(record(finding("masterauth-wrong"), finding("quorum-one"), rules=("masterauth-wrong",)))
    assert verdict.outcome == "violated"
    assert verdict.reasons == [
        (
            "redis-n1: It is refused; responsible: masterauth wrong (n1/redis.conf:3); try masterauth right, "
            "or at once with --with 'redis.masterauth=right'"
        )
    ]
    assert [advice.rule for advice in verdict.advice] == ["masterauth-wrong"]


def test_a_static_check_passes_with_warnings() -> None:
    """What is no violation is told as a fact, and nothing was lost where nothing was written."""
    verdict = judge(record(finding("even-sentinels", "warning"), rules=("even-sentinels", "quorum-one")))
    assert (verdict.outcome, verdict.writes.lost) == ("pass", 0)
    assert verdict.reasons == ["the configuration meets 2 rules"]
    assert len(verdict.facts) == 1


@pytest.mark.parametrize(("rule", "outcome"), [("masterauth-missing", "violated"), ("quorum-one", "inconclusive")])
def test_a_deployment_that_never_comes_up(rule: str, outcome: str) -> None:
    """It is violated where a line is known that keeps it from converging; otherwise nothing is proven."""
    failed = StandUpFailed(detail="redis-n2's link is down", limit_ms=30_000, t_ms=30_000.0)
    verdict = judge(record(finding(rule), events=(failed,)))
    assert verdict.outcome == outcome
    assert "redis-n2's link is down" in verdict.reasons[0]
    assert ("masterauth wrong" in verdict.reasons[0]) == (outcome == "violated")


def test_advice_follows_the_cause() -> None:
    """Lost writes are explained by what explains their cause, other objectives by their own rules, and nothing by guesses."""
    found = (finding("no-persistence"), finding("ack-lost-in-split"), finding("failover-over-10s"))
    plan = msgspec.structs.replace(sample_plan("crash"), findings=found)
    loss = LossGroup(
        cause="split brain", explanation="", node="redis-n1", client="client-1", count=1, first_ms=1, last_ms=2
    )
    results = [violated("lost_writes"), violated("failover"), violated("convergence")]
    advice = advise(plan, results, Findings(losses=[loss]))
    assert [(one.objective, one.rule) for one in advice] == [
        ("lost_writes", "ack-lost-in-split"),
        ("failover", "failover-over-10s"),
    ]


@pytest.mark.parametrize(
    ("kinds", "expected"), [(("transaction", "script"), ["transactions-not-loaded"]), (("script", "count"), [])]
)
def test_transactions_alone_were_not_loaded(kinds: tuple[str, ...], expected: list[str]) -> None:
    """The line that keeps transactions from being loaded explains a loss of nothing else."""
    plan = msgspec.structs.replace(sample_plan("crash"), findings=(finding("transactions-not-loaded"),))
    counts = OperationCounts(
        kinds={kind: KindOfOperation(lost=3) for kind in kinds} | {"list": KindOfOperation(lost=0)}
    )
    advice = advise(plan, [violated("lost_operations")], Findings(operations=counts))
    assert [one.rule for one in advice] == expected


def test_a_mere_fact_is_advice_only_without_anything_better() -> None:
    """A fact is told only where no finding that is wrong explains the same."""
    fact = finding("min-replicas-off-unconfirmed", "fact")
    plan = msgspec.structs.replace(sample_plan("crash"), findings=(fact, finding("min-replicas-off", "warning")))
    loss = LossGroup(
        cause="split brain", explanation="", node="redis-n1", client="client-1", count=1, first_ms=1, last_ms=2
    )
    assert [one.rule for one in advise(plan, [violated("lost_writes")], Findings(losses=[loss]))] == [
        "min-replicas-off"
    ]
    plan = msgspec.structs.replace(plan, findings=(fact,))
    assert [one.rule for one in advise(plan, [violated("lost_writes")], Findings(losses=[loss]))] == [fact.rule]


@pytest.mark.parametrize(
    ("elect_ms", "expected"),
    [(150.0, ["failover-over-10s"]), (36_000.0, ["failover-over-10s", "failover-timeout-long"])],
)
def test_the_cost_of_failed_attempts_is_advice_only_where_one_failed(elect_ms: float, expected: list[str]) -> None:
    """failover-timeout is not responsible for a failover whose first attempt succeeded, however long detection took."""
    found = (finding("failover-over-10s"), finding("failover-timeout-long", "warning"))
    plan = msgspec.structs.replace(sample_plan("crash"), findings=found)
    phases = dict.fromkeys(("detect", "agree", "elect", "promote", "announce", "reconnect"), 100.0) | {
        "elect": elect_ms
    }
    measured = FailoverTime("redis-n1", "redis-n2", "crash", sum(phases.values()), 0.0, phases, {})
    advice = advise(plan, [violated("failover")], Findings(failover=measured))
    assert [one.rule for one in advice] == expected


@pytest.mark.parametrize(
    ("detect_ms", "elect_ms", "expected"),
    [
        (30_100.0, 200.0, ["failover-over-10s"]),
        (30_100.0, 12_000.0, ["majority-dies-with-host", "masterauth-wrong", "failover-over-10s"]),
        (400.0, 200.0, ["majority-dies-with-host", "masterauth-wrong", "failover-over-10s"]),
    ],
)
def test_a_failover_that_began_late_is_blamed_on_that(detect_ms: float, elect_ms: float, expected: list[str]) -> None:
    """What else is wrong cost nothing where all but the detection was quick."""
    rules = ("masterauth-wrong", "majority-dies-with-host", "failover-over-10s")
    plan = msgspec.structs.replace(sample_plan("crash"), findings=tuple(map(finding, rules)))
    phases = {
        "detect": detect_ms,
        "agree": 90.0,
        "elect": elect_ms,
        "promote": 500.0,
        "announce": 90.0,
        "reconnect": 90.0,
    }
    measured = FailoverTime("redis-n1", "redis-n2", "crash", sum(phases.values()), 0.0, phases, {})
    for objective in ("failover", "write_gap"):
        advice = advise(plan, [violated(objective)], Findings(failover=measured))
        assert [one.rule for one in advice] == expected


def test_a_missing_failover_needs_no_objective_to_be_explained() -> None:
    """With one replica the scenario limits no failover time; the line that made it impossible is named all the same, and once."""
    line = {
        "directive": "sentinel monitor shop oak 6379 2",
        "where": "oak/sentinel.conf:2",
        "fix": "three Sentinels on three hosts",
    }
    found = (finding("majority-dies-with-host", **line), finding("majority-dies-with-primary", **line))
    plan = msgspec.structs.replace(sample_plan("crash"), findings=found, expect_failover=True)
    missing = Findings(failovers=0, notes=[Note("violated", "the planned failover did not happen")])
    assert [(one.objective, one.rule) for one in advise(plan, [], missing)] == [
        ("failover", "majority-dies-with-primary")
    ]
    assert advise(msgspec.structs.replace(plan, expect_failover=False), [], missing) == []


@pytest.mark.parametrize(
    ("problem", "expected"),
    [("sentinel-n2 does not answer", []), ("redis-n3's link to redis-n1 is down", ["backlog-small"])],
)
def test_a_copy_is_not_blamed_for_a_server_that_is_silent(problem: str, expected: list[str]) -> None:
    """What makes copies slow explains a replica that is not attached, and no server that has ended."""
    plan = msgspec.structs.replace(sample_plan("crash"), findings=(finding("backlog-small", "fact"),))
    advice = advise(plan, [violated("convergence")], Findings(convergence=Convergence(None, 40_000.0, (problem,))))
    assert [one.rule for one in advice] == expected


def test_every_rule_that_advice_names_exists() -> None:
    """Advice knows rules by their names; each is one of the analysis."""
    named = {rule for rules in (*RULES.values(), *LOSS_RULES.values(), STAND_UP_RULES) for rule in rules}
    assert named <= set(ANALYSIS_RULES)


def test_every_rule_is_asked_by_one_static_check() -> None:
    """No rule is forgotten by the suites, and none is told twice."""
    asked = [rule for scenario in SCENARIOS.values() for rule in scenario.rules]
    assert sorted(asked) == sorted(ANALYSIS_RULES)
