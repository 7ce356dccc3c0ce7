"""What keeps good numbers from passing: faults without proof, too little load, a machine that stalled, acknowledgements that were none."""

import msgspec
import numpy as np
import pytest

from jsquared.check.ack_level import AckLevel, majority_level
from jsquared.check.checker import Checker, Findings
from jsquared.check.convergence import ConvergenceChecker
from jsquared.check.disturbance import Disturbance
from jsquared.check.fault_evidence import FaultEvidence
from jsquared.check.fault_spans import FaultSpan, fault_spans
from jsquared.check.load_sufficiency import LoadSufficiency
from jsquared.check.timeline import Timeline
from jsquared.records import history as h
from jsquared.records.event_types import Converged, DatasetRead, Disturbed, FaultBit, FaultStarted, ProcessChanged
from support.records import Story, objective

N1, N2, N3 = "redis-n1", "redis-n2", "redis-n3"


def texts(findings: Findings) -> list[str]:
    """The notes, all of them inconclusive."""
    assert {note.outcome for note in findings.notes} <= {"inconclusive"}
    return [note.text for note in findings.notes]


def said(checker: Checker, story: Story) -> list[str]:
    """What a checker notes about a story."""
    return texts(checker.check(story.record()))


# --- faults


def test_a_proven_fault_becomes_a_result() -> None:
    """Targets, times and both proofs are passed on."""
    story = Story()
    story.fault("crash", "kill", [N1], start_ms=2000, heal_ms=6000)
    findings = FaultEvidence().check(story.record())
    (found,) = findings.faults
    assert texts(findings) == []
    assert (found.id, found.name, found.targets, found.started_ms, found.healed_ms) == (
        "crash",
        "kill",
        [N1],
        2000,
        6010,
    )
    assert (found.bit, found.healed, found.evidence, found.heal_evidence) == (True, True, "probed", "probed again")


def test_doubts_name_the_fault_without_repeating_itself() -> None:
    """An id that equals the name is said once; missing evidence is called that."""
    story = Story()
    story.fault("kill", "kill", [N1], start_ms=None, heal_ms=None)
    assert said(FaultEvidence(), story) == ["the fault kill never started"]
    record = Story().record()
    record.events.extend(_events("f9", bit=False))
    assert texts(FaultEvidence().check(record)) == ["the fault f9 did not bite: no evidence given"]


@pytest.mark.parametrize(
    ("proofs", "doubt"),
    [
        ({"bit": None}, "has no evidence that it bit"),
        ({"bit": False}, "did not bite: probed"),
        ({"healed": None}, "was never proven to have healed"),
        ({"healed": False}, "did not heal: probed again"),
    ],
)
def test_each_missing_proof_is_a_doubt(proofs: dict[str, bool | None], doubt: str) -> None:
    """Biting and healing are both proven, or the trial shows nothing."""
    story = Story()
    story.fault("crash", "kill", [N1], start_ms=2000, heal_ms=6000, **proofs)
    assert said(FaultEvidence(), story) == [f"the fault crash (kill) {doubt}"]


def _events(number: str, *, bit: bool) -> list:  # type: ignore[type-arg]
    story = Story()
    story.event(FaultStarted(number, t_ms=1))
    story.event(FaultStarted(number, t_ms=2))
    story.event(FaultBit(number, ok=bit, t_ms=3))
    return story.record().events[1:]


def span(story: Story) -> FaultSpan:
    """The only fault of a story."""
    (only,) = fault_spans(story.record())
    return only


def test_a_cut_separates_hosts_on_different_sides_only() -> None:
    """By role and side; a port that is neither node's separates nothing."""
    story = Story(apart=True)
    sides = [["n1"], ["n2", "s1", "s2"]]
    story.fault("cut", "cut", ["n1"], start_ms=1, heal_ms=2, sides=sides, links="replication")
    plan, cut = story.plan(), span(story)
    n1, n2, n3 = story.placement().data
    assert cut.separates(n1, n2)
    assert cut.separates(n2, n1)
    assert not cut.separates(n1, n3)
    assert not cut.separates(n1, n1)
    assert not cut.blinds(n1, plan.sentinels())
    assert not cut.stops(n1)
    cut.port = 26379
    assert not cut.separates(n1, n2)
    cut.port, cut.links = 6379, "sentinels"
    assert cut.blinds(n1, plan.sentinels())
    assert not cut.separates(n1, n2)


def test_a_cut_without_sides_isolates_its_targets() -> None:
    """Nodes and clients are looked up; everyone else is the other side."""
    story = Story(clients=2)
    story.fault("cut", "cut", [N1, "client-1"], start_ms=1, heal_ms=2)
    assert span(story).sides == (frozenset({"n1", "c1"}), frozenset({"n2", "n3", "c2"}))


