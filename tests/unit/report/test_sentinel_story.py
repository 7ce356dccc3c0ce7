"""Sentinel events for people."""

from jsquared.records.event_types import SentinelEvent
from jsquared.report.sentinel_story import sentinel_story


def heard(at: float, event: str, via: str, payload: str = "master m"):
    """A Sentinel's event."""
    return SentinelEvent(event=event, payload=payload, via=via, source="sentinel-n1", t_ms=at)


def test_an_event_heard_twice_is_told_once(with_events) -> None:
    """The same event by subscription and from the log is one; the same by one way, or much later, is another."""
    record = with_events(
        heard(100, "+sdown", "log"),
        heard(130, "+sdown", "pubsub"),
        heard(200, "+sdown", "pubsub"),
        heard(900, "+sdown", "log"),
        heard(910, "+sdown", "pubsub", "slave x"),
    )
    assert [event["t"] for event in sentinel_story(record)] == [100, 200, 900, 910]


def test_events_have_a_class_and_a_meaning(with_events) -> None:
    """Known events are explained; an unknown one is shown as it came."""
    record = with_events(heard(1, "+odown", "log"), heard(2, "+brand-new", "log"))
    first, second = sentinel_story(record)
    assert (first["class"], first["meaning"]) == ("agree", "a quorum of Sentinels considers it down")
    assert (second["class"], second["meaning"]) == ("other", "")
