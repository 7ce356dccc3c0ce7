"""Counting settled writes from the counters of live histories."""

from collections.abc import Callable

from jsquared.records.event_types import WritesCounted
from jsquared.records.history import HistoryPeek, HistoryWriter
from jsquared.testing.fake_deployment import FakeDeployment
from jsquared.trial import write_counts
from jsquared.trial.write_counts import WriteCounts

Histories = Callable[[str, int], HistoryWriter]


def test_what_was_settled_since_the_last_time_is_recorded(fake: FakeDeployment, histories: Histories) -> None:
    """All clients together, each count since the one before, with the time between."""
    writers = [histories(client.name, number) for number, client in enumerate(fake.plan.clients)]
    peeks = [HistoryPeek(fake.run.operations_file(client.name)) for client in fake.plan.clients]
    times_s = iter((10.0, 12.0, 14.5))
    counts = WriteCounts(peeks, fake.events, lambda: next(times_s))
    for writer in writers:
        writer.header[2] += 100
        writer.header[5] += 10
        writer.header[6] += 1
    counts.record()
    writers[0].header[2] += 7
    counts.record()
    for peek in peeks:
        peek.close()
    assert [(e.window_ms, e.acknowledged, e.failed, e.unknown) for e in fake.recorded(WritesCounted)] == [
        (2000.0, 200, 20, 2),
        (2500.0, 7, 0, 0),
    ]


def test_it_records_until_it_is_stopped(fake: FakeDeployment, monkeypatch, wait_until: Callable[..., None]) -> None:
    """Every window once, and nothing after its end."""
    monkeypatch.setattr(write_counts, "WINDOW_S", 0.001)
    counts = WriteCounts([], fake.events)
    counts.start()
    wait_until(lambda: len(fake.recorded(WritesCounted)) >= 2, 20, "two windows")
    counts.stop()
    seen = len(fake.recorded(WritesCounted))
    counts.stop()
    assert len(fake.recorded(WritesCounted)) == seen
