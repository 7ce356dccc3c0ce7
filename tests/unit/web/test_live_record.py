"""The record of a session as it grows: its chart at every moment, and counts that stay few however long it lasts."""

import msgspec
import pytest

from jsquared.records.event import Event
from jsquared.records.event_lines import line_of
from jsquared.records.event_types import (
    AgreementChanged,
    FaultBit,
    FaultHealed,
    FaultStarted,
    Phase,
    RoleChanged,
    SentinelEvent,
    WritesCounted,
)
from jsquared.records.lab_messages import LabLoad, LabNews
from jsquared.records.load_events import LoadRateChanged
from jsquared.web import live_counts, live_record
from jsquared.web.live_counts import LiveCounts
from jsquared.web.live_record import LiveRecord
from support.records import Story


def news(now_ms: float, *events: Event, acknowledged: int = 0, failed: int = 0, gap_ms: float | None = None) -> LabNews:
    """An answer of a lab."""
    load = LabLoad(state="running", acknowledged=acknowledged, failed=failed, write_gap_ms=gap_ms)
    return LabNews(session=1, next=0, lines=tuple(map(line_of, events)), now_ms=now_ms, load=load)


@pytest.fixture
def live() -> LiveRecord:
    """A session that has just begun."""
    return LiveRecord(Story().plan())


def lanes(chart: dict[str, object], group: str) -> dict[str, list[object]]:
    """The segments of each lane of a group."""
    [found] = [one for one in chart["groups"] if one["name"] == group]  # type: ignore[attr-defined]
    return {lane["name"]: lane["segments"] for lane in found["lanes"]}


def test_lanes_grow_until_now(live: LiveRecord) -> None:
    """A role lasts until another one comes, or until now; the agreed primary and the lab's phases likewise."""
    live.add(news(1000, Phase("stand-up", t_ms=0.0), RoleChanged("primary", source="redis-n1", t_ms=100.0)))
    live.add(news(5000, AgreementChanged("redis-n1", {"sentinel-n1": "redis-n1"}, t_ms=2000.0)))
    live.add(news(8000, RoleChanged("down", source="redis-n1", t_ms=6000.0)))
    chart = live.chart()
    assert [one[:3] for one in lanes(chart, "data")["redis-n1"]] == [
        [100.0, 6000.0, "primary"],
        [6000.0, 8000.0, "down"],
    ]
    assert lanes(chart, "sentinels")["Agreed primary"][0][:2] == [2000.0, 8000.0]
    assert lanes(chart, "course")["Lab"][0][:2] == [0.0, 8000.0]
    assert chart["end"] == 8000.0


def test_a_fault_is_drawn_while_it_lasts(live: LiveRecord) -> None:
    """From its beginning until now, and once it has healed until then, with what it was aimed at."""
    begun = FaultStarted("kill", name="kill", requested=("primary",), targets=("redis-n1",), t_ms=1000.0)
    live.add(news(3000, begun, FaultBit("kill", ok=True, evidence="gone", t_ms=1100.0)))
    assert live.chart()["bands"] == [{"from": 1000.0, "to": 3000.0, "label": "kill"}]
    live.add(news(9000, FaultHealed("kill", ok=True, evidence="back", t_ms=4000.0)))
    assert live.chart()["bands"][0]["to"] == 4000.0
    assert lanes(live.chart(), "course")["Fault kill"][0][3] == "kill redis-n1"


def test_the_load_has_a_lane_with_its_gaps(live: LiveRecord) -> None:
    """A time without an acknowledged write lies over it while it lasts, and none is counted behind the end of the load."""
    live.add(news(1000, Phase("load", t_ms=500.0)))
    live.add(news(2000, gap_ms=600.0))
    live.add(news(3000, gap_ms=1600.0))
    live.add(news(4000, gap_ms=5.0))
    live.add(news(9000, gap_ms=1000.0))
    assert live.counts.gaps == [(1400.0, 3000.0), (8000.0, 9000.0)]
    assert live.counts.longest_gap_ms == 1600.0
    live.add(news(9500, Phase("load-end", t_ms=8500.0), gap_ms=1500.0))
    assert live.counts.gaps == [(1400.0, 3000.0), (8000.0, 8500.0)]
    [lane] = next(one for one in live.chart()["groups"] if one["name"] == "clients")["lanes"]
    assert lane["segments"][0][:2] == [500.0, 8500.0]
    assert [one[2] for one in lane["over"]] == ["gap", "gap"]


def test_the_offered_rate_follows_its_changes(live: LiveRecord) -> None:
    """It is that of the plan until another one was asked for."""
    clients = len(live.record.plan.clients)
    assert live.chart()["offered"] == live.record.plan.workload.rate_per_s * clients
    live.add(news(1000, LoadRateChanged(700, t_ms=900.0)))
    assert live.chart()["offered"] == 700 * clients


def test_what_is_too_much_is_said(live: LiveRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events beyond a limit are left out, and the chart says how many."""
    monkeypatch.setattr(live_record, "MOST_EVENTS", 3)
    monkeypatch.setattr(live_record, "MOST_SENTINEL_EVENTS", 1)
    told = [
        SentinelEvent("+sdown", f"slave {number}", "log", source="sentinel-n1", t_ms=float(number))
        for number in range(5)
    ]
    live.add(news(100, *told))
    chart = live.chart()
    assert (len(chart["events"]), chart["left_out"]) == (1, 4)
    strange = msgspec.structs.replace(news(200), lines=("", "nonsense", "[]", '{"t_ms": "x"}', "[" * 5000))
    live.add(strange)
    assert live.chart()["left_out"] == 4


def test_counts_come_from_the_record_first_and_from_the_counters_then() -> None:
    """Each write counts once: an event's window that reaches into what was counted here counts up to there alone."""
    counts = LiveCounts()
    counts.add_event(WritesCounted(2000.0, 200, 0, 0, t_ms=2000.0))
    counts.add(news(3000, acknowledged=300))
    counts.add_event(WritesCounted(2000.0, 200, 0, 0, t_ms=4000.0))
    counts.add(news(4000, acknowledged=400, failed=7))
    counts.add_event(WritesCounted(2000.0, 200, 0, 0, t_ms=6000.0))
    series = counts.series(4000.0)
    assert sum(series["acknowledged"]) == pytest.approx(400)
    assert sum(series["failed"]) == pytest.approx(7)
    assert series["acknowledged"][:8] == [25.0] * 8


def test_a_window_lies_in_the_buckets_that_it_covers() -> None:
    """In proportion, so that a window that begins within a bucket draws no teeth."""
    counts = LiveCounts()
    counts.add(news(125, acknowledged=0))
    counts.add(news(625, acknowledged=100))
    assert counts.series(900.0)["acknowledged"] == [25.0, 50.0, 25.0, 0.0]


def test_a_long_session_has_wider_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their number stays bounded, as does what is kept, and no write is forgotten."""
    monkeypatch.setattr(live_counts, "MOST_BUCKETS", 10)
    counts = LiveCounts()
    for number in range(200):
        counts.add(news(1000.0 * number, acknowledged=10 * number))
    series = counts.series(199_000.0)["acknowledged"]
    assert len(series) <= 11
    assert len(counts._since) <= 21
    assert sum(series) == pytest.approx(1990)


def test_gaps_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a session without end the first ones are drawn."""
    monkeypatch.setattr(live_counts, "MOST_GAPS", 2)
    counts = LiveCounts()
    for number in range(1, 9):
        counts.add(news(10_000.0 * number, gap_ms=700.0))
    assert len(counts.gaps) == 2
