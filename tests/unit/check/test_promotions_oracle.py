"""Who may be primary, against an oracle that looks at each event alone."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jsquared.check.promotions import Promotions
from support.records import Story

pytestmark = pytest.mark.unmeasured

N1, N2, N3 = NODES = ("redis-n1", "redis-n2", "redis-n3")
S1 = "sentinel-n1"
MASTER = "mymaster"
ORDERS = {"manual-failover", "failover-while-paused"}
FORGET = {"sentinel-reset", "disk-read-only"}
FAULTS = ["kill", "pause", *sorted(ORDERS), *sorted(FORGET)]


@dataclass(frozen=True)
class Promotion:
    """A replica is promoted; perhaps nobody is told, or everybody is told without a promotion that was seen."""

    node: str
    promoted: bool
    announced: bool


@dataclass(frozen=True)
class History:
    """What happens in a trial, in order."""

    planned: bool
    faults: list[tuple[str, str]]
    promotions: list[Promotion]
    selected: set[str]
    claims: list[tuple[str, str]]
    restarted: set[str]


HISTORIES = st.builds(
    History,
    st.booleans(),
    st.lists(st.tuples(st.sampled_from(FAULTS), st.sampled_from([N1, N3, "n3", S1])), max_size=3),
    st.lists(st.builds(Promotion, st.sampled_from(NODES), st.booleans(), st.booleans()), max_size=4),
    st.sets(st.sampled_from([N2, N3]), max_size=1),
    st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(["primary", "primary", "replica"])), max_size=4),
    st.sets(st.sampled_from(NODES), max_size=1),
)


def story_of(history: History) -> Story:
    """The history as a record."""
    story = Story(expect_failover=history.planned)
    story.load()
    for number, (fault, target) in enumerate(history.faults):
        story.fault(f"fault-{number}", fault, [target], start_ms=100, heal_ms=9000)
    at = {name: f"{story.placement().node(name).address} {story.placement().node(name).port}" for name in NODES}
    for node in sorted(history.selected):
        story.sentinel(900, S1, "+selected-slave", f"slave x {at[node]} @ {MASTER} {at[N1]}")
    old = N1
    for number, one in enumerate(history.promotions):
        at_ms = 1000.0 * (number + 1)
        if one.promoted:
            story.sentinel(at_ms, S1, "+promoted-slave", f"slave x {at[one.node]} @ {MASTER} {at[old]}")
        if one.announced:
            story.sentinel(at_ms + 500, S1, "+switch-master", f"{MASTER} {at[old]} {at[one.node]}")
            old = one.node
    for number, (node, role) in enumerate(history.claims):
        story.role(1200.0 + 1000 * number, node, role)
    for node in history.restarted:
        story.restart(node, 500, 600)
    story.finish(N1, settle_ms=9500, end_ms=9900)
    return story


def too_many(history: History) -> int:
    """How many promotions there are beyond the planned ones; 0 where nothing is said of them."""
    names = [fault for fault, _ in history.faults]
    if not history.planned or FORGET.intersection(names):
        return 0
    allowed = sum(name in ORDERS for name in names) + any(name not in ORDERS for name in names)
    promoted = sum(one.promoted for one in history.promotions)
    told = sum(one.announced for one in history.promotions)
    return promoted - allowed if promoted > allowed and told > allowed else 0


def usurpers(history: History) -> list[tuple[str, float]]:
    """Nodes that say to be primary which no Sentinel chose and to which nothing happened, with their first word."""
    found = []
    for node in (N2, N3):
        chosen = node in history.selected or any(
            one.node == node and (one.promoted or one.announced) for one in history.promotions
        )
        host = node.removeprefix("redis-")
        touched = node in history.restarted or any(target in (node, host) for _, target in history.faults)
        words = [n for n, claim in enumerate(history.claims) if claim == (node, "primary")]
        if words and not chosen and not touched:
            found.append((node, 1.2 + words[0]))
    return found


@settings(max_examples=600)
@given(HISTORIES)
def test_promotions_and_usurpers_are_those_of_looking_at_each_event(history: History) -> None:
    """On random histories every promotion too many and every primary that nobody promoted is found, and no other."""
    texts = [note.text for note in Promotions().check(story_of(history).record()).notes]
    more = too_many(history)
    plural = "" if more == 1 else "s"
    expected = [f"{more} failover{plural} more than planned"] if more else []
    expected += [f"{node} has called itself a primary since {at_s:.2f} s" for node, at_s in usurpers(history)]
    assert len(texts) == len(expected)
    assert all(text.startswith(words) for text, words in zip(texts, expected, strict=True))
