"""All the time without service, against an oracle that walks through it tick by tick."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jsquared.check.outages import OUTAGE_FROM_MS, Outages
from jsquared.records import history as h
from jsquared.text import duration
from support.records import Story, objective

pytestmark = pytest.mark.unmeasured

N1 = "redis-n1"
TICK_MS = 50
LATENCY_MS = 10


def oracle(writes: list[tuple[int, bool]], fault_ms: int) -> list[int]:
    """The length of every outage after the first fault: runs of ticks without an acknowledgement, from the first one on."""
    acknowledged = {tick for tick, ok in writes if ok}
    if not acknowledged:
        return []
    outages, length = [], 0
    for tick in range(min(acknowledged) + 1, max(tick for tick, _ in writes) + 1):
        length += TICK_MS
        last = tick == max(tick for tick, _ in writes)
        if tick in acknowledged or last:
            if length >= OUTAGE_FROM_MS and tick * TICK_MS + LATENCY_MS > fault_ms:
                outages.append(length)
            length = 0
    return outages


@settings(max_examples=600)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=12),
    st.integers(0, 2100),
    st.integers(0, 30).map(lambda ticks: ticks * TICK_MS),
)
@example([(0, True), (6, True), (12, True)], 1, 500)
@example([(0, True), (6, True), (12, True)], 1, 250)
@example([(0, True), (20, True), (30, False)], 100, 1000)
def test_outages_add_up_to_the_ticks_without_an_acknowledgement(
    writes: list[tuple[int, bool]], fault_ms: int, limit_ms: int
) -> None:
    """On random histories several outages are violated where they are too long together and none is alone, and told where they are many."""
    story = Story(objectives=[objective("failover", limit_ms)])
    story.load()
    for tick, ok in writes:
        at_ms = tick * TICK_MS
        story.writes(
            "client-1",
            N1,
            at_ms,
            at_ms + 1,
            latency_ms=LATENCY_MS,
            outcome=h.OK if ok else h.FAIL,
            error="" if ok else "OOM",
        )
    story.fault("crash", "kill", [N1], start_ms=fault_ms, heal_ms=5000)
    story.finish(N1, settle_ms=6000, end_ms=7000)
    found = Outages().check(story.record())
    outages = oracle(writes, fault_ms)
    longest, total = max(outages, default=0), sum(outages)
    violated = len(outages) > 1 and total > limit_ms >= longest
    told = len(outages) > 1 and not violated and total > 1.5 * longest
    assert [note.outcome for note in found.notes] == ["violated"] * violated
    assert len(found.facts) == told
    texts = [note.text for note in found.notes] + found.facts
    assert all(f"for {duration(total)} in total" in text and f"{len(outages)} outages" in text for text in texts)


LIMIT_MS = 5000


@pytest.mark.parametrize("moves", [True, False])
@pytest.mark.parametrize("served", [True, False])
def test_a_fault_that_moves_the_primary_again_may_cost_as_much_again(*, moves: bool, served: bool) -> None:
    """Two outages of 4 and 3 s are too long together under a limit of 5 s, unless another fault began in between that moved the primary."""
    story = Story(objectives=[objective("failover", LIMIT_MS)])
    story.load()
    story.writes("client-1", N1, 0, 1000)
    story.writes("client-1", "redis-n2", 5000, 6500)
    story.writes("client-1", N1, 9500, 12_000)
    story.fault("crash", "kill", [N1], start_ms=1000, heal_ms=5500)
    story.failover(N1, "redis-n2", sdown_ms=4000)
    story.fault("again", "kill", ["redis-n2"], start_ms=6000 if served else 4900, heal_ms=11_000)
    if moves:
        story.failover("redis-n2", N1, sdown_ms=8000)
    story.finish(N1, settle_ms=12_000, end_ms=13_000)
    texts = [note.text for note in Outages().check(story.record()).notes]
    assert len(texts) == (not (moves and served))


@pytest.mark.parametrize("second_ms", [4200, 5000])
def test_a_fault_within_an_outage_excuses_none(second_ms: int) -> None:
    """Outages of 3 and 2 s are too long together under a limit of 4 s, but for a fault that began while the client was served."""
    story = Story(objectives=[objective("failover", 4000)])
    story.load()
    story.writes("client-1", N1, 0, 1000)
    story.writes("client-1", "redis-n2", 4000, 4500)
    story.writes("client-1", N1, 6500, 12_000)
    story.fault("crash", "kill", [N1], start_ms=1000, heal_ms=5500)
    story.failover(N1, "redis-n2", sdown_ms=3000)
    story.fault("again", "kill", ["redis-n2"], start_ms=second_ms, heal_ms=11_000)
    story.failover("redis-n2", N1, sdown_ms=5500)
    story.finish(N1, settle_ms=12_000, end_ms=13_000)
    assert len(Outages().check(story.record()).notes) == (second_ms == 5000)


@settings(max_examples=100)
@given(st.sets(st.integers(1, 3), max_size=3))
def test_only_clients_in_scope_are_held_to_the_limit(named: set[int]) -> None:
    """Of three clients with the same outages those are violated that the objective names, all where it names none."""
    clients = [f"client-{number}" for number in sorted(named)]
    story = Story(clients=3, objectives=[objective("failover", 500, clients=clients)])
    story.load()
    for number in (1, 2, 3):
        for at_ms in (0, 400, 800):
            story.writes(f"client-{number}", N1, at_ms, at_ms + 1)
    story.fault("crash", "kill", [N1], start_ms=100, heal_ms=500)
    story.finish(N1, settle_ms=1000, end_ms=2000)
    texts = [note.text for note in Outages().check(story.record()).notes]
    assert [text.split()[0] for text in texts] == (clients or ["client-1", "client-2", "client-3"])
