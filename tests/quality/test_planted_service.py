"""Hand-written trials that keep every objective, and in which something else is wrong; without it they pass."""

from collections.abc import Callable

import pytest

from jsquared.check.judge import judge
from jsquared.records import history as h
from jsquared.records.event_types import Disturbed, GuardTried, LoggedLine, SentinelEvent
from jsquared.records.plan import PlannedGuard
from jsquared.records.verdict import TrialVerdict
from support.records import Story, objective

N1, N2, N3 = "redis-n1", "redis-n2", "redis-n3"
MASTER = "mymaster"
LIMITS = [
    objective("lost_writes", 0, "writes"),
    objective("failover", 10_000),
    objective("write_gap", 10_000),
    objective("convergence", 30_000),
]


def crash(*, more: Callable[[Story], object] = lambda _: None, back_ms: float = 4400, end_ms: float = 30_000) -> Story:
    """The primary is killed at 2 s, n2 is promoted at 3.8 s, and the client is back; ``more`` tells what else happens."""
    story = Story(objectives=LIMITS, expect_failover=True)
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.role(1, N2, "replica", link="up", of=N1)
    story.role(1, N3, "replica", link="up", of=N1)
    story.fault("crash", "kill", [N1], start_ms=2000, heal_ms=20_000)
    more(story)
    if not any(event.event == "+switch-master" for event in story.record().of(SentinelEvent)):
        story.failover(N1, N2, sdown_ms=3500)
    if not any(write > 0 for write in story.record().operations.intended_ns if write >= 4.4e9):
        story.writes("client-1", N2, back_ms, end_ms)
    story.finish(N2, settle_ms=20_000, end_ms=end_ms, converged_ms=25_000)
    return story


def verdict_on(more: Callable[[Story], object], **options: float) -> TrialVerdict:
    """The verdict on the crash with something more."""
    return judge(crash(more=more, **options).record())


def test_nothing_is_wrong_with_the_plain_crash() -> None:
    """The clean history passes."""
    verdict = judge(crash().record())
    assert verdict.outcome == "pass", verdict.reasons


def outage_again(story: Story) -> None:
    """After the first good writes nothing is acknowledged for another 8 s."""
    story.writes("client-1", N2, 4400, 6000)
    story.writes("client-1", "", 6000, 14_000, outcome=h.FAIL, error="no primary known")
    story.writes("client-1", N2, 14_000, 30_000)


def refused_at_last(story: Story) -> None:
    """The new primary refuses every tenth write for ever."""
    story.writes("client-1", N2, 4400, 25_000)
    for at_ms in range(25_000, 30_000, 20):
        story.writes("client-1", N2, at_ms, at_ms + 18)
        story.writes("client-1", N2, at_ms + 18, at_ms + 20, outcome=h.FAIL, error="MISCONF")


def slow_at_last(story: Story) -> None:
    """Every write takes 80 ms once all is over."""
    story.writes("client-1", N2, 4400, 25_000)
    story.writes("client-1", N2, 25_000, 30_000, latency_ms=80.0)


def promoted_twice(story: Story) -> None:
    """A second replica is promoted though the first one serves."""
    story.failover(N1, N2, sdown_ms=3500)
    story.failover(N2, N3, sdown_ms=9000, leader=2)
    story.failover(N3, N2, sdown_ms=12_000, leader=3)


def usurper(story: Story) -> None:
    """A replica makes itself a primary for a while."""
    story.role(7000, N3, "primary")
    story.role(7600, N3, "replica", link="up", of=N2)


def announced_early(story: Story) -> None:
    """The Sentinels give the new address 1.2 s before its node is a primary."""
    story.failover(N1, N2, sdown_ms=3500, steps_ms=(50, 60, 2100, 800, 900))


def noticed_late(story: Story) -> None:
    """The same for the lab, which was busy: the node's own log has it as a primary in time."""
    announced_early(story)
    story.event(LoggedLine(text="Setting secondary replication ID to 0a, valid", source=N2, t_ms=4250))


