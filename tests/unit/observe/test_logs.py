"""Server logs as events, and the machine's own stalls."""

from contextlib import closing
from pathlib import Path

import pytest

from jsquared.clock import TrialClock
from jsquared.logs.server_lines import parse_line, parse_lines, sentinel_event
from jsquared.observe.logs import record_logs
from jsquared.observe.stalls import StallWatch
from jsquared.records.event_types import ClockZero, NodeClockSet
from jsquared.records.events import EventLog, read_events
from jsquared.records.run_directory import RunDirectory
from support.sample_run import sample_plan

SENTINEL_LOG = """1:X 23 Nov 2026 12:31:23.735 # +sdown master mymaster 10.0.0.1 6379
1:X 23 Nov 2026 12:31:23.826 # 10.0.0.2:26379 voted for abc 1
1:X 23 Nov 2026 12:31:23.900 * something else
not a log line
"""
DATA_LOG = """1:M 23 Nov 2026 12:31:20.000 # WARNING overcommit
1:M 23 Nov 2026 12:31:20.001 * Ready to accept connections tcp
1:M 23 Nov 2026 12:31:20.002 - nobody needs this
"""


def test_log_lines_have_time_level_and_text() -> None:
    """A line's stamp is read as UTC, to the millisecond; what is no log line is left out."""
    first = next(parse_lines(SENTINEL_LOG.splitlines()))
    assert (first.unix_s, first.level) == (1795437083.735, "warning")
    assert sentinel_event(first.text) == ("+sdown", "master mymaster 10.0.0.1 6379")
    assert sentinel_event("Sentinel ID is abc") is None
    assert len(list(parse_lines(SENTINEL_LOG.splitlines()))) == 3
    assert parse_line("1:X 23 Foo 2026 12:31:23.735 # text") is None


def test_logs_become_events_on_the_trials_clock(tmp_path: Path) -> None:
    """Sentinel events, votes and telling lines of data nodes are recorded at their own time; missing logs are no error."""
    plan = sample_plan("crash")
    run = RunDirectory.create(tmp_path / "run", plan)
    run.log_file("sentinel-n1").write_text(SENTINEL_LOG)
    run.log_file("redis-n1").write_text(DATA_LOG)
    clock = TrialClock(zero_monotonic_ns=0, zero_unix_ns=1_795_437_080_000_000_000)
    with closing(EventLog(run.events_file, clock)) as events:
        record_logs(plan, run, events)
    recorded = [(e.t_ms, e.source, e.kind) for e in read_events(run.events_file) if not isinstance(e, ClockZero)]
    assert recorded == [
        (0.0, "redis-n1", "log"),
        (1.0, "redis-n1", "log"),
        (3735.0, "sentinel-n1", "sentinel"),
        (3826.0, "sentinel-n1", "log"),
    ]


def test_stamps_of_a_clock_that_was_set_are_put_right(tmp_path: Path) -> None:
    """A Sentinel whose clock was an hour ahead is recorded at the true time."""
    plan = sample_plan("crash")
    run = RunDirectory.create(tmp_path / "run", plan)
    run.log_file("sentinel-n1").write_text(SENTINEL_LOG.replace(" 12:", " 13:"))
    clock = TrialClock(zero_monotonic_ns=0, zero_unix_ns=1_795_437_080_000_000_000)
    with closing(EventLog(run.events_file, clock)) as events:
        events.add(NodeClockSet(ahead_ms=3_600_000, rate_ppm=0, source="sentinel-n1", t_ms=1000.0))
        record_logs(plan, run, events)
    recorded = [(e.t_ms, e.kind) for e in read_events(run.events_file) if e.source == "sentinel-n1"]
    assert recorded == [(1000.0, "node-clock"), (3735.0, "sentinel"), (3826.0, "log")]


@pytest.mark.parametrize(("late_s", "count"), [(0.01, 0), (0.2, 1)])
def test_only_long_stalls_are_recorded(late_s: float, count: int, tmp_path: Path) -> None:
    """A wake-up that came much too late is a disturbance; a little late is not."""
    with closing(EventLog(tmp_path / "events.jsonl", TrialClock.start())) as events:
        watch = StallWatch(events)
        watch.start()
        watch.felt(late_s)
        watch.stop()
        watch.stop()
    kinds = [event.kind for event in read_events(tmp_path / "events.jsonl")]
    assert kinds.count("disturbance") >= count
    assert count or "disturbance" not in kinds
