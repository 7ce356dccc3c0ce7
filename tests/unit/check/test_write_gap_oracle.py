"""The longest time without an acknowledgement, against an oracle that looks at all pairs of moments."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jsquared.check.write_gap import WriteGap, longest_gap
from jsquared.clock import NS_PER_MS
from jsquared.records import history as h
from support.records import Story

pytestmark = pytest.mark.unmeasured

MOMENTS = st.integers(0, 30)
N1 = "redis-n1"


def oracle(acks: list[int], begin: int, end: int) -> tuple[int, int, int, bool]:
    """The longest pair of moments with no acknowledgement between them, the earliest of equals: length, from, until, whether it ended."""
    end = max(begin, end)
    within = {ack for ack in acks if begin <= ack <= end}
    best = (0, begin, begin)
    for one in sorted({begin, *within}):
        for other in sorted({*within, end}):
            between = [ack for ack in within if one < ack < other]
            if other - one > best[0] and not between:
                best = (other - one, one, other)
    return (*best, best[2] in within)


@settings(max_examples=1000)
@given(st.lists(MOMENTS, max_size=8), MOMENTS, MOMENTS)
def test_the_gap_is_the_longest_of_all_pairs_of_moments(acks: list[int], begin: int, end: int) -> None:
    """On thousands of small histories length and place are those of the oracle, and so is whether writes resumed."""
    gap = longest_gap("c", np.array(sorted(acks), dtype=np.int64) * NS_PER_MS, begin * NS_PER_MS, end * NS_PER_MS)
    length, from_ms, until_ms, resumed = oracle(acks, begin, end)
    assert gap.gap_ms == length
    if length:
        assert (gap.from_ms, gap.until_ms) == (from_ms, until_ms)
        assert gap.resumed == resumed


WRITES = st.lists(st.tuples(st.integers(0, 40), st.sampled_from([h.OK, h.OK, h.FAIL, h.UNKNOWN])), max_size=10)


@settings(max_examples=200)
@given(WRITES, WRITES, st.integers(0, 20))
def test_all_clients_have_the_gap_of_their_acknowledgements_together(
    one: list[tuple[int, int]], other: list[tuple[int, int]], load_ms: int
) -> None:
    """Per client and for all together the longest gap is that between two acknowledgements that follow each other."""
    story = Story(clients=2)
    story.load(load_ms)
    given_to = {"client-1": one, "client-2": other}
    for client, writes in given_to.items():
        for at_ms, outcome in writes:
            story.writes(client, N1, at_ms, at_ms + 1, outcome=outcome)
    story.finish(N1, settle_ms=100, end_ms=100)
    found = WriteGap().check(story.record())
    expected = {client: longest(writes, load_ms) for client, writes in given_to.items() if writes}
    assert {gap.client: gap.gap_ms for gap in found.gaps} == expected
    if one or other:
        assert found.overall_gap is not None
        begin, end = (
            by(edges(writes, load_ms)[place] for writes in (one, other) if writes) for place, by in ((0, min), (1, max))
        )
        acks = [at_ms + 1 for at_ms, outcome in [*one, *other] if outcome == h.OK]
        assert found.overall_gap.gap_ms == longest_between(acks, begin, end)


def edges(writes: list[tuple[int, int]], load_ms: int) -> tuple[int, int]:
    """When a client's load began and ended; a write takes 1 ms."""
    times = [at_ms for at_ms, _ in writes]
    return max(min(times), load_ms), max(times) + 1


def longest(writes: list[tuple[int, int]], load_ms: int) -> int:
    """The longest time without an acknowledgement of one client."""
    return longest_between([at_ms + 1 for at_ms, outcome in writes if outcome == h.OK], *edges(writes, load_ms))


def longest_between(acks: list[int], begin: int, end: int) -> int:
    """The longest run of milliseconds at whose beginning nothing more is acknowledged."""
    end = max(begin, end)
    inner = sorted({begin, end, *(ack for ack in acks if begin <= ack <= end)})
    return max((later - earlier for earlier, later in pairwise(inner)), default=0)
