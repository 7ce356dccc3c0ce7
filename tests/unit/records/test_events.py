"""events.jsonl: written as it happens, read in time order, also after a kill."""

import threading
from pathlib import Path

import pytest

from jsquared.clock import TrialClock
from jsquared.errors import BadInputError
from jsquared.records.event_types import FaultStarted, LoggedLine, Phase, RoleChanged
from jsquared.records.events import EventLog, read_events, zero_of

CLOCK = TrialClock(1_000_000_000, 1_700_000_000_000_000_000)


def test_events_come_back_in_time_order(tmp_path: Path) -> None:
    """Recorded late with an earlier time, an event is read where it belongs."""
    path = tmp_path / "events.jsonl"
    log = EventLog(path, CLOCK)
    log.add(RoleChanged(role="primary", source="redis-n1", t_ms=20.00049))
    log.add(Phase("load", t_ms=10))
    log.close()
    events = read_events(path)
    assert [event.kind for event in events] == ["clock", "phase", "role"]
    assert events[2] == RoleChanged(role="primary", source="redis-n1", t_ms=20.0)
    assert zero_of(events) == CLOCK


def test_now_is_the_default_moment(tmp_path: Path) -> None:
    """Without a time, an event happens when it is recorded."""
    clock = TrialClock.start()
    log = EventLog(tmp_path / "events.jsonl", clock)
    before = clock.now_ms()
    log.add(FaultStarted("f1", before=Path("x")))
    after = clock.now_ms()
    log.close()
    [_, event] = read_events(tmp_path / "events.jsonl")
    assert event == FaultStarted("f1", before="x", t_ms=event.t_ms)
    assert before - 0.001 <= event.t_ms <= after + 0.001


def test_threads_do_not_mix_lines(tmp_path: Path) -> None:
    """Every event of four threads is whole."""
    path = tmp_path / "events.jsonl"
    log = EventLog(path, CLOCK)
    threads = [
        threading.Thread(target=lambda: [log.add(LoggedLine(text="x" * 200, t_ms=1)) for _ in range(200)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    assert len(read_events(path)) == 801


def test_an_unfinished_last_line_is_left_out(tmp_path: Path) -> None:
    """The lab was killed in the middle of a line."""
    path = tmp_path / "events.jsonl"
    path.write_text('{"t_ms": 1, "source": "lab", "kind": "phase", "phase": "load"}\n\n{"t_ms": 2, "sour')
    assert read_events(path) == [Phase("load", t_ms=1.0)]


@pytest.mark.parametrize("line", ["{", "5", '{"t_ms": 1}', '{"t_ms": "soon", "source": "a", "kind": "b"}', "\udcff"])
def test_a_damaged_line_in_the_middle_is_named(tmp_path: Path, line: str) -> None:
    """File and line number, in one line."""
    path = tmp_path / "events.jsonl"
    good = '{"t_ms": 1, "source": "lab", "kind": "phase", "phase": "load"}'
    path.write_text(f"{good}\n{line}\n{good}\n", encoding="utf-8", errors="surrogateescape")
    with pytest.raises(BadInputError, match=r"events\.jsonl:2: not an event"):
        read_events(path)


def test_no_clock_event_means_no_zero() -> None:
    """Events of another origin need not say when their zero was."""
    assert zero_of([Phase("load", t_ms=1.0)]) is None
