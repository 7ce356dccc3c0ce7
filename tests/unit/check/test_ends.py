"""Ends that the lab did not order: what somebody outside did proves nothing, what a server did by itself is named."""

from typing import Any

import pytest

from jsquared.check.ends import ProcessEnds
from jsquared.check.judge import judge
from jsquared.records.event_types import Ended, LogLimit, ProcessChanged, StandUpFailed
from jsquared.records.sources import LAB_PROCESS, RELAY
from support.records import Story, objective

N1, N2 = "redis-n1", "redis-n2"
LOST = objective("lost_writes", 0, "writes")


def story(*, lost: bool = False) -> Story:
    """A trial without faults, in which nothing was lost, or one write was."""
    told = Story(objectives=[LOST], expect_failover=False)
    told.load()
    told.writes("client-1", N1, 0, 2000)
    if lost:
        told.missing(1000, 1002)
    told.finish(N1, settle_ms=2000, end_ms=2000)
    return told


def ended(told: Story, source: str, code: int, by: str = "", **fields: Any) -> None:
    """A process ended, without order unless ``fields`` say so."""
    told.event(
        Ended(**{"pid": 7, "code": code, "by": by, "ordered": False, "words": "", **fields}, source=source, t_ms=1500)
    )


@pytest.mark.parametrize(
    ("source", "code", "by", "fields", "reason"),
    [
        (N2, -9, "SIGKILL", {}, "redis-n2 was killed by SIGKILL from outside (out of memory?)"),
        ("client-1", -15, "SIGTERM", {}, "client-1 was killed by SIGTERM from outside"),
        (N2, 0, "SIGTERM", {}, "redis-n2 was shut down by SIGTERM from outside"),
        (N2, 0, "SHUTDOWN", {}, "redis-n2 was shut down by SHUTDOWN from outside"),
        (RELAY, -9, "SIGKILL", {}, "the relay of impaired links was killed by SIGKILL from outside (out of memory?)"),
        (LAB_PROCESS, -9, "SIGKILL", {}, "the trial's own process was killed by SIGKILL from outside (out of memory?)"),
        (
            N2, -9, "SIGKILL", {"memory": "cgroup /a", "out_of_memory": True},
            "redis-n2 was killed by the kernel: out of memory (cgroup /a)",
        ),
        (
            N2, -9, "SIGKILL", {"memory": "the kernel killed 2", "out_of_memory": False},
            "redis-n2 was killed by SIGKILL from outside (out of memory: the kernel killed 2)",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("lost", [False, True])
def test_an_end_from_outside_outranks_all(
    source: str, code: int, by: str, fields: dict[str, Any], reason: str, lost: bool
) -> None:
    """Inconclusive, with this as the only reason; what seems to be violated is a fact, and no objective's outcome."""
    told = story(lost=lost)
    ended(told, source, code, by, **fields)
    verdict = judge(told.record())
    assert (verdict.outcome, verdict.reasons) == ("inconclusive", [reason])
    assert [result.outcome for result in verdict.objectives] == ["inconclusive" if lost else "pass"]
    assert any(fact.startswith("noted, but not counted: ") for fact in verdict.facts) is lost
    assert verdict.advice == []


def test_a_log_without_end_is_the_reason() -> None:
    """Whose it was, or that all together were too long."""
    told = story(lost=True)
    told.event(LogLimit(limit_bytes=32 << 20, in_ms=3000, alone=True, source=N2, t_ms=900))
    told.event(LogLimit(limit_bytes=128 << 20, in_ms=300, alone=False, source=N1, t_ms=901))
    assert judge(told.record()).reasons == [
        "redis-n2 wrote more than 32 MiB of log in 3.0 s",
        "all processes, redis-n1 above all, wrote more than 128 MiB of log in 0.3 s",
    ]


def test_an_end_from_outside_during_stand_up_is_no_verdict_on_the_configuration() -> None:
    """Of a deployment that did not come up because of it, nothing is said."""
    told = Story(objectives=[LOST])
    ended(told, N1, -9, "SIGKILL")
    told.event(StandUpFailed(detail="redis-n1: was killed by SIGKILL", limit_ms=30_000, t_ms=1600))
    verdict = judge(told.record())
    assert verdict.reasons == ["redis-n1 was killed by SIGKILL from outside (out of memory?)"]


def test_ordered_ends_say_nothing() -> None:
    """What faults and the lab's own clearing up do is no doubt about a pass."""
    told = story()
    ended(told, N2, -9, "SIGKILL", ordered=True)
    ended(told, "client-1", 0, ordered=True)
    assert judge(told.record()).outcome == "pass"


@pytest.mark.parametrize(
    ("code", "by", "text"),
    [
        (-11, "SIGSEGV", "redis-n2 crashed with SIGSEGV at 1.50 s: Redis 7.2.4 crashed by signal: 11"),
        (1, "", "redis-n2 exited with code 1 by itself at 1.50 s: Redis 7.2.4 crashed by signal: 11"),
    ],
)
def test_a_crash_is_named_with_its_last_words(code: int, by: str, text: str) -> None:
    """It is the deployment's own doing: beside a violation it stands among the reasons, otherwise it is a fact."""
    for lost, outcome in ((True, "violated"), (False, "pass")):
        told = story(lost=lost)
        ended(told, N2, code, by, words="Redis 7.2.4 crashed by signal: 11")
        verdict = judge(told.record())
        assert verdict.outcome == outcome
        assert (text in verdict.reasons, text in verdict.facts) == (lost, not lost)


def test_a_crash_that_a_fault_made_is_the_fault_s() -> None:
    """A fault that takes memory or disk away notes that the very process ended by it."""
    told = story()
    ended(told, N2, -6, "SIGABRT", pid=41)
    told.event(ProcessChanged(state="exited", pid=41, reason="fault", source=N2, t_ms=1510))
    assert ProcessEnds().check(told.record()).crashes == []


def test_a_client_that_fails_is_the_lab_s_failure() -> None:
    """What it did not do proves nothing; one that ended as it was told to, at its own time, says nothing."""
    told = story()
    ended(told, "client-1", 0)
    assert judge(told.record()).outcome == "pass"
    ended(told, "client-1", 1, words="cannot be written")
    verdict = judge(told.record())
    assert (verdict.outcome, verdict.reasons) == (
        "inconclusive",
        ["client-1 exited with code 1 by itself at 1.50 s: cannot be written"],
    )


def test_an_interrupted_trial_says_so_first() -> None:
    """That it was interrupted explains all that could not be measured."""
    told = Story(objectives=[LOST])
    told.load()
    told.phase(10, "interrupted")
    assert judge(told.record()).reasons[0] == "the trial was interrupted by a signal after the phase load"
