"""What Prometheus says of alerts and Alertmanager tells a receiver becomes events; silence becomes a failure, told once."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jsquared.clock import TrialClock
from jsquared.records.alert_events import AlertChanged, AlertDelivered
from jsquared.records.events import EventLog, read_events
from jsquared.trial import alert_watch
from jsquared.trial.alert_receiver import PROBE, AlertReceiver
from jsquared.trial.alert_watch import AlertWatch
from support.json_server import JsonServer


@pytest.fixture
def events(tmp_path: Path) -> Iterator[EventLog]:
    """A log of events; ``told`` reads it."""
    log = EventLog(tmp_path / "events.jsonl", TrialClock.start())
    yield log
    log.close()


def told(events: EventLog, tmp_path: Path, kind: type[Any]) -> list[Any]:
    """The events of a kind so far."""
    events.close()
    return [event for event in read_events(tmp_path / "events.jsonl") if isinstance(event, kind)]


class Prometheus:
    """Answers with whatever ``alerts`` says, or with ``answer`` as it is."""

    def __init__(self) -> None:
        self.alerts: list[dict[str, Any]] = []
        self.answer: bytes | None = None
        self.server = JsonServer(lambda _: self.answer or {"status": "success", "data": {"alerts": self.alerts}})

    def say(self, *alerts: tuple[str, str, str]) -> None:
        """These alerts, by name, state and instance."""
        self.alerts = [
            {"labels": {"alertname": name, "instance": instance}, "state": state, "value": "1e+00"}
            for name, state, instance in alerts
        ]


@pytest.fixture
def prometheus() -> Iterator[Prometheus]:
    """A Prometheus of few words."""
    made = Prometheus()
    yield made
    made.server.close()


def test_every_change_is_told_once(prometheus: Prometheus, events: EventLog, tmp_path: Path) -> None:
    """Pending, firing and resolved, inactive, each alert by its labels."""
    watch = AlertWatch(prometheus.server.port, events, lambda _: None)
    prometheus.say(("Down", "pending", "a"), ("Lag", "pending", "a"))
    watch.look()
    prometheus.say(("Down", "firing", "a"), ("Down", "pending", "b"))
    watch.look()
    watch.look()
    prometheus.say(("Down", "pending", "b"))
    watch.look()
    said = [(one.alert, one.state, one.labels["instance"]) for one in told(events, tmp_path, AlertChanged)]
    assert said == [
        ("Down", "pending", "a"),
        ("Lag", "pending", "a"),
        ("Down", "firing", "a"),
        ("Down", "pending", "b"),
        ("Lag", "inactive", "a"),
        ("Down", "resolved", "a"),
    ]
    assert watch.fired == {"Down"}


@pytest.mark.parametrize("answer", [b"nonsense", b'{"data": {"alerts": [{"labels": 1}]}}', None])
def test_silence_and_nonsense_are_a_failure(
    prometheus: Prometheus, events: EventLog, monkeypatch: pytest.MonkeyPatch, answer: bytes | None
) -> None:
    """After a few answers that are none the watch ends, and says so once."""
    monkeypatch.setattr(alert_watch, "EVERY_S", 0.001)
    failures: list[str] = []
    failed = threading.Event()
    watch = AlertWatch(prometheus.server.port, events, lambda why: (failures.append(why), failed.set())[-1])
    if answer is None:
        prometheus.server.close()
    prometheus.answer = answer
    watch.start()
    assert failed.wait(30)
    watch.stop()
    assert len(failures) == 1


def test_the_receiver_keeps_what_it_is_told(events: EventLog, tmp_path: Path) -> None:
    """Each alert of a message is an event; what is no message is refused, and the receiver goes on."""
    receiver = AlertReceiver(events)
    receiver.start()
    message = {
        "version": "4",
        "alerts": [
            {"status": "firing", "labels": {"alertname": "Down", "instance": "a"}, "startsAt": "2026-01-01T00:00:00Z"},
            {"status": "resolved", "labels": {"alertname": "Lag"}},
        ],
    }
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(receiver.url, b"{", timeout=30)
    urllib.request.urlopen(receiver.url, json.dumps(message).encode(), timeout=30).close()
    receiver.close()
    said = [(one.alert, one.status, one.labels) for one in told(events, tmp_path, AlertDelivered)]
    assert said == [("Down", "firing", {"instance": "a"}), ("Lag", "resolved", {})]
    assert receiver.arrived == {"Down"}


def test_a_receiver_that_refuses_records_nothing_but_the_refusal(events: EventLog, tmp_path: Path) -> None:
    """HTTP 503 until it takes messages again; a probe of the lab's own is no alert of the trial."""
    receiver = AlertReceiver(events)
    message = json.dumps({"alerts": [{"status": "firing", "labels": {"alertname": "Down"}}]}).encode()
    probe = json.dumps({"alerts": [{"status": "firing", "labels": {"alertname": PROBE, "number": "7"}}]}).encode()
    receiver.refusing = True
    assert (receiver.answer(message), receiver.refused) == (503, 1)
    receiver.refusing = False
    assert (receiver.answer(message), receiver.answer(probe), receiver.refused) == (200, 200, 1)
    receiver.close()
    assert (receiver.arrived, receiver.probes) == ({"Down"}, {"7"})
    assert [one.alert for one in told(events, tmp_path, AlertDelivered)] == ["Down"]


def test_a_prometheus_that_a_fault_has_ended_is_no_failure(
    prometheus: Prometheus, events: EventLog, monkeypatch: pytest.MonkeyPatch, wait_until: Callable[..., None]
) -> None:
    """While its silence is tolerated the watch waits for it, and sees its alerts once it answers again."""
    monkeypatch.setattr(alert_watch, "EVERY_S", 0.001)
    failures: list[str] = []
    asked = threading.Semaphore(0)
    port = prometheus.server.port
    watch = AlertWatch(port, events, failures.append, lambda: (asked.release(), True)[-1])
    prometheus.answer = b"nonsense"
    watch.start()
    for _ in range(3 * alert_watch.PATIENCE):
        assert asked.acquire(timeout=30)
    prometheus.answer = None
    prometheus.say(("Down", "firing", "a"))
    wait_until(lambda: "Down" in watch.fired, 30, "the alert was seen")
    watch.stop()
    assert (failures, watch.fired) == ([], {"Down"})
