"""What an impaired link does to packets, on a clock that the test moves."""

import pytest

from jsquared.sandbox.linux.impair_shape import HELD_LIMIT_BYTES, QUEUE_LIMIT_S, Held, Shape, no_counts, shapes_of

NOTHING = {"delay_ms": 0, "jitter_ms": 0, "loss_percent": 0, "duplicate_percent": 0, "rate_kbit": 0, "seed": 1}


def shape(direction: int = 0, **settings: float) -> Shape:
    """A shape that does only what is named."""
    return Shape(NOTHING | settings, direction, no_counts())


def test_nothing_asked_for_is_nothing_done() -> None:
    """Without any setting a packet leaves when it comes, once."""
    plain = shape()
    assert plain.leaves(5.0, 100) == 5.0
    assert plain.copies() == 1
    assert plain.counts == no_counts() | {"packets": 1}


def test_a_delay_is_added() -> None:
    """Each packet leaves so much later, and is counted."""
    late = shape(delay_ms=50)
    assert late.leaves(1.0, 100) == pytest.approx(1.05)
    assert late.counts["delayed"] == 1


def test_jitter_stays_within_its_bounds_and_keeps_order() -> None:
    """Packets far apart vary by the jitter and no more; packets close together do not overtake each other."""
    uneven = shape(delay_ms=50, jitter_ms=20)
    apart = [(uneven.leaves(float(second), 100) or 0.0) - second for second in range(1, 300)]
    assert 0.03 <= min(apart) < 0.035
    assert 0.065 < max(apart) <= 0.0701
    close = [uneven.leaves(1000 + number / 1000, 100) or 0.0 for number in range(100)]
    assert close == sorted(close)


def test_loss_is_drawn_from_the_seed() -> None:
    """About the share asked for is lost: the same packets for the same seed and direction, others for another."""

    def lost(direction: int, seed: int) -> list[int]:
        lossy = shape(direction, loss_percent=25, seed=seed)
        missing = [number for number in range(1000) if lossy.leaves(float(number), 100) is None]
        assert lossy.counts["lost"] == len(missing)
        return missing

    assert 180 < len(lost(0, 1)) < 320
    assert lost(0, 1) == lost(0, 1)
    assert lost(0, 1) != lost(1, 1)
    assert lost(0, 1) != lost(0, 2)


def test_a_thin_link_sends_one_after_the_other() -> None:
    """At 8 kbit/s a kilobyte takes a second, and the next waits for its turn; after a pause nothing waits."""
    thin = shape(rate_kbit=8)
    assert thin.leaves(10.0, 1000) == pytest.approx(11.0)
    assert thin.leaves(10.5, 1000) == pytest.approx(12.0)
    assert thin.leaves(20.0, 500) == pytest.approx(20.5)


def test_a_full_queue_drops() -> None:
    """What would wait longer than the queue holds is dropped and counted; the queue then empties."""
    thin = shape(rate_kbit=8)
    leaving = [thin.leaves(0.0, 600) for _ in range(4)]
    assert [at and round(at, 3) for at in leaving] == [0.6, 1.2, None, None]
    assert thin.counts["overflowed"] == 2
    assert thin.leaves(QUEUE_LIMIT_S, 600) == pytest.approx(1.8)


def test_some_packets_leave_twice() -> None:
    """About the share asked for is copied, and counted."""
    twice = shape(duplicate_percent=25)
    copies = [twice.copies() for _ in range(1000)]
    assert set(copies) == {1, 2}
    assert 180 < copies.count(2) == twice.counts["duplicated"] < 320


def test_packets_are_sent_when_they_are_due() -> None:
    """Held packets leave in the order of their times, equal ones in the order in which they came."""
    sent: list[str] = []
    held: Held[str] = Held(sent.append)
    slow, quick = shape(delay_ms=100), shape(delay_ms=10)
    assert held.release(0.0) is None
    held.accept("slow", 1, [slow], 0.0)
    held.accept("quick", 1, [quick], 0.0)
    held.accept("quick too", 1, [quick], 0.0)
    assert held.release(0.0) == pytest.approx(0.01)
    assert held.release(0.05) == pytest.approx(0.05)
    assert sent == ["quick", "quick too"]
    assert held.release(0.2) is None
    assert sent == ["quick", "quick too", "slow"]


def test_impairments_of_one_link_add_up() -> None:
    """A packet passes one after the other: delays are added, copies multiplied, and one loss is enough."""
    sent: list[str] = []
    held: Held[str] = Held(sent.append)
    held.accept("twice twice", 1, [shape(delay_ms=10), shape(delay_ms=10, duplicate_percent=100)], 0.0)
    held.accept("lost", 1, [shape(delay_ms=10), shape(loss_percent=100)], 0.0)
    assert held.release(0.015) == pytest.approx(0.005)
    held.release(0.021)
    assert sent == ["twice twice", "twice twice"]


def test_an_ended_impairment_lets_its_packets_go() -> None:
    """What waited for it is sent at once and in order; what waits for another goes on waiting."""
    sent: list[str] = []
    held: Held[str] = Held(sent.append)
    ended, lasting = shape(delay_ms=100), shape(delay_ms=200)
    for number in range(3):
        held.accept(f"ended {number}", 1, [ended], float(number) / 100)
        held.accept(f"lasting {number}", 1, [lasting], float(number) / 100)
    held.flush([ended])
    assert sent == ["ended 0", "ended 1", "ended 2"]
    held.release(1.0)
    assert sent[3:] == ["lasting 0", "lasting 1", "lasting 2"]


def test_memory_is_bounded() -> None:
    """Beyond the limit of what is held packets are dropped and counted, until some have left."""
    sent: list[int] = []
    held: Held[int] = Held(sent.append)
    late = shape(delay_ms=100)
    for number in range(4):
        held.accept(number, HELD_LIMIT_BYTES // 2, [late], 0.0)
    assert late.counts["overflowed"] == 1
    held.release(1.0)
    assert sent == [0, 1, 2]
    held.accept(9, 1, [late], 1.0)
    held.release(2.0)
    assert sent[-1] == 9


def test_pairs_of_a_direction_share_one_shape() -> None:
    """All addresses of one direction share capacity and order; another direction has its own."""
    directions = [{"pairs": ["0102030405060708", "0102030405060709"], "port": 0}, {"pairs": ["00" * 8], "port": 6379}]
    (one, two, three) = shapes_of(NOTHING, directions, no_counts())
    assert (one[0], one[1], two[1], three[1]) == (bytes(range(1, 9)), 0, 0, 6379)
    assert one[2] is two[2] is not three[2]