def held_up(story: Story) -> None:
    """The replica is told only four seconds after the election."""
    story.failover(N1, N2, sdown_ms=3500, steps_ms=(50, 60, 4100, 4500, 4600))
    story.writes("client-1", N2, 8500, 30_000)


def unpublished(story: Story) -> None:
    """One Sentinel publishes what comes before and after the new address, and not that."""
    story.failover(N1, N2, sdown_ms=3500)
    primary, replica = (
        f"{story.placement().node(name).address} {story.placement().node(name).port}" for name in (N1, N2)
    )
    for name in ("sentinel-n1", "sentinel-n2", "sentinel-n3"):
        for at_ms, event, payload in (
            (4150, "+new-epoch", "7"),
            (4400, "+slave", f"slave x {primary} @ {MASTER} {replica}"),
        ):
            for via in ("log", "pubsub"):
                story.sentinel(at_ms, name, event, payload, via)
        if name != "sentinel-n2":
            story.sentinel(4301, name, "+switch-master", f"{MASTER} {primary} {replica}", "pubsub")


def unannounced(story: Story) -> None:
    """The leader ends the failover and says nothing of it afterwards."""
    story.failover(N1, N2, sdown_ms=3500)
    story.sentinel(4900, "sentinel-n1", "+failover-end", f"master {MASTER} 10.77.1.1 6379")


def announced_as_it_was(story: Story) -> None:
    """A Sentinel announces the old address as the new one."""
    story.failover(N1, N2, sdown_ms=3500)
    primary = f"{story.placement().node(N1).address} {story.placement().node(N1).port}"
    story.sentinel(4290, "sentinel-n3", "+switch-master", f"{MASTER} {primary} {primary}")


def alarm(story: Story) -> None:
    """A replica says that its link is out of step."""
    text = "Protocol error (Master using the inline protocol. Desync?) from client: id=7"
    story.event(LoggedLine(level="warning", text=text, source=N3, t_ms=9000))


def needless_copy(story: Story) -> None:
    """The other replica copies everything from the promoted one."""
    story.failover(N1, N2, sdown_ms=3500)
    text = "Full resync from master: 3ecb3f4c4c7f2a6d3e1c:4711"
    for node in (N2, N3):
        story.event(LoggedLine(level="notice", text=text, source=node, t_ms=-500))
    story.event(LoggedLine(level="notice", text=text, source=N3, t_ms=4700))


OTHER = LoggedLine(text="Setting secondary replication ID to 0a, valid", source=N3, t_ms=4250)
PLANTED = [
    (outage_again, "client-1 could not write for 10.4 s in total"),
    (refused_at_last, "were refused or not answered after everything had healed"),
    (slow_at_last, "writes are slower after everything had healed"),
    (promoted_twice, "2 failovers more than planned"),
    (usurper, "redis-n3 has called itself a primary since 7.00 s, though no Sentinel had promoted it"),
    (announced_early, "redis-n2 as primary at 4.30 s, when it was a replica; it became one 1.3 s later"),
    (held_up, "'promote' took 4.04 s, its settings imply at most 2 s"),
    (unpublished, "sentinel-n2 logged +switch-master"),
    (unannounced, "sentinel-n1 ended the failover to redis-n2 at 4.90 s but did not publish a +switch-master"),
    (announced_as_it_was, "replaces itself: clients are led to the old primary"),
    (needless_copy, "redis-n3 copied everything again from redis-n2 at 4.70 s"),
    (alarm, "redis-n3 logged at 9.00 s: Protocol error"),
]


@pytest.mark.parametrize(("more", "words"), PLANTED, ids=[more.__name__ for more, _ in PLANTED])
def test_planted_trouble_is_found(more: Callable[[Story], object], words: str) -> None:
    """Each is violated, with a reason that says it."""
    verdict = verdict_on(more)
    assert verdict.outcome == "violated"
    assert any(words in reason for reason in verdict.reasons), verdict.reasons


