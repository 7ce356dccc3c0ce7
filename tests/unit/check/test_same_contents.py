"""The content of the nodes: each difference between primary and replica is named, and so is what nobody wrote."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from jsquared.check.judge import judge
from jsquared.records.contents import STAYS, Entry, digest_of
from jsquared.records.event_types import ContentsRead
from jsquared.records.plan import Engine
from jsquared.records.verdict import TrialVerdict
from support.records import Story, objective

N1, N2, N3 = "redis-n1", "redis-n2", "redis-n3"
LASTING, APPEND, UNIQUE = b"jsq:app:lasting:0:0", b"jsq:app:append:0:0", b"jsq:0:7"


def quiet(**plan: object) -> Story:
    """Nothing happens: n1 stays the primary."""
    story = Story(objectives=[objective("lost_writes", 0, "writes")], expect_failover=False, **plan)  # type: ignore[arg-type]
    story.load()
    story.writes("client-1", N1, 0, 2000)
    story.gives("client-1", N1, 0, 2000)
    story.finish(N1, settle_ms=2000, end_ms=4000)
    return story


def entry(story: Story, key: bytes) -> Entry:
    """What all nodes hold of a key."""
    held = story.held(key)
    return held if held is not None else Entry("string", STAYS, digest_of("string", key.ljust(64, b"x")))


def judged(change: Callable[[Story], None]) -> TrialVerdict:
    """The verdict on the quiet trial with a change."""
    story = quiet()
    assert judge(story.record()).outcome == "pass"
    change(story)
    return judge(story.record())


def other(story: Story, key: bytes, **changes: object) -> None:
    """Node 3 holds a key otherwise."""
    story.holds(N3, key, replace(entry(story, key), **changes))  # type: ignore[arg-type]


DIFFERENCES: dict[str, Callable[[Story], None]] = {
    "missing key": lambda story: story.holds(N3, UNIQUE, None),
    "extra key": lambda story: story.holds(N3, b"jsq:0:99999", entry(story, UNIQUE)),
    "other type": lambda story: other(story, APPEND, type="list"),
    "other value": lambda story: other(story, APPEND, digest=b"0123456789abcdef"),
    "other TTL": lambda story: other(story, LASTING, expires_ms=STAYS),
}


@pytest.mark.parametrize("cause", DIFFERENCES)
def test_a_replica_that_differs_is_found(cause: str) -> None:
    """Each difference is a violation with its own word, the node and an example."""
    verdict = judged(DIFFERENCES[cause])
    assert verdict.outcome == "violated"
    assert verdict.reasons[0].startswith(f"content: {cause} than redis-n1: 1 key on redis-n3, such as jsq:")


def test_times_to_live_that_differ_a_little_are_the_same() -> None:
    """Nodes are read one after the other; further apart than a second, keys live differently long."""
    assert (
        judged(lambda story: other(story, LASTING, expires_ms=entry(story, LASTING).expires_ms + 900)).outcome == "pass"
    )
    later = judged(lambda story: other(story, LASTING, expires_ms=entry(story, LASTING).expires_ms + 2000))
    assert later.reasons[0].startswith("content: other TTL")


def test_before_version_7_a_replica_may_lag() -> None:
    """It is told how long a key lives, not until when: what it got late expires late."""
    story = quiet(engine=an_engine("6.2.14"))
    other(story, LASTING, expires_ms=entry(story, LASTING).expires_ms + 20_000)
    assert judge(story.record()).outcome == "pass"


def an_engine(version: str) -> Engine:
    """An engine of that version."""
    return Engine(name="redis", version=version)


def test_what_expires_while_nodes_are_read_may_be_on_one_of_them() -> None:
    """A key that lives for a moment longer is no difference."""
    soon = Entry("string", 4200.0, digest_of("string", b"x"))
    verdict = judged(lambda story: story.holds(N3, b"jsquared:soon", soon))
    assert verdict.outcome == "pass"
    verdict = judged(lambda story: story.holds(N1, b"jsquared:soon", soon))
    assert verdict.outcome == "pass"


UNWRITTEN: dict[str, Callable[[Story, str], None]] = {
    "unknown key": lambda story, node: story.holds(node, b"jsq:0:99999", entry(story, UNIQUE)),
    "unknown key ": lambda story, node: story.holds(node, UNIQUE, entry(story, UNIQUE), database=5),
    "unknown key  ": lambda story, node: story.holds(node, b"jsq:app:append:0:77", entry(story, UNIQUE)),
    "changed": lambda story, node: story.holds(node, UNIQUE, replace(entry(story, UNIQUE), expires_ms=90_000.0)),
    "changed ": lambda story, node: story.holds(node, UNIQUE, replace(entry(story, UNIQUE), type="hash")),
}


@pytest.mark.parametrize("cause", UNWRITTEN)
def test_what_nobody_wrote_is_found(cause: str) -> None:
    """A key of no client, in another database or with another lifetime or type, though all nodes agree."""

    def everywhere(story: Story) -> None:
        for node in (N1, N2, N3):
            UNWRITTEN[cause](story, node)

    verdict = judged(everywhere)
    assert verdict.outcome == "violated"
    assert verdict.reasons[0].startswith(f"content: {cause.strip()}: 1 key on redis-n1, such as jsq:")


def test_the_labs_own_keys_are_known() -> None:
    """Faults write keys of their own, which must only be the same everywhere."""
    big = Entry("string", STAYS, digest_of("string", b"big"))

    def everywhere(story: Story) -> None:
        for node in (N1, N2, N3):
            story.holds(node, b"jsquared:write-burst:0", big)

    assert judged(everywhere).outcome == "pass"
    assert judged(lambda story: story.holds(N3, b"jsquared:write-burst:0", big)).outcome == "violated"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"keys": None, "attached": True, "error": "LOADING"}, "the content of redis-n3 was not compared: LOADING"),
        ({"keys": 4, "attached": False}, "it was not in sync with the final primary"),
    ],
)
def test_a_node_that_was_not_compared_is_said(fields: dict[str, Any], words: str) -> None:
    """One that could not be read, or that followed nobody, is a fact; what it holds proves nothing."""
    story = quiet()
    story.holds(N3, UNIQUE, None)
    record = story.record()
    events = [
        ContentsRead(source=N3, t_ms=event.t_ms, **fields) if (event.kind, event.source) == ("contents", N3) else event
        for event in record.events
    ]
    contents = {node: held for node, held in record.contents.items() if node != N3 or "error" not in fields}
    verdict = judge(replace(record, events=events, contents=contents))
    assert verdict.outcome == "pass"
    assert any(words in fact for fact in verdict.facts)


def test_a_moved_clock_leaves_only_whether_a_key_expires() -> None:
    """Where a fault moved clocks, ends of lives may lie anywhere; a key that lives on one node for ever is still found."""
    story = quiet()
    story.fault("step", "clock-step", [N1], start_ms=1000, heal_ms=1500)
    other(story, LASTING, expires_ms=1.0)
    assert judge(story.record()).outcome == "pass"
    story.holds(N3, LASTING, None)
    assert judge(story.record()).outcome == "pass", "it may have expired there"
    story.holds(N3, LASTING, replace(entry(story, LASTING), expires_ms=STAYS))
    assert judge(story.record()).outcome == "violated"
