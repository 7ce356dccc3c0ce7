"""The judge: the worst outcome of all, reasons in order, crashed checkers, and records of killed runs."""

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from jsquared.check.checker import Findings, run_safely
from jsquared.check.judge import CHECKERS, judge
from jsquared.records import history as h
from jsquared.records.event_lines import event_of
from jsquared.records.operations import Operations
from jsquared.records.run_directory import RunDirectory, TrialRecord
from jsquared.records.verdict import TrialVerdict, Writes
from support.records import Story, objective

N1, N2 = "redis-n1", "redis-n2"
LOST = objective("lost_writes", 0, "writes")


def calm(**plan: object) -> Story:
    """A trial without any fault, planned to have none."""
    story = Story(**{"objectives": [LOST], "expect_failover": False, **plan})  # type: ignore[arg-type]
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.finish(N1, settle_ms=2000, end_ms=2000)
    return story


class Crashing:
    """A checker with a bug."""

    name = "broken"

    def check(self, record: TrialRecord) -> Findings:
        """Crash."""
        raise RuntimeError("two\nlines")


class Reporting:
    """A checker that says what it is told to."""

    name = "reporting"

    def __init__(self, findings: Findings) -> None:
        self.findings = findings

    def check(self, record: TrialRecord) -> Findings:
        """Repeat it."""
        return self.findings


def test_a_calm_trial_passes_with_one_line() -> None:
    """The only reason of a pass sums up what was shown."""
    verdict = judge(calm().record())
    assert (verdict.outcome, verdict.reasons) == ("pass", ["1 objective met: lost 0 of 1,000 acknowledged writes"])
    assert (verdict.scenario, verdict.ack, verdict.duration_ms) == ("story", "async", 2200.0)


def test_a_crashed_checker_is_inconclusive_in_one_line() -> None:
    """It is named with its error and place; the other checkers still speak."""
    verdict = judge(calm().record(), [*CHECKERS, Crashing()])
    assert verdict.outcome == "inconclusive"
    (reason,) = verdict.reasons
    assert reason.startswith("the checker 'broken' crashed (RuntimeError: two lines at check:")
    assert "\n" not in reason
    assert verdict.writes.lost == 0