def test_a_lab_that_hears_late_is_held_against_nobody() -> None:
    """An announcement is early only where the node's own log does not say that it was a primary by then."""
    verdict = verdict_on(noticed_late)
    assert verdict.outcome == "pass", verdict.reasons
    again = verdict_on(lambda story: (announced_early(story), story.event(OTHER)))
    assert again.outcome == "violated", "another node's promotion proves nothing"


def test_an_earlier_reign_excuses_no_early_announcement() -> None:
    """A node that is promoted a second time is not yet a primary because its log has the first time."""

    def second_reign(story: Story) -> None:
        story.failover(N1, N2, sdown_ms=3500)
        story.event(LoggedLine(text="Setting secondary replication ID to 0a, valid", source=N2, t_ms=4100))
        story.failover(N2, N3, sdown_ms=9000, leader=2)
        story.role(10_000, N2, "replica", link="up", of=N3)
        story.failover(N3, N2, sdown_ms=13_000, leader=3, steps_ms=(50, 60, 2100, 800, 900))

    reasons = verdict_on(second_reign).reasons
    assert any("announced redis-n2 as primary at 13.80 s, when it was a replica" in reason for reason in reasons), (
        reasons
    )


TIMED = [outage_again, slow_at_last, held_up, announced_early, refused_at_last]


@pytest.mark.parametrize("more", TIMED, ids=[more.__name__ for more in TIMED])
def test_a_machine_that_stood_still_is_held_against_nobody(more: Callable[[Story], object]) -> None:
    """What a stall may have caused is inconclusive."""

    def stalled(story: Story) -> None:
        more(story)
        story.event(Disturbed(stall_ms=700.0, t_ms=9000))

    assert verdict_on(stalled).outcome == "inconclusive"


@pytest.mark.parametrize("begin_ms", [1000, 26_000])
@pytest.mark.parametrize(("length_ms", "outcome"), [(600, "pass"), (900, "violated")])
def test_one_short_pause_is_held_against_nobody(begin_ms: int, length_ms: int, outcome: str) -> None:
    """A packet that is repeated twice holds up a replica for 0.6 s; what lasts longer is no lost packet."""

    def pause(story: Story) -> None:
        story.writes("client-1", N2, 4400, 30_000)
        end_ms = begin_ms + length_ms
        story.writes("client-1", N1 if begin_ms < 3000 else N2, begin_ms, end_ms, outcome=h.FAIL, error="NOREPLICAS")

    verdict = verdict_on(pause)
    assert verdict.outcome == outcome, verdict.reasons


def test_a_node_that_came_back_may_say_that_it_is_a_primary() -> None:
    """A process that was started again is what its file says until somebody tells it otherwise."""

    def back(story: Story) -> None:
        usurper(story)
        story.restart(N3, 6500, 6900)

    assert verdict_on(back).outcome == "pass"


def test_a_server_that_ends_for_lack_of_disk_says_so() -> None:
    """Under a fault which leaves it no other choice its last words are no alarm."""
    story = Story(objectives=LIMITS[:1], expect_failover=False)
    story.load()
    story.writes("client-1", N1, 0, 9000)
    story.fault("full", "disk-full", [N3], start_ms=2000, heal_ms=6000)
    story.event(
        LoggedLine(
            level="warning", text="Guru Meditation: Replica was unable to write command to disk.", source=N3, t_ms=2500
        )
    )
    story.finish(N1, settle_ms=6000, end_ms=9000, converged_ms=7000)
    assert judge(story.record()).outcome == "pass"


