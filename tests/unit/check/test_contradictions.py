"""Passing trials against the configuration's own text and the scenario's page: what contradicts them is never a pass in silence."""

from typing import Any

import msgspec
import pytest

from jsquared.analysis.analysis import RULES
from jsquared.check.checker import Findings
from jsquared.check.contradictions import NEVER_OVER, NEVER_UP, NEVER_WITHOUT_HOST, contradictions
from jsquared.check.judge import judge
from jsquared.records.findings import Finding
from jsquared.records.verdict import RunVerdict, TrialVerdict, outcome_of_run
from jsquared.report.summary_text import remarks
from support.records import Story, objective

N1, N2 = "redis-n1", "redis-n2"
SENTINELS = "sentinel-n1, sentinel-n2, sentinel-n3"
FAILOVER = objective("failover", 10_000)


def finding(rule: str, target: str = SENTINELS) -> Finding:
    """What the static analysis says is violated."""
    return Finding(
        rule=rule,
        severity="critical",
        outcome="violated",
        target=target,
        directive="sentinel some line",
        where="n1/sentinel.conf:3",
        message="It cannot be.",
    )


def failover(*found: Finding, targets: tuple[str, ...] = (N1,), fault: str = "kill", **plan: Any) -> Story:
    """A kill at 2 s and a failover that clients see at 4.5 s."""
    story = Story(objectives=[FAILOVER], findings=found, **plan)
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.fault("crash", fault, targets, start_ms=2000, heal_ms=6000)
    story.failover(N1, N2, sdown_ms=3500)
    story.writes("client-1", N2, 4500, 9000)
    story.finish(N2, settle_ms=6000, end_ms=9000)
    return story


def calm(*found: Finding, **plan: Any) -> Story:
    """A trial in which nothing happens."""
    story = Story(objectives=[objective("lost_writes", 0, "writes")], expect_failover=False, findings=found, **plan)
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.finish(N1, settle_ms=2000, end_ms=2000)
    return story


@pytest.mark.parametrize(
    ("story", "shown"),
    [
        (calm(finding("sentinels-share-id")), "the deployment came up as one"),
        (calm(finding("min-replicas-above-replicas", N1)), "writes were acknowledged"),
        (failover(finding("quorum-unreachable")), "a replica was promoted"),
        (failover(finding("no-promotable-replica", "redis-n2, redis-n3")), "a replica was promoted"),
        (
            failover(finding("majority-dies-with-primary", "n1, sentinel-n1"), targets=(N1, "sentinel-n1")),
            "after the loss of the primary's host",
        ),
    ],
)
def test_a_pass_that_cannot_be_is_inconclusive(story: Story, shown: str) -> None:
    """Both sides are named, since either may be wrong."""
    verdict = judge(story.record())
    assert verdict.outcome == "inconclusive"
    assert shown in verdict.reasons[0]
    assert "sentinel some line (n1/sentinel.conf:3)" in verdict.reasons[0]


@pytest.mark.parametrize(
    "story",
    [
        failover(finding("sentinel-auth-wrong", "sentinel-n3")),
        failover(finding("quorum-unreachable"), fault="manual-failover"),
        failover(finding("majority-dies-with-primary", "n1, sentinel-n1")),
        failover(finding("no-persistence", "redis-n1, redis-n2, redis-n3")),
        calm(finding("quorum-unreachable")),
    ],
)
def test_what_a_trial_does_not_touch_stands_beside_its_pass(story: Story) -> None:
    """A violation that this trial could not show is told, and is no contradiction; the run as a whole is violated by it."""
    verdict = judge(story.record())
    assert verdict.outcome == "pass"
    assert "the configuration itself violates an objective" in verdict.reasons[1]
    assert outcome_of_run([verdict], verdict.findings) == "violated"


def test_another_primarys_findings_do_not_count() -> None:
    """What is violated for one monitored primary says nothing about another."""
    other = msgspec.structs.replace(finding("quorum-unreachable"), master_name="other")
    plan = msgspec.structs.replace(failover(other).plan(), master_name="mymaster")
    assert not list(contradictions(plan, Findings()))


@pytest.mark.parametrize("rule", ["sentinel-without-file", "sentinel-file-read-only"])
def test_sentinels_that_never_start_cannot_have_run(rule: str) -> None:
    """A trial that passes although its Sentinels could not start as they are written proves nothing."""
    verdict = judge(calm(finding(rule)).record())
    assert verdict.outcome == "inconclusive"
    assert "the deployment came up as one, which its configuration rules out" in verdict.reasons[0]


def test_a_line_that_is_not_run_keeps_a_trial_from_passing() -> None:
    """The outcome may hang on it, so nothing is proven, and the line is named."""
    verdict = judge(calm(unreproduced_lines=("loadmodule /opt/search.so (n1/redis.conf:4)",)).record())
    assert verdict.outcome == "inconclusive"
    assert "loadmodule /opt/search.so (n1/redis.conf:4)" in verdict.reasons[0]


def test_a_pass_against_the_page_is_flagged() -> None:
    """A deployment as it is shipped, of which the scenario's page expects a violation: somebody should look again."""
    shipped = {"deployment": "stock", "expected": {"stock": "violated"}}
    command = ("jsquared", "run", "story", "--deployment", "stock")
    flagged = judge(calm(command=command, **shipped).record())
    assert (flagged.outcome, flagged.unexpected) == (
        "pass",
        "story passed on stock, where its page expects a violation",
    )
    assert not judge(calm(command=(*command, "--with", "quorum=2"), **shipped).record()).unexpected
    assert f"look again: {flagged.unexpected}" in list(remarks(_run(flagged)))
    flagged.repeats = ["attempt 1 was disturbed"]
    assert f"run again: {flagged.label}: attempt 1 was disturbed" in list(remarks(_run(flagged)))


def test_violated_findings_are_printed_once() -> None:
    """A run of named scenarios tells them itself; where a static check reports one, its row does."""
    found = finding("quorum-unreachable")
    live = judge(calm(found).record())
    static = judge(calm(found, rules=("quorum-unreachable",)).record())
    [told] = [line for line in remarks(_run(live, found=found)) if line.startswith("violated: ")]
    assert told == f"violated: {SENTINELS}: It cannot be (sentinel some line)"
    assert not [line for line in remarks(_run(static, live, found=found)) if line.startswith("violated: ")]


def _run(*trials: TrialVerdict, found: Finding | None = None) -> RunVerdict:
    findings = [found] if found else []
    return RunVerdict(outcome=outcome_of_run(trials, findings), trials=list(trials), findings=findings)


def test_a_failover_that_never_comes_names_the_line() -> None:
    """Also where no objective asks for its time, as with a single replica."""
    story = Story(objectives=[objective("lost_writes", 0, "writes")], findings=(finding("majority-dies-with-primary"),))
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.fault("crash", "kill", [N1], start_ms=2000, heal_ms=30_000)
    story.writes("client-1", N1, 31_000, 33_000)
    story.finish(N1, settle_ms=31_000, end_ms=33_000)
    verdict = judge(story.record())
    assert verdict.outcome == "violated"
    assert [(one.objective, one.rule) for one in verdict.advice] == [("failover", "majority-dies-with-primary")]
    assert any("responsible: sentinel some line" in reason for reason in verdict.reasons)


def test_rules_that_can_be_contradicted_exist() -> None:
    """The judge knows them by name, and all of them say that something is violated."""
    assert {RULES[rule].outcome for rule in (*NEVER_UP, *NEVER_OVER, *NEVER_WITHOUT_HOST)} == {"violated"}