def test_each_checker_that_crashes_keeps_the_trial_from_passing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever of the real ones breaks, nothing passes."""
    for number, broken in enumerate(CHECKERS):
        others = [Crashing() if index == number else checker for index, checker in enumerate(CHECKERS)]
        assert judge(calm().record(), others).outcome == "inconclusive", broken.name


def test_a_crash_while_explaining_keeps_the_proven_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loss stays a violation where its causes cannot be found."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("jsquared.check.lost_writes.explain_losses", broken)
    story = calm()
    story.missing(10, 12)
    verdict = judge(story.record())
    assert (verdict.outcome, verdict.writes.lost, verdict.losses) == ("violated", 1, [])
    assert verdict.reasons[0] == "lost 1 of 1,000 acknowledged writes"
    assert "'causes of lost writes' crashed" in verdict.reasons[1]


def test_a_crash_among_the_objectives_is_inconclusive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can pass where no objective was evaluated."""

    def broken(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr("jsquared.check.judge.evaluate", broken)
    verdict = judge(calm().record())
    assert verdict.outcome == "inconclusive"
    assert verdict.reasons[-1] == "no objective was evaluated, so nothing can pass"


def test_a_plan_without_objectives_passes_nothing() -> None:
    """Good numbers alone are no verdict."""
    verdict = judge(calm(objectives=[]).record())
    assert (verdict.outcome, verdict.reasons) == ("inconclusive", ["no objective was evaluated, so nothing can pass"])


def test_violations_come_first_and_each_reason_once() -> None:
    """Violated outranks inconclusive in the outcome and in the list; repeated sentences are one."""
    findings = Findings()
    findings.inconclusive("doubt")
    findings.violated("broken promise")
    findings.inconclusive("doubt")
    verdict = judge(calm().record(), [*CHECKERS, Reporting(findings)])
    assert (verdict.outcome, verdict.reasons) == ("violated", ["broken promise", "doubt"])


def test_a_missing_planned_failover_is_said_once() -> None:
    """The objective and the plan give the same reason."""
    story = Story(objectives=[objective("failover", 10_000)])
    story.load()
    story.writes("client-1", N1, 0, 9000)
    story.fault("crash", "kill", [N1], start_ms=2000, heal_ms=6000)
    story.finish(N1, settle_ms=6000, end_ms=9000)
    verdict = judge(story.record())
    assert verdict.outcome == "violated"
    assert verdict.reasons == ["the planned failover did not happen: no Sentinel announced a new primary"]


def test_a_killed_run_is_inconclusive() -> None:
    """No read-back, no end: said, with the last phase."""
    story = Story(objectives=[LOST, objective("write_gap", 10_000)])
    story.load()
    story.writes("client-1", N1, 0, 3000)
    story.fault("crash", "kill", [N1], start_ms=2000, heal_ms=None)
    verdict = judge(story.record())
    assert verdict.outcome == "inconclusive"
    assert "the trial was cut short after the phase load" in verdict.reasons
    assert "the number of lost writes is unknown" in verdict.reasons
    assert verdict.writes.lost is None


def test_a_killed_run_still_proves_a_gap_over_the_limit() -> None:
    """What had already been missed when the run was killed stays missed."""
    story = Story(objectives=[objective("write_gap", 10_000)])
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.writes("client-1", "", 2000, 20_000, outcome=h.FAIL, error="no primary known")
    story.fault("crash", "kill", [N1], start_ms=2000, heal_ms=None)
    verdict = judge(story.record())
    assert verdict.outcome == "violated"
    assert verdict.reasons[0].startswith("writes of client-1 never resumed: it waited 18 s")


def test_an_empty_record_is_inconclusive_without_a_crash() -> None:
    """No event, no operation: every checker copes."""
    record = TrialRecord(calm().plan(), calm().placement(), [], Operations.empty(), None, Path("nowhere"))
    verdict = judge(record)
    assert verdict.outcome == "inconclusive"
    assert not any("crashed" in reason for reason in verdict.reasons), verdict.reasons
    assert "the trial was cut short" in verdict.reasons
    assert verdict.duration_ms == 0.0


def test_events_with_missing_fields_do_not_crash_the_judge() -> None:
    """A record written by hand or by another version may lack anything."""
    story = calm()
    kinds = (
        "phase", "process", "fault-started", "fault-bit", "fault-healing", "fault-healed", "sentinel", "role",
        "agreement", "converged", "dataset", "client", "log", "disturbance", "something-new",
    )  # fmt: skip
    for kind in kinds:
        line = {"t_ms": 1000, "source": N1, "kind": kind, "phase": "load", "fault": "f1"}
        story.event(event_of(json.dumps(line)))
    for event in ("+switch-master", "+promoted-slave", "+sdown", "+odown", "+elected-leader"):
        story.sentinel(1100, "sentinel-n1", event)
    verdict = judge(story.record())
    assert verdict.outcome != "pass"
    assert not any("crashed" in reason for reason in verdict.reasons), verdict.reasons


def test_losses_that_no_objective_forbids_are_facts() -> None:
    """The trade below the asked level is shown beside the outcome."""
    story = calm(objectives=[objective("write_gap", 10_000)])
    story.missing(0, 10)
    story.writes("client-1", N1, 2000, 2004, outcome=h.UNKNOWN, error="timeout", found=h.PRESENT)
    verdict = judge(story.record())
    assert verdict.outcome == "pass"
    assert "5 of 1,000 acknowledged writes were lost, which no objective forbids" in verdict.facts
    assert "2 of 2 writes with unknown outcome survived" in verdict.facts


def test_a_run_folder_gives_the_same_verdict(tmp_path: Path) -> None:
    """Written and read again, the record is judged alike, and the verdict survives its own file."""
    story = calm()
    story.missing(10, 20)
    run = story.write(tmp_path / "run")
    verdict = judge(RunDirectory(run.path).load())
    expected = judge(replace(story.record(), path=run.path))
    assert verdict == expected
    run.write_verdict(verdict)
    assert run.read_verdict() == verdict
    assert msgspec.json.decode(msgspec.json.encode(verdict), type=TrialVerdict) == verdict


def test_merging_keeps_what_is_not_measured() -> None:
    """A checker without a measurement does not wipe another's."""
    findings = Findings(writes=Writes(lost=1), stall_ms=700)
    findings.merge(Findings(facts=["a"]))
    assert findings.writes is not None
    assert (findings.writes.lost, findings.facts, findings.stall_ms) == (1, ["a"], 700)


def test_run_safely_passes_findings_through() -> None:
    """A healthy checker's findings arrive as they are."""
    findings = Findings(facts=["x"])
    assert run_safely(Reporting(findings), calm().record()) is findings
