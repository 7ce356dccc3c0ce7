"""What servers replied, in whole records: wrong at every level, gone back where it may not, and right."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from jsquared.check import replies
from jsquared.check.judge import judge
from jsquared.records import history as h
from jsquared.records.event_types import AgreementChanged, DatasetRead
from jsquared.records.models.catalogue import MODELS, slots_of
from support.records import Story, objective

N1, N2 = "redis-n1", "redis-n2"
NO_LOSS = objective("lost_operations", 0, "operations")
ANY_LOSS = objective("convergence", 30_000)


def slot_of(kind: str, step: int, series: int = 0) -> int:
    """The number of an operation of client-1."""
    return slots_of([model.name for model in MODELS].index(kind), series)[step]


def crash(*objectives: object, **plan: object) -> Story:
    """The primary is killed at 4 s in the middle of the series, n2 is promoted; operations go on, and nothing is lost."""
    story = Story(objectives=objectives or [NO_LOSS], **plan)  # type: ignore[arg-type]
    story.load()
    story.writes("client-1", N1, 0, 4000)
    story.writes("client-1", "", 4000, 6400, outcome=h.FAIL, error="connection refused")
    story.gives("client-1", N1, 0, 4000, every_ms=100.0)
    story.fault("crash", "kill", [N1], start_ms=4000, heal_ms=8000)
    story.failover(N1, N2, sdown_ms=5500)
    story.writes("client-1", N2, 6400, 11_000)
    story.gives("client-1", N2, 6400, 11_000, every_ms=20.0)
    story.finish(N2, settle_ms=8000, end_ms=11_000, converged_ms=9000)
    return story


def said(story: Story) -> tuple[str, list[str], list[str]]:
    """The outcome, and what reasons and facts say of replies."""
    verdict = judge(story.record())
    return (
        verdict.outcome,
        [text for text in verdict.reasons if text.startswith("replies:")],
        [text for text in verdict.facts if text.startswith("replies:")],
    )


def test_right_replies_say_nothing() -> None:
    """A clean trial passes."""
    assert said(crash()) == ("pass", [], [])


@pytest.mark.parametrize("level", [NO_LOSS, ANY_LOSS], ids=["no loss", "any loss"])
def test_a_wrong_reply_violates_at_every_level(level: object) -> None:
    """More than was ever sent: named with client, kind, key, operation, node, time, and what was expected."""
    story = crash(level)
    story.replied("client-1", slot_of("counter", 3), 2111)
    outcome, [reason], _ = said(story)
    assert outcome == "violated"
    assert reason == (
        "replies: wrong reply to client-1: a key (counter), such as jsq:app:counter:0:0; "
        "INCRBY (step 3) acknowledged by redis-n2 at 6.40 s: it was 2111, but 1111 was expected"
    )


BACK = (
    "replies: reply that goes back to client-1: a key (counter), such as jsq:app:counter:0:0; "
    "INCRBY (step 3) acknowledged by redis-n2 at 6.40 s: it was 1011, but 1111 was expected, as if there had been no "
    "step 2, acknowledged by redis-n1 at 2.70 s (why they are lost: asynchronous tail 1)"
)


def gone_back(*objectives: object) -> Story:
    """What the new primary says of a counter lacks the last step before the crash, though the content has it at the end."""
    story = crash(*objectives)
    for step in range(3, 8):
        story.replied("client-1", slot_of("counter", step), 10 ** (step + 1) // 9 - 100)
    return story


def test_where_nothing_may_be_lost_a_reply_that_goes_back_violates() -> None:
    """With the operations that it lacks, and why they are lost, as the content check says."""
    assert said(gone_back(NO_LOSS)) == ("violated", [BACK], [])


def test_elsewhere_a_reply_that_goes_back_is_a_fact() -> None:
    """At a level that allows losses."""
    assert said(gone_back(ANY_LOSS)) == ("pass", [], [BACK])


def test_before_anything_has_happened_no_loss_explains_it() -> None:
    """A counter that goes back on a primary that nothing had touched yet, at any level; not where servers may drop keys by themselves."""
    story = crash(ANY_LOSS)
    for step in range(2, 8):
        story.replied("client-1", slot_of("counter", step), 10 ** (step + 1) // 9 - 11)
    outcome, reasons, _ = said(story)
    assert outcome == "violated"
    assert reasons[0].endswith(
        "INCRBY (step 2) acknowledged by redis-n1 at 2.70 s: it was 100, but 111 was expected, as if there had been no "
        "steps 0 and 1, acknowledged by redis-n1 from 0.10 s to 1.40 s, "
        "though nothing had happened to redis-n1 yet"
    )
    record = story.record()
    evicts = {"redis-n1.conf": "port 6379\nmaxmemory-policy allkeys-lru\n"}
    placement = msgspec.structs.replace(record.placement, config_files=evicts)
    assert judge(replace(record, placement=placement)).outcome == "pass"


def test_an_entry_that_has_another_identifier_is_wrong() -> None:
    """What XADD gave is what the entry must have at the end."""
    story = crash(ANY_LOSS)
    story.replied("client-1", slot_of("stream", 1), b"2-7")
    outcome, reasons, _ = said(story)
    assert outcome == "violated"
    assert reasons[0].endswith("it was 2-7, and at the end the entry is 2-0")


def test_what_was_not_kept_is_not_judged() -> None:
    """A run of an older lab says so in a fact, and an acknowledged operation without a reply is inconclusive."""
    story = crash(ANY_LOSS)
    record = story.record()
    old = replace(record, modelled=replace(record.modelled, reply=None, reply_kind=None))
    verdict = judge(old)
    assert verdict.outcome == "pass"
    assert "servers' replies to operations were not kept, so they are not judged" in verdict.facts
    kinds = np.array(record.modelled.reply_kind)
    kinds[0] = h.NOT_RECORDED
    verdict = judge(replace(record, modelled=replace(record.modelled, reply_kind=kinds)))
    assert verdict.outcome == "inconclusive"
    assert "the replies to 1 acknowledged operation were not kept" in verdict.reasons


def test_several_keys_are_told_together() -> None:
    """One sentence a cause and client, with the first of them."""
    story = crash(ANY_LOSS)
    story.replied("client-1", slot_of("fields", 0), 5)
    story.replied("client-1", slot_of("queue", 2), b"other")
    story.replied("client-1", slot_of("queue", 2, 1), b"other")
    [reason] = said(story)[1]
    assert reason.startswith(
        "replies: wrong reply to client-1: 3 keys (fields and queue), such as jsq:app:fields:0:0; HSET (step 0)"
    )


def test_of_what_is_no_number_it_is_said_what_it_was_not() -> None:
    """Only a digest of it was kept."""
    story = crash(ANY_LOSS)
    story.replied("client-1", slot_of("queue", 2), b"other")
    [reason] = said(story)[1]
    assert reason.endswith("RPOPLPUSH (step 2) acknowledged by redis-n1 at 3.20 s: it was not 0.0.0__________;")


def test_what_cannot_be_judged_is_left_to_the_content_check() -> None:
    """Series of which an operation was partly refused, or under which connections broke too often: it says how many there were."""
    story = crash(ANY_LOSS)
    story.replied("client-1", slot_of("counter", 2), 100)
    record = story.record()
    error = np.array(record.modelled.error)
    error[slot_of("counter", 1)] = h.ERROR_CODES["partly refused"]
    verdict = judge(replace(record, modelled=replace(record.modelled, error=error)))
    assert not any(text.startswith("replies:") for text in verdict.reasons)
    outcome, error, kinds = (
        np.array(column) for column in (record.modelled.outcome, record.modelled.error, record.modelled.reply_kind)
    )
    for step in (0, 1, 3, 4, 5):
        row = slot_of("counter", step)
        outcome[row], error[row], kinds[row] = h.UNKNOWN, h.ERROR_CODES["timeout"], h.NOT_RECORDED
    broken = replace(record.modelled, outcome=outcome, error=error, reply_kind=kinds)
    verdict = judge(replace(record, modelled=broken))
    assert not any(text.startswith("replies:") for text in verdict.reasons)
    assert verdict.outcome == "inconclusive"


def test_what_was_seen_survives_a_crash_of_its_explanation(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays violated, and the crash is said; so it is without a final primary, and of a node that nobody knows."""

    def crashing(*_: object) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(replies, "explain_losses", crashing)
    record = gone_back(NO_LOSS).record()
    verdict = judge(record)
    assert verdict.reasons[0] == BACK.partition(" (why")[0]
    assert any("causes of replies that go back" in reason for reason in verdict.reasons)
    nameless = [event for event in record.events if not isinstance(event, DatasetRead | AgreementChanged)]
    node = np.array(record.modelled.node)
    node[slot_of("counter", 3)] = h.NO_NODE
    found = replies.Replies().check(
        replace(record, events=nameless, modelled=replace(record.modelled, node=node), contents={})
    )
    [note] = found.notes
    assert "INCRBY (step 3) acknowledged by an unknown node" in note.text
    assert "why they are lost" not in note.text


def test_an_answer_that_was_not_confirmed_is_judged_too() -> None:
    """Too few replicas had it, or the connection broke before they could say so: what it said must be possible all the same."""
    for error in ("too few replicas acknowledged", "connection lost"):
        record = gone_back(ANY_LOSS).record()
        row = slot_of("counter", 3)
        outcome, errors = np.array(record.modelled.outcome), np.array(record.modelled.error)
        outcome[row], errors[row] = h.UNKNOWN, h.ERROR_CODES[error]
        verdict = judge(replace(record, modelled=replace(record.modelled, outcome=outcome, error=errors)))
        assert BACK.replace("(step 3) acknowledged", "(step 3) answered") in verdict.facts
