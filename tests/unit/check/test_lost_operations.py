"""Operations with a model in whole records: counts, sentences, causes, and what cannot be judged."""

from dataclasses import replace

import pytest

from jsquared.check.judge import judge
from jsquared.records import history as h
from jsquared.records.contents import STAYS, Entry, digest_of
from jsquared.records.models.catalogue import MODELS, call_of
from support.records import Story, objective

N1, N2 = "redis-n1", "redis-n2"
LOST = objective("lost_operations", 0, "operations")
PREFIX = h.KEY_PREFIX.encode()


def key_of(kind: str, series: int = 0) -> bytes:
    """The first key of a series of client-1."""
    slot = series * 8 * len(MODELS) + [model.name for model in MODELS].index(kind)
    return call_of(PREFIX, 0, slot).keys[0]


def crash(**plan: object) -> Story:
    """The primary is killed at 4 s, n2 is promoted at 5.8 s; operations go on all the time, and nothing is lost."""
    story = Story(objectives=[LOST], **plan)  # type: ignore[arg-type]
    story.load()
    story.writes("client-1", N1, 0, 4000)
    story.writes("client-1", "", 4000, 6400, outcome=h.FAIL, error="connection refused")
    story.gives("client-1", N1, 0, 4000)
    story.gives("client-1", "", 4000, 6400, outcome=h.FAIL, error="connection refused")
    story.fault("crash", "kill", [N1], start_ms=4000, heal_ms=8000)
    story.failover(N1, N2, sdown_ms=5500)
    story.writes("client-1", N2, 6400, 11_000)
    story.gives("client-1", N2, 6400, 11_000)
    story.finish(N2, settle_ms=8000, end_ms=11_000, converged_ms=9000)
    return story


def test_a_clean_trial_passes_and_counts() -> None:
    """Every operation is counted by kind, none is lost, and the sentence says how many there were."""
    verdict = judge(crash().record())
    assert (verdict.outcome, verdict.reasons) == ("pass", ["1 objective met: lost 0 of 860 acknowledged operations"])
    counts = verdict.operations
    assert (counts.attempted, counts.acknowledged, counts.lost, counts.anomalies) == (1100, 860, 0, 0)
    assert set(counts.kinds) == {model.name for model in MODELS}
    assert sum(kind.attempted for kind in counts.kinds.values()) == 1100


def test_a_lost_tail_is_counted_and_traced() -> None:
    """The last operations before the crash are missing: each is counted, and the cause is that of lost writes."""
    story = crash()
    story = _with_tail_lost(story)
    verdict = judge(story.record())
    assert verdict.outcome == "violated"
    assert verdict.operations.lost == 3
    [group] = verdict.operation_losses
    assert (group.cause, group.node, group.count) == ("asynchronous tail", N1, 3)
    assert all(key.startswith("jsq:app:") for key in group.keys)
    assert "lost 3 of 860 acknowledged operations" in verdict.reasons[0]
    assert "asynchronous tail on redis-n1 between" in verdict.reasons[0]


def test_of_many_kinds_the_worst_are_told() -> None:
    """A reason with a dozen kinds is not read; the counts of all are in the verdict."""
    verdict = judge(_with_tail_lost(crash(), 3000).record())
    kinds = [name for name, kind in verdict.operations.kinds.items() if kind.lost]
    assert len(kinds) > 4
    assert f" and {len(kinds) - 3} other kinds): asynchronous tail" in verdict.reasons[0]


def _with_tail_lost(story: Story, from_ms: int = 3970) -> Story:
    """As if the last 30 ms (or more) before the crash had never been applied; of the kinds that show each operation."""
    told = Story(objectives=[LOST])
    told._events, told._faults, told._history = story._events, story._faults, story._history
    told._read, told._final = story._read, story._final
    told.gives("client-1", N1, 0, from_ms)
    told.gives("client-1", N1, from_ms, 4000, applied=False)
    told.gives("client-1", "", 4000, 6400, outcome=h.FAIL, error="connection refused")
    told.gives("client-1", N2, 6400, 11_000)
    return told


def test_below_the_level_a_loss_is_a_fact() -> None:
    """Where no objective forbids it, lost operations are counted and said."""
    story = _with_tail_lost(crash())
    story._objectives = (objective("convergence", 30_000),)
    verdict = judge(story.record())
    assert verdict.outcome == "pass"
    assert "3 of 860 acknowledged operations with a model were lost, which no objective forbids" in verdict.facts


