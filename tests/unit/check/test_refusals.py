"""Refusals: the phase that is the new primary's and not the client's, and the line that demands them."""

import pytest
from msgspec.structs import replace

from jsquared.check.advice import advise
from jsquared.check.checker import FailoverTime, Findings
from jsquared.check.failover_time import FailoverTimeChecker
from jsquared.check.judge import judge
from jsquared.check.refusals import responsible, sentence
from jsquared.check.timeline import Timeline
from jsquared.records import history as h
from jsquared.records.findings import Finding
from jsquared.records.run_directory import TrialRecord
from jsquared.records.verdict import ObjectiveResult, Refusal
from support.records import Story, objective

N1, N2 = "redis-n1", "redis-n2"


def refused(until_ms: float = 7000.0, error: str = "NOREPLICAS", outcome: int = h.FAIL, **more: object) -> Story:
    """A kill at 2 s and a failover by 4.2 s; n2 answers from 4.5 s on, and acknowledges from ``until_ms`` on."""
    story = Story(objectives=[objective("failover", 2_000), objective("write_gap", 2_000)], **more)
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.fault("crash", "kill", [N1], start_ms=2000, heal_ms=12_000)
    story.failover(N1, N2, sdown_ms=3500)
    story.writes("client-1", "", 2000, 4500, outcome=h.FAIL, error="no primary known")
    story.writes("client-1", N2, 4500, until_ms, outcome=outcome, error=error)
    story.writes("client-1", N2, until_ms, 14_000)
    story.finish(N2, settle_ms=12_000, end_ms=14_000)
    return story


def measured(story: Story) -> FailoverTime:
    """The failover that the checker found."""
    failover = FailoverTimeChecker().check(story.record()).failover
    assert failover is not None
    return failover


def configured(record: TrialRecord, text: str) -> TrialRecord:
    """The same record whose redis-n2 ran with this configuration."""
    placement = replace(record.placement, config_files={f"{N2}.conf": text})
    return TrialRecord(record.plan, placement, record.events, record.operations, record.clock, record.path)


def test_refusals_of_the_new_primary_are_not_the_clients_time() -> None:
    """The client reached it at 4.5 s; what follows is a phase of its own, and the phases still add up."""
    failover = measured(refused())
    phases = failover.phases_ms or {}
    assert (phases["reconnect"], phases["refused"]) == (301.0, 2500.0)
    assert sum(phases.values()) == pytest.approx(failover.total_ms)
    assert [(one.node, one.error, one.count) for one in failover.refusals] == [(N2, "NOREPLICAS", 1250)]
    assert failover.marks_ms["refused"] == 7001.0


@pytest.mark.parametrize(
    ("until_ms", "error"), [(4580.0, "NOREPLICAS"), (7000.0, "connection refused"), (7000.0, "timeout")]
)
def test_a_moment_of_refusals_and_silence_stay_with_the_client(until_ms, error) -> None:
    """Less than 100 ms is no phase; and where nothing was answered, no server refused."""
    outcome = h.UNKNOWN if error == "timeout" else h.FAIL
    failover = measured(refused(until_ms, error, outcome))
    assert "refused" not in (failover.phases_ms or {})
    assert failover.refusals == []


def test_refusals_before_the_client_went_elsewhere_do_not_count() -> None:
    """What kept the client until the end is what it met last: an answer seconds before is another matter."""
    story = Story()
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.fault("crash", "kill", [N1], start_ms=2000, heal_ms=12_000)
    story.failover(N1, N2, sdown_ms=3500)
    story.writes("client-1", N2, 4500, 5000, outcome=h.FAIL, error="LOADING")
    story.writes("client-1", "", 5000, 9000, outcome=h.FAIL, error="no primary known")
    story.writes("client-1", N2, 9000, 9500, outcome=h.FAIL, error="NOREPLICAS")
    story.writes("client-1", N2, 9500, 12_000)
    story.finish(N2, settle_ms=12_000, end_ms=12_000)
    failover = measured(story)
    assert (failover.phases_ms or {})["refused"] == 500.0
    assert [one.error for one in failover.refusals] == ["NOREPLICAS"]


