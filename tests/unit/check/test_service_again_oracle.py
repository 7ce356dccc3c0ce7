"""Service before the faults and after them, against an oracle that looks at each write and counts off percentiles by hand."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jsquared.check.service_again import (
    LEAST_REST,
    LEAST_WRITES,
    MARGIN_MS,
    PAUSE_MS,
    REFUSED_SHARE,
    SLOWER_MS,
    SLOWER_TIMES,
    ServiceAgain,
)
from jsquared.records import history as h
from support.records import Story

pytestmark = pytest.mark.unmeasured

N1 = "redis-n1"
EVERY_MS, FAULT_MS, SETTLED_MS, END_MS = 5, 2000, 4000, 6000


@dataclass(frozen=True)
class Block:
    """Writes one after the other with the same fate."""

    count: int
    refused: bool
    latency_ms: float


BLOCKS = st.lists(
    st.builds(Block, st.sampled_from([1, 2, 49, 50, 100]), st.booleans(), st.sampled_from([0.5, 1, 6, 20, 60, 300])),
    max_size=3,
)
MOMENTS = {"before": 0, "just before": FAULT_MS - 50, "after": SETTLED_MS}


def percentile(latencies: list[float], share: int) -> float:
    """The latency that a share of the writes has at most, between two of them in proportion; 0 of none."""
    ordered = sorted(latencies)
    if not ordered:
        return 0.0
    place = (len(ordered) - 1) * share / 100
    below, part = int(place), place - int(place)
    above = ordered[min(below + 1, len(ordered) - 1)]
    return ordered[below] + (above - ordered[below]) * part


def without_one_pause(writes: list[tuple[float, Block]], bad: Callable[[Block], bool]) -> list[Block]:
    """The writes outside the pause that begins at a bad one and holds the most bad ones."""
    begins = [at_ms for at_ms, block in writes if bad(block)]

    def held(begin_ms: float) -> int:
        return sum(begin_ms <= at_ms < begin_ms + PAUSE_MS for at_ms in begins)

    worst_ms = max(begins, key=held, default=-PAUSE_MS)
    return [block for at_ms, block in writes if not worst_ms <= at_ms < worst_ms + PAUSE_MS]


def oracle(writes: list[tuple[float, Block]]) -> list[str]:
    """What is said, by its first words."""
    before = [(at_ms, block) for at_ms, block in writes if at_ms < FAULT_MS - MARGIN_MS]
    after = [(at_ms, block) for at_ms, block in writes if SETTLED_MS <= at_ms < END_MS - MARGIN_MS]
    calm = [times for times in (before, after) if len(times) >= LEAST_WRITES]
    said = []
    for times in calm:
        rest = without_one_pause(times, lambda block: block.refused)
        refused = sum(block.refused for block in rest)
        if len(rest) >= LEAST_REST and refused > REFUSED_SHARE * len(rest):
            said.append(f"{refused} of {len(rest)} writes were refused")
    if len(calm) == 2:
        was = [block.latency_ms for _, block in before if not block.refused]
        slower = []
        for share, more_ms in SLOWER_MS.items():
            limit = max(SLOWER_TIMES * percentile(was, share), percentile(was, share) + more_ms)

            def too_slow(block: Block, limit: float = limit) -> bool:
                return not block.refused and block.latency_ms > limit

            rest = without_one_pause(after, too_slow)
            now = [block.latency_ms for block in rest if not block.refused]
            if len(rest) >= LEAST_REST and percentile(now, share) > limit:
                slower.append(f"p{share} ")
        if slower:
            said.append(" and ".join(slower))
    return said


@settings(max_examples=400)
@given(BLOCKS, BLOCKS, BLOCKS)
@example([Block(1, True, 1), Block(99, False, 1)], [], [])
@example([], [], [Block(2, True, 1), Block(98, False, 1)])
@example(
    [Block(2, True, 1), Block(100, False, 1), Block(100, False, 1), Block(4, True, 1), Block(100, False, 1)], [], []
)
@example([Block(100, False, 1)], [], [Block(100, False, 300), Block(100, False, 300)])
def test_what_is_said_of_service_is_what_counting_by_hand_gives(
    before: list[Block], edge: list[Block], after: list[Block]
) -> None:
    """On random histories refusals and slowness are found in the two calm times, and nothing of what lies between them counts."""
    story = Story()
    story.load()
    writes: list[tuple[float, Block]] = []
    for start_ms, blocks in zip(MOMENTS.values(), (before, edge, after), strict=True):
        at_ms = float(start_ms)
        for block in blocks:
            until_ms = at_ms + EVERY_MS * block.count
            outcome, error = (h.FAIL, "OOM") if block.refused else (h.OK, "")
            story.writes(
                "client-1",
                N1,
                at_ms,
                until_ms,
                every_ms=EVERY_MS,
                outcome=outcome,
                error=error,
                latency_ms=block.latency_ms,
            )
            writes += [(at_ms + EVERY_MS * number, block) for number in range(block.count)]
            at_ms = until_ms
    story.fault("crash", "kill", [N1], start_ms=FAULT_MS, heal_ms=3000)
    story.finish(N1, settle_ms=3000, end_ms=END_MS, converged_ms=SETTLED_MS)
    notes = ServiceAgain().check(story.record()).notes
    expected = oracle(writes)
    assert len(notes) == len(expected)
    for note, words in zip(notes, expected, strict=True):
        assert note.outcome == "violated"
        assert all(word in note.text for word in words.split(" and "))