def test_spans_that_never_end_or_begin_are_infinite() -> None:
    """Missing events mean never; the beginning of healing stands in for its proof."""
    assert FaultSpan("f", "kill", ()).start_ms == FaultSpan("f", "kill", ()).end_ms == float("inf")
    assert FaultSpan("f", "kill", (), healing_ms=5.0).end_ms == 5.0


# --- enough


def test_too_few_writes_and_no_load_prove_nothing() -> None:
    """Fewer acknowledgements than the plan asks, a client that wrote nothing, one that ended early."""
    story = Story(clients=3, minimum_acknowledged=1000)
    story.load()
    story.writes("client-1", N1, 0, 100)
    story.writes("client-2", N1, 0, 1800)
    assert said(LoadSufficiency(), story) == [
        "only 950 writes acknowledged, fewer than the 1,000 needed to prove anything",
        "client-3 wrote nothing",
        "client-1 stopped writing at 0.10 s, long before the load ended at 1.80 s",
    ]


def test_load_only_after_the_fault_proves_nothing() -> None:
    """Nothing was acknowledged before it, and nothing tried during it."""
    story = Story()
    story.load()
    story.fault("crash", "kill", [N1], start_ms=100, heal_ms=1500)
    story.writes("client-1", N1, 5000, 6000)
    assert said(LoadSufficiency(), story) == [
        "no write was acknowledged before the first fault at 0.10 s",
        "no client tried to write during the fault crash",
    ]


def test_load_around_every_fault_is_enough() -> None:
    """A restart is over at once: the second after its beginning counts."""
    story = Story()
    story.load()
    story.fault("restart", "restart", [N1], start_ms=1001, heal_ms=1001.5)
    story.fault("later", "kill", [N1], start_ms=None, heal_ms=None)
    story.writes("client-1", N1, 0, 3000)
    assert said(LoadSufficiency(), story) == []


# --- disturbance


def stalls(*at_and_length: tuple[float, float], load: bool = True) -> list[str]:
    """What is noted of stalls in a trial with load from 0 to 9 s."""
    story = Story()
    if load:
        story.load(1000)
        story.finish(N1, settle_ms=6000, end_ms=9000)
    for at_ms, length_ms in at_and_length:
        story.event(Disturbed(stall_ms=length_ms, t_ms=at_ms))
    return said(Disturbance(), story)


def test_long_stalls_under_load_are_named() -> None:
    """The longest, when, and how much all of them were."""
    assert stalls((4000, 499)) == []
    assert stalls((4000, 812)) == ["the machine itself stalled for 0.81 s at 4.00 s: its times are not Redis' alone"]
    (both,) = stalls((4000, 812), (5000, 600))
    assert "0.81 s at 4.00 s (1.41 s in all)" in both


def test_stalls_before_or_after_the_load_do_not_matter() -> None:
    """Stand-up and read-back may take their time; one that reaches into the load counts."""
    assert stalls((500, 900), (9950, 900)) == []
    assert len(stalls((9500, 900))) == 1
    assert stalls((500, 900), load=False) == []


# --- acknowledgement level


@pytest.mark.parametrize(("hosts", "level"), [(2, 1), (3, 1), (4, 2), (5, 2)])
def test_the_majority_level(hosts: int, level: int) -> None:
    """Half of the replicas, rounded up: with the primary, a majority."""
    assert majority_level(Story(hosts=hosts).plan()) == level


def test_a_level_below_the_majority_is_a_fact() -> None:
    """It is no outcome: the client's choice is a trade, and its price is said."""
    findings = AckLevel().check(Story(hosts=5, ack="wait:1").record())
    assert findings.facts == [
        "acknowledgement at wait:1 promises nothing across a failover: with 4 replicas the majority level is wait:2"
    ]
    assert AckLevel().check(Story(ack="wait:1").record()).facts == []


def test_acknowledgements_below_the_level_are_doubted() -> None:
    """A client that counted a write with fewer confirmations than asked did not measure the level."""
    story = Story(ack="wait:2")
    story.writes("client-1", N1, 0, 10, replicas=1)
    assert said(AckLevel(), story) == [
        "5 writes counted as acknowledged with fewer than the 2 replicas that wait:2 requires"
    ]


# --- convergence


def converged(**finish: object) -> Story:
    """A crash that healed at 4 s, converged at 5 s."""
    story = Story(objectives=[objective("convergence", 30_000)])
    story.load()
    story.writes("client-1", N1, 0, 6000)
    story.fault("crash", "kill", [N2], start_ms=2000, heal_ms=4000)
    story.finish(N1, settle_ms=4100, end_ms=6000, converged_ms=5000, **finish)  # type: ignore[arg-type]
    return story


def problems(story: Story) -> tuple[str, ...]:
    """What was not one."""
    found = ConvergenceChecker().check(story.record()).convergence
    assert found is not None
    assert (found.took_ms is None) == bool(found.problems)
    assert found.waited_ms == 1000
    return found.problems


