"""Hand-written histories with one anomaly each: the judge must find it and name its cause; without any it must pass."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jsquared.check.judge import judge
from jsquared.records import history as h
from jsquared.records.findings import Finding
from jsquared.records.verdict import LossGroup, TrialVerdict
from support.records import Story, objective

LOST = objective("lost_writes", 0, "writes")
FAILOVER = objective("failover", 10_000)
GAP = objective("write_gap", 10_000)
CONVERGENCE = objective("convergence", 30_000)
N1, N2, N3 = "redis-n1", "redis-n2", "redis-n3"
ISOLATED = [["n1", "n2", "c1"], ["n3", "s1", "s2", "s3", "c2"]]


def crash(**plan: object) -> Story:
    """The primary is killed at 2 s, n2 is promoted at 3.8 s, client-1 is back at 4.4 s; nothing is wrong yet."""
    story = Story(objectives=[LOST, FAILOVER, GAP, CONVERGENCE], **plan)  # type: ignore[arg-type]
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.writes("client-1", "", 2000, 4400, outcome=h.FAIL, error="connection refused")
    story.fault("crash", "kill", [N1], start_ms=2000, heal_ms=6000)
    story.failover(N1, N2, sdown_ms=3500)
    story.writes("client-1", N2, 4400, 9000)
    story.finish(N2, settle_ms=6000, end_ms=9000, converged_ms=8000)
    return story


def hang() -> Story:
    """The primary hangs at 2 s and wakes at 6 s; n2 is promoted at 3.8 s."""
    story = Story(objectives=[LOST, FAILOVER, GAP, CONVERGENCE])
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.fault("hang", "pause", [N1], start_ms=2000, heal_ms=6000)
    story.failover(N1, N2, sdown_ms=3500)
    story.writes("client-1", N2, 4400, 9000)
    story.finish(N2, settle_ms=6000, end_ms=9000)
    return story


def partition(ack: str = "wait:1") -> Story:
    """{n1, n2, client-1} cut from {n3, Sentinels, client-2} from 2 s to 9 s; n3 is promoted at 3.8 s."""
    story = Story(clients=2, ack=ack, apart=True, objectives=[LOST, FAILOVER])
    story.load()
    story.fault("isolation", "cut", ["n1", "n2", "c1"], start_ms=2000, heal_ms=9000, sides=ISOLATED, links="all")
    story.failover(N1, N3, sdown_ms=3500)
    story.writes("client-1", N1, 0, 2000)
    story.writes("client-2", N1, 0, 2000)
    story.writes(
        "client-1", N1, 2000, 9000, every_ms=50, outcome=h.UNKNOWN, error="too few replicas acknowledged", replicas=0
    )
    story.writes("client-1", N3, 9000, 12_000)
    story.writes("client-2", N3, 4400, 12_000)
    story.finish(N3, settle_ms=9000, end_ms=12_000)
    return story


def replication_cut() -> Story:
    """Replication is cut at 1 s, the primary killed at 2 s; n2 is promoted at 3.8 s without the second between."""
    story = Story(objectives=[LOST, FAILOVER])
    story.load()
    story.writes("client-1", N1, 0, 2000)
    sides = [["n1"], ["n2", "n3"]]
    story.fault("cut", "cut", ["n1"], start_ms=1000, heal_ms=6000, sides=sides, links="replication")
    story.fault("crash", "kill", [N1], start_ms=2000, heal_ms=6000)
    story.failover(N1, N2, sdown_ms=3500)
    story.writes("client-1", N2, 4400, 9000)
    story.missing(1000, 2000)
    story.finish(N2, settle_ms=6000, end_ms=9000)
    return story


def restart(lost_from_ms: float) -> Story:
    """The primary is restarted at 2 s and goes on; what it had acknowledged since ``lost_from_ms`` is gone."""
    story = Story(objectives=[LOST, GAP, objective("no_failover", 0, "failovers")], expect_failover=False)
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.fault("restart", "restart", [N1], start_ms=2000, heal_ms=4000)
    story.restart(N1, 2000, 2050)
    story.role(2100, N1, "primary")
    story.writes("client-1", N1, 2200, 6000)
    story.missing(lost_from_ms, 2000)
    story.finish(N1, settle_ms=4000, end_ms=6000)
    return story


def split_brain_before() -> Story:
    """Written on the isolated primary before the other side promotes."""
    story = partition()
    story.writes("client-1", N1, 2000, 3700, found=h.ABSENT)
    return story


def split_brain_after() -> Story:
    """Written on the isolated primary after the other side has promoted."""
    story = partition()
    story.writes("client-1", N1, 4000, 9000, found=h.ABSENT)
    return story


def tail() -> Story:
    """The last 10 ms before the crash never reached a replica."""
    story = crash()
    story.missing(1990, 2000)
    return story


def stale_promotion() -> Story:
    """A replica had confirmed the lost writes, another one was promoted, which the configuration prefers."""
    rule = Finding(
        rule="priorities-differ",
        outcome="warning",
        severity="high",
        target=N2,
        directive="replica-priority 10",
        message="",
    )
    story = crash(ack="wait:1", findings=(rule,))
    story.missing(1500, 2000)
    return story


def broken_confirmation() -> Story:
    """The same with nothing that could make another replica than the fullest one a primary."""
    story = crash(ack="wait:1")
    story.missing(1500, 2000)
    return story


def stale_by_content() -> Story:
    """n3 still has what the promoted n2 lacks."""
    story = crash()
    story.missing(1500, 2000, nodes=[N1, N2])
    return story


def paused_primary() -> Story:
    """The hung primary wakes and goes on acknowledging."""
    story = hang()
    story.writes("client-1", N1, 6050, 7000, every_ms=5, found=h.ABSENT)
    return story


def sentinels_blind() -> Story:
    """Only the Sentinels lose sight of the primary, which goes on acknowledging after the promotion."""
    story = Story(objectives=[LOST], apart=True)
    story.load()
    sides = [["n1"], ["s1", "s2", "s3"]]
    story.fault("blind", "cut", ["n1"], start_ms=2000, heal_ms=6000, sides=sides, links="sentinels")
    story.writes("client-1", N1, 0, 4000)
    story.failover(N1, N2, sdown_ms=3500)
    story.missing(3800, 4000)
    story.writes("client-1", N2, 4400, 9000)
    story.finish(N2, settle_ms=6000, end_ms=9000)
    return story


def empty_promoted() -> Story:
    """The replica had restarted with nothing when it was promoted."""
    story = crash()
    story.fault("replica", "kill", [N2], start_ms=2100, heal_ms=2500)
    story.restart(N2, 2100, 2500)
    story.missing(0, 2000)
    return story


def link_down() -> Story:
    """The promoted replica's link had been down for long before the crash."""
    story = Story(objectives=[LOST])
    story.load()
    story.role(1000, N2, "replica", link="down", of=N1)
    story.writes("client-1", N1, 0, 12_000)
    story.fault("crash", "kill", [N1], start_ms=12_000, heal_ms=16_000)
    story.failover(N1, N2, sdown_ms=13_500)
    story.writes("client-1", N2, 14_400, 19_000)
    story.missing(1000, 12_000)
    story.finish(N2, settle_ms=16_000, end_ms=19_000)
    return story