def test_writes_that_too_few_replicas_confirmed_name_the_level() -> None:
    """The server took them, so the level of acknowledgement is responsible and no directive."""
    found = measured(refused(error="too few replicas acknowledged", outcome=h.UNKNOWN, ack="wait:1")).refusals
    assert sentence(found) == f"too few replicas of {N2} confirmed 1,250 writes (--ack wait:1)"


def test_the_reasons_name_the_refusals() -> None:
    """Both the failover and the write gap say who refused what, and the verdict has it as data."""
    record = configured(refused().record(), "port 6379\nmin-slaves-to-write 1\nmin-replicas-to-write  2\n")
    verdict = judge(record)
    said = f"{N2} refused 1,250 writes with NOREPLICAS (min-replicas-to-write 2)"
    reasons = {result.name: result.reason for result in verdict.objectives}
    assert f"took 5.00 s, 2.5 s of it because {said}, over the limit" in reasons["failover"]
    assert f"while {said}, over the limit" in reasons["write_gap"]
    assert [one.directive for one in verdict.refusals] == ["min-replicas-to-write 2"]
    assert [one.count for gap in verdict.gaps for one in gap.refusals] == [1250]


def test_a_new_primary_that_never_acknowledged_says_why() -> None:
    """The failover has no end, and the reason is what the new primary answered."""
    story = Story(objectives=[objective("failover", 2_000)])
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.fault("crash", "kill", [N1], start_ms=2000, heal_ms=8_000)
    story.failover(N1, N2, sdown_ms=3500)
    story.writes("client-1", N2, 4500, 9000, outcome=h.FAIL, error="NOREPLICAS")
    story.finish(N2, settle_ms=8_000, end_ms=9_000)
    reason = judge(story.record()).objectives[0].reason
    assert reason.endswith(f"{N2} refused 2,250 writes with NOREPLICAS (min-replicas-to-write)")


def test_a_fault_that_set_the_directive_is_named() -> None:
    """While an operator's CONFIG SET holds, the file's line is not responsible."""
    story = refused()
    story.fault("all", "set-min-replicas", [N2], start_ms=1000, heal_ms=6000, parameters={"replicas": 3})
    timeline = Timeline.of(configured(story.record(), "min-replicas-to-write 1"))
    assert responsible(timeline, N2, "NOREPLICAS", 5000) == "min-replicas-to-write 3, as set by the fault all"
    assert responsible(timeline, N2, "NOREPLICAS", 7000) == "min-replicas-to-write 1"
    assert responsible(timeline, N2, "OOM", 5000) == "maxmemory"
    assert responsible(timeline, N2, "LOADING", 5000) == ""


def test_one_write_of_an_unknown_node() -> None:
    """A sentence has the singular, and names what it can."""
    one = Refusal(node="", error="LOADING", count=1, first_ms=1, last_ms=1)
    assert sentence([one]) == "an unknown node refused 1 write with LOADING"


def failed(phases_ms: dict[str, float]) -> list[str]:
    """The rules whose lines are named for a failover of these phases that took too long."""
    found = Findings()
    found.failover = FailoverTime(N1, N2, "crash", 12_000, 12_000, phases_ms, {})
    rules = ("down-after-below-tilt", "even-sentinels", "min-replicas-all", "client-asks-one")
    findings = tuple(
        Finding(rule=rule, severity="high", outcome="warning", target="x", directive=rule, message="", fix="a line")
        for rule in rules
    )
    plan = replace(Story().plan(), findings=findings)
    missed = ObjectiveResult(name="failover", limit=10_000, value=12_000, unit="ms", outcome="violated")
    return [one.rule for one in advise(plan, [missed], found)]


def test_a_failover_is_blamed_on_what_cost_its_time() -> None:
    """Where refusals took most of it, neither detection nor the clients are named; where no one refused, no line about refusals is."""
    usual = dict.fromkeys(("detect", "agree", "elect", "promote", "announce", "reconnect"), 500.0)
    assert failed({**usual, "refused": 9000.0}) == ["min-replicas-all"]
    assert failed({**usual, "detect": 9000.0}) == ["down-after-below-tilt", "client-asks-one"]
