"""When writes are due: open and closed loops with a clock of the test's own."""

from array import array
from typing import Any

import pytest

from jsquared.records.history import CHUNK_SLOTS
from jsquared.workload.due_times import FOREVER_NS, TICK_NS, ClosedLoop, OpenLoop

MS = 1_000_000


class Ledger:
    """Takes the place of the recorder, the dealer and a connection, and remembers what it was told."""

    def __init__(self) -> None:
        self.intended: list[int] = []
        self.dealt: list[range] = []
        self.ready: Any = [self]
        self.in_flight: list[range] = []
        self.queue: list[range] = []
        self.pumped = 0
        self.node = 0

    def intend(self, slots: range, times: "array[int]") -> None:
        """As Recorder.intend."""
        assert len(slots) == len(times)
        self.intended.extend(times)

    def invoke_at_once(self, slots: range, now_ns: int, node: int) -> None:
        """As Recorder.invoke_at_once."""
        self.intended.extend([now_ns] * len(slots))

    def deal(self, slots: range, now: int) -> None:
        """As Primary.deal."""
        self.dealt.append(slots)

    def transmit(self, slots: range, now: int) -> None:
        """As DataConnection.transmit."""
        self.dealt.append(slots)
        self.in_flight.append(slots)

    def pump(self, now: int) -> None:
        """As DataConnection.pump."""
        self.pumped += 1


def test_a_rate_changes_from_now_on() -> None:
    """What was due until then keeps its time, the next write comes a step of the new rate later, and no slot is left out."""
    ledger: Any = Ledger()
    load = OpenLoop(1000, ledger, ledger)
    load.change_rate(500, 0)
    assert load.due_ns == FOREVER_NS
    load.start(10 * MS)
    load.advance(14 * MS)
    load.change_rate(100, 17 * MS)
    assert load.due_ns == 27 * MS
    load.advance(37 * MS)
    load.change_rate(10_000, 38 * MS)
    load.advance(38 * MS + MS // 5)
    tenth = MS // 10
    assert ledger.intended == [
        10 * MS,
        12 * MS,
        14 * MS,
        16 * MS,
        27 * MS,
        37 * MS,
        38 * MS + tenth,
        38 * MS + 2 * tenth,
    ]
    assert [slot for slots in ledger.dealt for slot in slots] == list(range(8))


def test_an_open_loop_waits_for_nobody() -> None:
    """After a stall every write of the stall is there with the time it was intended for."""
    ledger: Any = Ledger()
    load = OpenLoop(1000, ledger, ledger)
    assert load.due_ns == FOREVER_NS
    load.start(5 * MS)
    assert load.due_ns == 6 * MS
    load.advance(6 * MS)
    load.advance(6 * MS)
    load.advance(20 * MS)
    assert ledger.intended == [at * MS for at in range(5, 21)]
    assert [list(slots) for slots in ledger.dealt] == [[0], [1], list(range(2, 16))]
    load.stop()
    assert load.due_ns == FOREVER_NS


def test_an_open_loop_keeps_to_chunks() -> None:
    """What is due at once is dealt in parts that end with their chunk."""
    ledger: Any = Ledger()
    load = OpenLoop(CHUNK_SLOTS, ledger, ledger)
    load.start(0)
    load.advance(2 * 1_000_000_000)
    assert [(slots.start, slots.stop) for slots in ledger.dealt] == [
        (0, 1),
        (1, CHUNK_SLOTS),
        (CHUNK_SLOTS, 2 * CHUNK_SLOTS),
        (2 * CHUNK_SLOTS, 2 * CHUNK_SLOTS + 1),
    ]


def test_a_fast_open_loop_shares_ticks() -> None:
    """Writes closer together than a tick are dealt together."""
    ledger: Any = Ledger()
    load = OpenLoop(1_000_000, ledger, ledger)
    load.start(0)
    assert load.due_ns == TICK_NS
    load.advance(TICK_NS)
    assert len(ledger.dealt[1]) == TICK_NS // 1000


def test_an_open_loop_sends_what_waited() -> None:
    """Room on a connection sends what is queued there, and nothing else."""
    ledger: Any = Ledger()
    load = OpenLoop(1000, ledger, ledger)
    load.room(ledger, 1)
    ledger.queue.append(range(1))
    load.room(ledger, 2)
    assert ledger.pumped == 1


@pytest.mark.parametrize("pipeline", [1, 3])
def test_a_closed_loop_keeps_every_connection_busy(pipeline: int) -> None:
    """The next batch follows when the last one is replied to, not before and not after the stop."""
    ledger: Any = Ledger()
    load = ClosedLoop(pipeline, ledger, ledger)
    load.room(ledger, 1)
    assert not ledger.dealt
    load.start(2)
    load.room(ledger, 3)
    assert ledger.dealt == [range(pipeline)]
    ledger.in_flight.clear()
    load.room(ledger, 4)
    assert ledger.dealt[1:] == [range(pipeline, 2 * pipeline)]
    ledger.in_flight.clear()
    load.stop()
    load.room(ledger, 5)
    assert len(ledger.dealt) == 2
    assert ledger.intended == [2] * pipeline + [4] * pipeline


def test_a_closed_loop_keeps_to_chunks() -> None:
    """A batch that would leave its chunk is cut at the chunk's end."""
    ledger: Any = Ledger()
    load = ClosedLoop(CHUNK_SLOTS - 1, ledger, ledger)
    load.running = True
    for _ in range(3):
        ledger.in_flight.clear()
        load.room(ledger, 1)
    assert [len(slots) for slots in ledger.dealt] == [CHUNK_SLOTS - 1, 1, CHUNK_SLOTS - 1]