def two_failovers() -> Story:
    """n1 crashes, n2 follows, n2 crashes, n3 follows: what n1 had acknowledged long ago is lost with n2's tail."""
    story = crash()
    story.fault("second", "kill", [N2], start_ms=9000, heal_ms=12_000)
    story.failover(N2, N3, sdown_ms=10_500)
    story.writes("client-1", N3, 12_000, 15_000)
    story.missing(8990, 9000)
    story.finish(N3, settle_ms=12_000, end_ms=15_000)
    return story


def flushed() -> Story:
    """Somebody types FLUSHALL at the primary."""
    story = Story(objectives=[LOST])
    story.load()
    story.writes("client-1", N1, 0, 5000)
    story.fault("flush", "flush-all", [N1], start_ms=5000, heal_ms=6000)
    story.writes("client-1", N1, 5030, 9000)
    story.missing(0, 5000)
    story.finish(N1, settle_ms=6000, end_ms=9000)
    return story


def flushed_and_more() -> Story:
    """A write from long after FLUSHALL is gone too: the command explains only what was there before it."""
    story = flushed()
    story.missing(7000, 7002)
    return story


def unexplained() -> Story:
    """A write in the middle of nothing is gone."""
    story = crash()
    story.missing(7000, 7002)
    return story


PLANTED: dict[str, tuple[Callable[[], Story], str, str, str, int]] = {
    # name: story, cause, acknowledging node, fault, writes lost
    "split brain before the promotion": (split_brain_before, "split brain", N1, "isolation", 850),
    "split brain after the promotion": (split_brain_after, "split brain", N1, "isolation", 2500),
    "asynchronous tail": (tail, "asynchronous tail", N1, "crash", 5),
    "replication cut": (replication_cut, "replication cut", N1, "cut", 500),
    "empty restart": (lambda: restart(0), "empty restart", N1, "restart", 1000),
    "rolled-back restart": (lambda: restart(1200), "rolled-back restart", N1, "restart", 400),
    "stale promotion by WAIT": (stale_promotion, "stale promotion", N1, "crash", 250),
    "broken confirmation": (broken_confirmation, "broken confirmation", N1, "crash", 250),
    "stale promotion by content": (stale_by_content, "stale promotion", N1, "crash", 250),
    "paused primary": (paused_primary, "paused primary", N1, "hang", 190),
    "Sentinels blind": (sentinels_blind, "split brain", N1, "blind", 100),
    "empty replica promoted": (empty_promoted, "empty restart", N1, "replica", 1000),
    "link down for long": (link_down, "asynchronous tail", N1, "crash", 5500),
    "tail of the second primary": (two_failovers, "asynchronous tail", N2, "second", 5),
    "flush": (flushed, "flush", N1, "flush", 2500),
    "unexplained": (unexplained, "unexplained", N2, "", 1),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_loss_is_found_with_its_cause(name: str) -> None:
    """Every planted loss is counted to the write, put down to its cause, node and fault, and violates."""
    tell, cause, node, fault, count = PLANTED[name]
    verdict = judge(tell().record())
    assert (verdict.outcome, verdict.writes.lost) == ("violated", count), verdict.reasons
    assert [(g.cause, g.node, g.fault, g.count) for g in verdict.losses] == [(cause, node, fault, count)]
    assert node in verdict.losses[0].explanation
    assert verdict.reasons[0].startswith(f"lost {count:,} of ")
    assert re.search(rf"{cause} (on {node} between|of {node} at)", verdict.reasons[0])


def test_a_flush_explains_nothing_that_came_after_it() -> None:
    """What was acknowledged once the flush was over is lost for another reason, which is not known."""
    causes = {group.cause: group.count for group in judge(flushed_and_more().record()).losses}
    assert causes == {"flush": 2500, "unexplained": 1}


@pytest.mark.parametrize("tell", [crash, hang, partition], ids=lambda tell: tell.__name__)
def test_a_clean_history_passes(tell: Callable[[], Story]) -> None:
    """The same stories without an anomaly pass with nothing lost."""
    verdict = judge(tell().record())
    assert (verdict.outcome, verdict.writes.lost, verdict.losses) == ("pass", 0, []), verdict.reasons


def explanation(story: Story) -> str:
    """The only loss's explanation."""
    (group,) = judge(story.record()).losses
    return group.explanation


def test_split_brain_says_before_or_after_the_promotion() -> None:
    """The two kinds of split brain share a cause and differ in the sentence; together they are one group with both counts."""
    assert "before redis-n3 was promoted at 3.80 s, while isolation had cut it off" in explanation(split_brain_before())
    assert "after redis-n3 had been promoted at 3.80 s, following the fault isolation (cut) at 2.00 s" in explanation(
        split_brain_after()
    )
    both = split_brain_before()
    both.writes("client-1", N1, 4000, 9000, found=h.ABSENT)
    assert "850 writes before" in explanation(both)
    assert "2,500 writes after" in explanation(both)


def test_the_field_s_split_brain_numbers_come_out() -> None:
    """One reason line carries lost, acknowledged, cause, node and times."""
    verdict = judge(split_brain_after().record())
    assert verdict.reasons[0] == (
        "lost 2,500 of 9,800 acknowledged writes: split brain on redis-n1 between 4.00 s and 9.00 s"
    )


@st.composite
def clean_crashes(draw: st.DrawFn) -> Story:
    """Random sound trials: rates, times, latencies, unknown and failed writes around a crash."""
    start = draw(st.integers(1000, 5000))
    outage = draw(st.integers(1500, 8000))
    every = draw(st.sampled_from([1, 2, 5, 7]))
    back, end = start + outage, start + outage + 4000
    story = Story(objectives=[LOST, FAILOVER, GAP, CONVERGENCE], clients=draw(st.integers(1, 3)))
    story.load()
    latency = draw(st.floats(0.05, 50))
    for client in story.plan().clients:
        story.writes(client.name, N1, 0, start, every_ms=every, latency_ms=latency)
        survive = draw(st.sampled_from([h.ABSENT, h.PRESENT]))
        story.writes(client.name, N1, start, start + 30, outcome=h.UNKNOWN, error="timeout", found=survive)
        story.writes(client.name, "", start + 30, back, outcome=h.FAIL, error="no primary known")
        story.writes(client.name, N2, back, end, every_ms=every, latency_ms=latency)
    story.fault("crash", "kill", [N1], start_ms=start, heal_ms=back + 500)
    sdown = start + outage * draw(st.floats(0.1, 0.4))
    story.failover(N1, N2, sdown_ms=sdown, leader=draw(st.integers(1, 3)))
    story.finish(N2, settle_ms=back + 500, end_ms=end)
    return story


@settings(max_examples=40)
@given(clean_crashes())
def test_random_clean_histories_pass(story: Story) -> None:
    """No sound trial is accused, and its phases sum to its failover."""
    verdict = judge(story.record())
    assert verdict.outcome == "pass", verdict.reasons
    assert verdict.phases_ms is not None
    assert sum(verdict.phases_ms.values()) == pytest.approx(verdict.failover_ms, abs=1e-6)


@settings(max_examples=60)
@given(clean_crashes(), st.data())
def test_a_single_planted_lost_write_anywhere_is_found(story: Story, data: st.DataObject) -> None:
    """Whichever one acknowledged write is taken from the final primary, exactly that one is reported."""
    record = story.record()
    acknowledged = np.flatnonzero(record.operations.outcome == h.OK)
    row = int(acknowledged[data.draw(st.integers(0, len(acknowledged) - 1))])
    record.operations.found[N2][row] = data.draw(st.sampled_from([h.ABSENT, h.DIFFERENT]))
    verdict = judge(record)
    assert (verdict.outcome, verdict.writes.lost) == ("violated", 1)
    (group,) = verdict.losses
    assert group.keys == [f"jsq:{record.operations.client[row]}:{record.operations.slot[row]}"]
    assert group.first_ms == pytest.approx(record.operations.completed_ns[row] / 1e6)


def _without(kind: str) -> Callable[[Story], Story]:
    def take(story: Story) -> Story:
        story._events[:] = [event for event in story._events if event.kind != kind]
        return story

    return take


def _fault(**changes: object) -> Story:
    story = Story(objectives=[LOST])
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.fault("crash", "kill", [N1], **{"start_ms": 2000, "heal_ms": 6000, **changes})  # type: ignore[arg-type]
    story.failover(N1, N2, sdown_ms=3500)
    story.writes("client-1", N2, 4400, 9000)
    story.finish(N2, settle_ms=6000, end_ms=9000)
    return story


DOUBTS: dict[str, tuple[Callable[[], Story], str]] = {
    "did not bite": (lambda: _fault(bit=False), "did not bite: probed"),
    "no evidence": (lambda: _fault(bit=None), "has no evidence that it bit"),
    "did not heal": (lambda: _fault(healed=False), "did not heal: probed again"),
    "healing unproven": (lambda: _fault(healed=None), "was never proven to have healed"),
    "never started": (lambda: _fault(start_ms=None), "never started"),
}


@pytest.mark.parametrize("name", DOUBTS)
def test_a_fault_without_proof_is_inconclusive(name: str) -> None:
    """However good the numbers look, a fault that is not proven from begin to end proves nothing."""
    tell, words = DOUBTS[name]
    verdict = judge(tell().record())
    assert verdict.outcome == "inconclusive"
    assert any(words in reason for reason in verdict.reasons), verdict.reasons


def judged(story: Story) -> TrialVerdict:
    """The verdict on a story."""
    return judge(story.record())


def test_a_disabled_fault_is_not_blamed_on_redis() -> None:
    """Where the kill had no effect and so no failover came, the verdict is inconclusive, not violated."""
    story = Story(objectives=[LOST, FAILOVER])
    story.load()
    story.writes("client-1", N1, 0, 9000)
    story.fault("crash", "kill", [N1], start_ms=2000, heal_ms=6000, bit=False)
    story.finish(N1, settle_ms=6000, end_ms=9000)
    assert judged(story).outcome == "inconclusive"


def test_groups_are_by_client_too() -> None:
    """Two clients' losses of one cause are two groups with at most 20 keys each."""
    story = partition()
    story.writes("client-1", N1, 2000, 3700, found=h.ABSENT)
    story.writes("client-2", N1, 2000, 2020, found=h.ABSENT)
    groups: list[LossGroup] = judged(story).losses
    assert [(group.client, group.count, len(group.keys)) for group in groups] == [
        ("client-1", 850, 20),
        ("client-2", 10, 10),
    ]