def lonely(accepted_ms: float, *, error: str = "too few replicas acknowledged", lag_s: int = 3) -> TrialVerdict:
    """The primary is cut off from both replicas at 2 s for 10 s, and accepts writes until some moment; then it refuses them."""
    guard = PlannedGuard(node=N1, name="min-replicas", directive="min-replicas-to-write 1", replicas=1, lag_s=lag_s)
    story = Story(ack="wait:1", objectives=LIMITS[:1], expect_failover=False, guards=(guard,))
    story.load()
    story.fault("cut", "cut", ["n1"], start_ms=2000, heal_ms=12_000, sides=[["n1", "c1"], ["n2", "n3"]], links="all")
    story.writes("client-1", N1, 0, 2000)
    story.writes("client-1", N1, 2000, accepted_ms, every_ms=50, outcome=h.UNKNOWN, error=error, replicas=0)
    story.writes("client-1", N1, accepted_ms, 12_000, every_ms=50, outcome=h.FAIL, error="NOREPLICAS")
    story.writes("client-1", N1, 12_000, 16_000)
    story.finish(N1, settle_ms=12_000, end_ms=16_000, converged_ms=14_000)
    return judge(story.record())


def test_a_lonely_primary_that_refuses_in_time_passes() -> None:
    """It accepts for the lag and a second more."""
    assert lonely(6000).outcome == "pass", lonely(6000).reasons


def test_a_lonely_primary_that_goes_on_accepting_is_found() -> None:
    """min-replicas-to-write has let writes through."""
    verdict = lonely(11_000)
    assert verdict.outcome == "violated"
    assert "redis-n1 accepted 80 writes from 7.00 s on" in verdict.reasons[0]
    assert "'min-replicas-to-write 1' must refuse" in verdict.reasons[0]


def test_writes_that_were_refused_otherwise_are_no_acceptance() -> None:
    """A connection that was lost says nothing of the guard."""
    assert "min-replicas" not in str(lonely(11_000, error="connection lost").reasons)


@pytest.mark.parametrize(("refused", "outcome"), [(True, "pass"), (False, "violated")])
def test_a_guard_that_lets_through_is_found(refused: bool, outcome: str) -> None:
    """What was tried at the end must have been refused."""

    def probe(story: Story) -> None:
        asked, answer = "SET k", "it answered 'OK'"
        story.event(
            GuardTried(
                name="read-only",
                directive="replica-read-only yes",
                asked=asked,
                answer=answer,
                refused=refused,
                source=N3,
                t_ms=30_500,
            )
        )

    verdict = verdict_on(probe)
    assert verdict.outcome == outcome
    assert refused or "redis-n3 accepted SET k, which 'replica-read-only yes' must refuse" in verdict.reasons[0]


def test_a_copy_by_who_came_back_is_not_needless() -> None:
    """The old primary starts from its disk and copies what the new one has."""

    def back(story: Story) -> None:
        story.event(
            LoggedLine(level="notice", text="Full resync from master: 3ecb3f4c4c7f2a6d3e1c:1", source=N2, t_ms=-500)
        )
        story.event(
            LoggedLine(
                level="notice", text="Full resync from master: 3ecb3f4c4c7f2a6d3e1c:4711", source=N1, t_ms=21_000
            )
        )

    assert verdict_on(back).outcome == "pass"


def test_what_tcp_repeats_late_is_not_refused() -> None:
    """After links have lost packets connections may stand still for a while, with nobody at fault."""
    story = Story(objectives=LIMITS[:1], expect_failover=False)
    story.load()
    story.writes("client-1", N1, 0, 6000)
    story.fault("lossy", "loss", [N1], start_ms=2000, heal_ms=6000)
    story.writes("client-1", N1, 6000, 6900, outcome=h.UNKNOWN, error="timeout")
    story.writes("client-1", N1, 6900, 8000)
    story.finish(N1, settle_ms=6010, end_ms=8000, converged_ms=6100)
    assert judge(story.record()).outcome == "pass", judge(story.record()).reasons


def test_sentinels_that_have_forgotten_may_promote_again() -> None:
    """Where the trial kept them from writing down what they know, a second failover is what the scenario asks for."""

    def forgetful(story: Story) -> None:
        story.fault("forget", "disk-read-only", ["sentinel-n1", "sentinel-n2"], start_ms=1000, heal_ms=20_000)
        promoted_twice(story)

    assert not any("more than planned" in reason for reason in verdict_on(forgetful).reasons)
