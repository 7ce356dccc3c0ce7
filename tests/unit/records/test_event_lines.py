"""A line of events.jsonl and the event that it stands for: whole both ways, and strict."""

import json
from typing import Any

import pytest

from jsquared.records.event import Event, OtherEvent
from jsquared.records.event_lines import NotAnEventError, event_of, fields_of, line_of
from jsquared.records.event_types import (
    EVENT_TYPES,
    DatasetRead,
    Ended,
    FaultEvent,
    FaultStarted,
    FloatingMoved,
    RoleChanged,
)

FIRST = {"t_ms": 1.5, "source": "redis-n1"}
NEEDED: dict[str, Any] = {
    "zero_monotonic_ns": 1, "zero_unix_ns": 2, "phase": "load", "ordered": True, "limit_bytes": 3, "in_ms": 4.0, "fault": "f1",
    "address": "10.0.0.1", "holders": ["n1"], "ahead_ms": 5.0, "rate_ppm": 6, "refused": False,
    "window_ms": 7.0, "acknowledged": 8, "failed": 9, "unknown": 10,
    "alert": "Down", "state": "firing", "status": "firing", "part": "exporter", "number": 11,
    "silent_ms": 12.0, "rule": "Down", "rate_per_s": 12,
}  # fmt: skip
"""What some kinds must have, by field."""


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_a_line_with_what_it_must_have_comes_back_as_it_was(kind: type[Event]) -> None:
    """Whatever else a line of an older version lacks has a value that says nothing."""
    name = str(kind.__struct_config__.tag)
    event = event_of(json.dumps({**FIRST, "kind": name, **NEEDED}))
    assert type(event) is kind
    assert (event.kind, event.t_ms, event.source) == (name, 1.5, "redis-n1")
    assert event_of(line_of(event)) == event


def test_what_is_not_told_is_not_written() -> None:
    """A field that has nothing to say is absent; all others are there, be they empty."""
    ended = Ended(ordered=True, pid=5, code=0)
    assert fields_of(ended) == {"ordered": True, "pid": 5, "code": 0, "by": ""}
    assert fields_of(DatasetRead(error="LOADING")) == {"primary": False, "error": "LOADING"}


def test_a_word_of_the_language_is_a_field_of_the_file() -> None:
    """The file says ``from`` and ``to``."""
    moved = FloatingMoved(address="10.0.0.1", holders=("n2",), from_host="n1", to_host="n2", t_ms=0.0)
    line = json.loads(line_of(moved))
    assert (line["from"], line["to"], line["holders"]) == ("n1", "n2", ["n2"])
    assert event_of(json.dumps(line)) == moved


def test_a_field_that_nobody_knows_is_left_out() -> None:
    """A later version may record more."""
    line = json.dumps({**FIRST, "kind": "role", "role": "primary", "mood": "good"})
    assert event_of(line) == RoleChanged(role="primary", t_ms=1.5, source="redis-n1")


def test_a_kind_that_nobody_knows_is_kept() -> None:
    """With its time and source, which count."""
    assert event_of(json.dumps({**FIRST, "kind": "moon"})) == OtherEvent("moon", t_ms=1.5, source="redis-n1")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "phase"}, "'phase' without 'phase'"),
        ({"kind": "phase", "phase": 5}, "'phase' of 'phase' is not valid"),
        ({"kind": "fault-started", "fault": "f1", "sides": [["n1"], [2]]}, "'sides' of 'fault-started' is not valid"),
        ({"kind": "ended", "ordered": True, "code": 1.0}, "'code' of 'ended' is not valid"),
        ({"kind": "ended", "ordered": True, "pid": 1 << 63}, "'pid' of 'ended' is not valid"),
        ({"kind": "starved", "waited_ms": 1e13}, "'waited_ms' of 'starved' is not valid"),
        ({"kind": "moon", "source": 5}, "its time, source or kind is not valid"),
        ({"kind": "role", "t_ms": "now"}, "its time, source or kind is not valid"),
        ({"kind": ["role"]}, "its time, source or kind is not valid"),
        ({}, "it has no time, source or kind"),
        ({"kind": "role", "t_ms": float("inf")}, "Infinity is not a number"),
    ],
)
def test_what_cannot_be_is_told_in_words(changes: dict[str, Any], words: str) -> None:
    """Which field of which kind, or what every event must have."""
    with pytest.raises(NotAnEventError, match=words):
        event_of(json.dumps({**FIRST, **changes}))


def test_events_of_faults_have_their_fault() -> None:
    """All of them can be asked for together."""
    events = [
        event_of(json.dumps({**FIRST, "kind": str(kind.__struct_config__.tag), **NEEDED})) for kind in EVENT_TYPES
    ]
    assert [event.fault for event in events if isinstance(event, FaultEvent)] == ["f1"] * 4
    assert FaultStarted("f2").fault == "f2"