def test_convergence_counts_from_the_beginning_of_the_last_heal() -> None:
    """A second from the heal to the moment when all were one."""
    assert problems(converged()) == ()


def test_without_a_heal_convergence_counts_from_the_settling() -> None:
    """A trial without faults settles at once; one that does not even say when counts as zero."""
    story = Story()
    story.finish(N1, settle_ms=4000, end_ms=4500)
    found = ConvergenceChecker().check(story.record()).convergence
    assert found is not None
    assert found.took_ms == 500
    bare = Story()
    bare.event(Converged(stage="settle", ok=True, detail="", t_ms=10))
    found = ConvergenceChecker().check(bare.record()).convergence
    assert found is not None
    assert found.took_ms == 0


def test_differing_content_is_not_convergence() -> None:
    """A replica that lacks a write, or holds more keys, is not equal, whatever it says of its link."""
    story = converged()
    story.missing(100, 104, nodes=[N3])
    assert problems(story) == (f"{N3} and {N1} differ in 2 keys",)
    story = converged()
    record = story.record()
    record.events[:] = [
        msgspec.structs.replace(event, keys=9999) if isinstance(event, DatasetRead) and event.source == N2 else event
        for event in record.events
    ]
    found = ConvergenceChecker().check(record).convergence
    assert found is not None
    assert found.problems == (f"{N2} holds 9,999 keys, {N1} 3,000",)


def test_falling_apart_after_convergence_is_seen() -> None:
    """A second primary, or a node that goes down before it is read back; a state that passed does not count."""
    story = converged()
    story.role(5500, N2, "primary")
    story.role(5600, N3, "down")
    assert problems(story) == (
        f"{N2} became a second primary at 5.50 s, after convergence",
        f"{N3} went down at 5.60 s, after convergence",
    )
    story.role(5700, N2, "replica", link="up", of=N1)
    story.role(5700, N3, "replica", link="up", of=N1)
    story.role(5700, N1, "primary")
    story.role(6150, N3, "down")  # the lab ends its servers after the read-back
    assert problems(story) == ()


def test_without_an_objective_a_divided_deployment_is_inconclusive() -> None:
    """Nobody asked for convergence, but a final primary of a divided deployment proves little."""
    story = Story()
    story.finish(N1, settle_ms=10, end_ms=20, converged="two primaries")
    assert said(ConvergenceChecker(), story) == ["the deployment did not converge: two primaries"]
    story = Story()
    story.event(Converged(stage="settle", ok=False, t_ms=10))
    assert said(ConvergenceChecker(), story)[0].endswith("no reason given")


def test_content_that_was_not_read_is_not_compared() -> None:
    """Nodes without a read-back, or with holes, leave equality open."""
    assert said(ConvergenceChecker(), converged(read=[N1])) == [
        f"the content of {N2} and {N3} was not compared, since not all of it could be read back"
    ]
    story = converged()
    story.missing(0, 2, nodes=[N2], found=h.NOT_READ)
    assert said(ConvergenceChecker(), story) == [
        f"the content of {N2} was not compared, since not all of it could be read back"
    ]
    assert problems(story) == ()


# --- the timeline's smaller answers


def test_restarts_pair_exits_with_starts() -> None:
    """The first start is no restart, and an exit without a start is none either."""
    story = Story()
    story.event(ProcessChanged(state="started", source=N1, t_ms=0))
    story.restart(N1, 100, 200)
    story.event(ProcessChanged(state="stopped", source=N1, t_ms=300))
    story.event(ProcessChanged(state="exited", source=N1, t_ms=400))
    story.event(ProcessChanged(state="started", source=N2, t_ms=500))
    timeline = Timeline.of(story.record())
    assert [(restart.exited_ms, restart.started_ms) for restart in timeline.restarts(N1)] == [(100, 200)]
    assert timeline.restarts(N2) == []


def test_link_down_since_follows_the_replica_s_word() -> None:
    """Down from the first word of it until up again."""
    story = Story()
    for at_ms, link in ((100, "up"), (200, "down"), (300, "down"), (400, "up")):
        story.role(at_ms, N2, "replica", link=link)
    timeline = Timeline.of(story.record())
    assert [timeline.link_down_since(N2, at) for at in (50, 150, 250, 350, 450)] == [None, None, 200, 200, None]


def test_pauses_are_found_by_node_and_moment() -> None:
    """Only a pause of that node, at that moment."""
    story = Story()
    story.fault("crash", "kill", [N1], start_ms=100, heal_ms=900)
    story.fault("hang", "pause", [N1], start_ms=200, heal_ms=300)
    timeline = Timeline.of(story.record())
    assert timeline.pause_over(N1, 250) is timeline.faults[1]
    assert timeline.pause_over(N1, 400) is None
    assert timeline.pause_over(N2, 250) is None
    assert timeline.pause_over("nobody", 250) is None
    assert timeline.number_of("nobody") == h.NO_NODE
    assert np.isinf(timeline.reigns[0].from_ms)