def test_an_anomaly_is_a_violation_at_every_level() -> None:
    """A text with a piece twice is named with cause, kind, key, node and operation, whatever the objectives are."""
    story = crash()
    story._objectives = (objective("convergence", 30_000),)
    key = key_of("append")
    held = story.held(key)
    assert held is not None
    value = held.value[:32] + held.value[16:]
    story.holds(N2, key, replace(held, value=value, digest=digest_of("string", value)))
    verdict = judge(story.record())
    assert verdict.outcome == "violated"
    assert verdict.reasons[0] == (
        "operations: applied twice: a key (append) on redis-n2, such as jsq:app:append:0:0; "
        "APPEND (step 1) acknowledged at 0.15 s"
    )
    assert [one.cause for one in verdict.operations.found] == ["applied twice"]
    assert verdict.operations.kinds["append"].anomalies == 1


def test_without_the_content_nothing_is_known() -> None:
    """Where the final primary was not read, neither losses nor anything else about operations is called zero."""
    record = crash().record()
    record = replace(record, contents={})
    verdict = judge(record)
    assert verdict.outcome == "inconclusive"
    assert verdict.operations.lost is None
    assert "the content of redis-n2 was not read, so the fate of the operations is unknown" in verdict.reasons


def test_what_was_partly_refused_is_not_judged() -> None:
    """Nobody knows what half a transaction made of its keys: where others were acknowledged on them, nothing is proven."""
    story = crash()
    story.gives("client-1", N2, 11_000, 11_010, outcome=h.UNKNOWN, error="partly refused")
    verdict = judge(story.record())
    assert verdict.outcome == "inconclusive"
    assert verdict.operations.unjudged == 1
    assert verdict.reasons[0].startswith("1 series of operations, with 4 that were acknowledged, could not be judged")


def test_a_series_of_which_nothing_was_acknowledged_is_a_fact() -> None:
    """Nobody was told that anything of it had been stored."""
    story = Story(objectives=[LOST], expect_failover=False)
    story.load()
    story.writes("client-1", N1, 0, 4000)
    story.gives("client-1", N1, 0, 1, outcome=h.UNKNOWN, error="partly refused")
    story.gives("client-1", N1, 10, 4000)
    for _ in range(3):
        story.gives("client-1", "", 4000, 4001, outcome=h.FAIL, error="not available here")
    story._modelled.blocks[0][1]["outcome"][12::13] = h.FAIL
    story._modelled.blocks[0][1]["applied"][12::13] = False
    story.finish(N1, settle_ms=4000, end_ms=5000)
    verdict = judge(story.record())
    assert verdict.operations.kinds["versions"].acknowledged == 0
    assert verdict.outcome == "pass", verdict.reasons
    assert any("1 series of operations, with 0 that were acknowledged" in fact for fact in verdict.facts)


def test_what_broke_too_often_is_not_judged() -> None:
    """Operations in flight on five connections that broke within one series: whatever is there, nothing is claimed of it."""
    story = Story(objectives=[LOST], expect_failover=False)
    story.load()
    story.writes("client-1", N1, 0, 4000)
    story.gives("client-1", N1, 0, 260)
    for number in range(6 * len(MODELS)):
        at_ms = 260.0 + 10 * number
        story.gives("client-1", N1, at_ms, at_ms + 1, outcome=h.UNKNOWN, error="timeout")
    story.finish(N1, settle_ms=4000, end_ms=5000)
    verdict = judge(story.record())
    assert verdict.operations.unjudged > len(MODELS) / 2
    assert verdict.outcome == "inconclusive"
    assert any("could not be judged" in reason for reason in verdict.reasons)


def test_a_kind_that_is_not_available_is_said() -> None:
    """The kinds of which nothing was acknowledged are facts with the reasons, and no violations."""
    story = Story(objectives=[LOST], expect_failover=False)
    story.load()
    story.writes("client-1", N1, 0, 4000)
    for slot in range(26):
        forbidden = MODELS[slot % len(MODELS)].name == "script"
        story.gives(
            "client-1", "" if forbidden else N1, 100 * slot, 100 * slot + 1,
            outcome=h.FAIL if forbidden else h.OK, error="not available here" if forbidden else "",
        )  # fmt: skip
    story.finish(N1, settle_ms=4000, end_ms=5000)
    verdict = judge(story.record())
    assert verdict.outcome == "pass", verdict.reasons
    assert "no operation of the kind 'script' was acknowledged: 2 x not available here" in verdict.facts


@pytest.mark.parametrize("entry", [None, Entry("string", STAYS, digest_of("string", b"x"), b"x")])
def test_a_key_in_another_database_is_looked_for_there(entry: Entry | None) -> None:
    """The keys of 'database' lie in databases 1 and 2; missing there they are lost, with rubbish corrupted."""
    story = crash()
    story.holds(N2, key_of("database"), entry, database=1)
    verdict = judge(story.record())
    assert verdict.outcome == "violated"
    assert verdict.operations.found[0].database == 1
    assert verdict.operations.found[0].cause == ("lost" if entry is None else "corrupted")
