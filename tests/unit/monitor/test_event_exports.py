"""Found lines in open formats, and the counters for Prometheus with the page that has them."""

import http.client
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from jsquared.errors import BadInputError, LabError, RecordError
from jsquared.logs.sentinel_events import KNOWN_EVENTS, OF_A_PRIMARY, OF_NO_PRIMARY
from jsquared.monitor.log_store import event_counter, metrics_server
from jsquared.monitor.log_store.event_counter import EventCounter
from jsquared.monitor.log_store.event_export import Exports
from jsquared.monitor.log_store.log_event import StoredLine, pushed_event
from jsquared.monitor.log_store.metrics_server import listen_address, serving

LINES = [
    StoredLine(
        1_796_036_400_123_456, "n1", "warning", "+sdown", "mymaster", "+sdown master mymaster \x1b[1m", "n1.log"
    ),
    StoredLine(1_796_036_400_123_457, "n2", "", "", "", "a line \u202e", "pubsub"),
    StoredLine(1_796_036_400_123_458, "n1", "odd", "", "", "another", "n1.log"),
]


@contextmanager
def receiver(status: int, answer: bytes) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """A collector of OpenTelemetry on a port of its own, and what it was sent."""
    sent: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.append((self.headers["Content-Type"], self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1/logs", sent
        finally:
            server.shutdown()
            thread.join()


def exported_to(exports: Exports) -> None:
    """Hand on all lines."""
    exports.begin()
    exports.add(LINES)
    exports.close()
    exports.close()


def test_json_lines_are_one_object_a_line(tmp_path: Path) -> None:
    """Each has all documented fields, and nothing that a terminal would obey."""
    exported_to(Exports("jsonl", tmp_path / "found.jsonl"))
    text = (tmp_path / "found.jsonl").read_text()
    first, *others = map(json.loads, text.splitlines())
    assert first == {
        "at": "2026-11-30T11:00:00.123Z", "unix_us": 1_796_036_400_123_456, "node": "n1", "level": "warning", "event": "+sdown",
        "master": "mymaster", "text": "+sdown master mymaster \x1b[1m", "source": "n1.log",
    }  # fmt: skip
    assert [each["text"] for each in others] == ["a line \u202e", "another"]
    assert text.replace("\n", "").isprintable()
    assert text.isascii()


def test_opentelemetry_has_a_resource_for_each_server(tmp_path: Path) -> None:
    """Times are nanoseconds as text, levels are severities, and an event has its name."""
    exported_to(Exports("otlp", tmp_path / "found.json"))
    [request] = map(json.loads, (tmp_path / "found.json").read_text().splitlines())
    first, second = request["resourceLogs"]
    assert [each["resource"]["attributes"][1]["value"] for each in (first, second)] == [
        {"stringValue": "n1"},
        {"stringValue": "n2"},
    ]
    record, odd = first["scopeLogs"][0]["logRecords"]
    assert record["timeUnixNano"] == "1796036400123456000"
    assert (record["severityNumber"], record["severityText"], record["eventName"]) == (13, "warning", "+sdown")
    assert {each["key"] for each in record["attributes"]} == {
        "redis.event",
        "redis.sentinel.master_name",
        "log.file.path",
    }
    assert odd["severityNumber"] == 0
    assert "severityText" not in second["scopeLogs"][0]["logRecords"][0]


def test_opentelemetry_is_sent_by_http() -> None:
    """A receiver gets the request, and what it does not take is told."""
    with receiver(200, b'{"partialSuccess": {"rejectedLogRecords": "2", "errorMessage": "too\\nold"}}') as (url, sent):
        exports = Exports(url=url)
        exported_to(exports)
    [(kind, body)] = sent
    assert kind == "application/json"
    assert len(json.loads(body)["resourceLogs"]) == 2
    assert exports.told == ["2 records rejected: too old"]
    for answer in (b"", b"{}", b"[]", b"no json", b'{"partialSuccess": {"rejectedLogRecords": "x"}}'):
        with receiver(200, answer) as (url, _):
            exports = Exports(url=url)
            exported_to(exports)
            assert exports.told == []


def test_exports_that_go_nowhere(tmp_path: Path) -> None:
    """A form or address that is none is refused at once; a receiver that refuses, and a folder that is none, are the lab's failure."""
    with pytest.raises(BadInputError, match="not a valid form"):
        Exports("xml", tmp_path / "x")
    with pytest.raises(BadInputError, match="not a valid http"):
        Exports(url="file:///etc/passwd")
    with receiver(503, b"") as (url, _), pytest.raises(LabError, match="503"):
        exported_to(Exports(url=url))
    with pytest.raises(RecordError):
        exported_to(Exports("jsonl", tmp_path / "nowhere" / "x"))
    assert not Exports().is_wanted


def event(name: str, payload: str = "master mymaster 10.0.0.1 6379", node: str = "10.0.0.5:26379") -> StoredLine:
    """An event that a Sentinel has published."""
    return pushed_event(node, name, payload, 1.0)


def samples(counter: EventCounter) -> dict[str, str]:
    """The samples of the page."""
    return dict(
        line.rpartition(" ")[::2] for line in counter.page(openmetrics=True).splitlines() if not line.startswith("#")
    )


def test_every_known_event_begins_with_nothing() -> None:
    """All series of a Sentinel and a monitored primary are there at 0, and knowing it again changes no count."""
    counter = EventCounter()
    counter.know({"10.0.0.5:26379": True}, ["mymaster"])
    series = 'redis_sentinel_events_total{event="%s",master_name="%s",instance="10.0.0.5:26379"}'
    begun = samples(counter)
    assert {begun[series % (name, "mymaster")] for name in OF_A_PRIMARY} == {"0"}
    assert {begun[series % (name, "")] for name in (*OF_NO_PRIMARY, "other")} == {"0"}
    assert len(begun) == len(KNOWN_EVENTS) + 2
    counter.count(event("+sdown"))
    counter.count(event("+tilt", "#tilt mode entered"))
    counter.count(event("+made-up-by-a-stranger"))
    counter.know({}, ["mymaster"])
    now = samples(counter)
    assert {name for name in now if now[name] != begun[name]} == {
        series % ("+sdown", "mymaster"),
        series % ("+tilt", ""),
        series % ("other", ""),
        'redis_sentinel_events_subscribed{instance="10.0.0.5:26379"}',
    }


def test_names_are_escaped_and_series_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stranger's names break no line of the page, and make only so many series."""
    monkeypatch.setattr(event_counter, "MOST_MASTERS", 3)
    monkeypatch.setattr(event_counter, "MOST_INSTANCES", 2)
    counter = EventCounter()
    counter.know({"10.0.0.5:26379": True}, ['a"\\b'])
    assert 'master_name="a\\"\\\\b"' in counter.page(openmetrics=False)
    before = len(samples(counter))
    for number in range(100):
        counter.count(event("+sdown", f"master m{number} 10.0.0.1 6379"))
        counter.count(event("+sdown", f"master m{number} 10.0.0.1 6379", node=f"10.0.1.{number}:26379"))
    assert len(samples(counter)) < before + 20
    counted = sum(
        int(count) for name, count in samples(counter).items() if name.startswith("redis_sentinel_events_total")
    )
    assert counted == 200


def test_both_text_forms_have_the_same_samples() -> None:
    """OpenMetrics names the family without _total and ends with a mark; the older form does neither."""
    counter = EventCounter()
    counter.know({"10.0.0.5:26379": True}, ["mymaster"])
    new, old = counter.page(openmetrics=True), counter.page(openmetrics=False)
    assert new.endswith("# EOF\n")
    assert "# TYPE redis_sentinel_events counter\n" in new
    assert "# TYPE redis_sentinel_events_total counter\n" in old
    assert [line for line in new.splitlines() if line[0] != "#"] == [
        line for line in old.splitlines() if line[0] != "#"
    ]


def test_the_page_is_served_in_the_form_that_is_asked_for() -> None:
    """By the Accept header; other paths are not there, and a port that is taken is refused in one line."""
    with serving(listen_address("127.0.0.1:0"), lambda is_open: f"open {is_open}\n") as url:
        with urllib.request.urlopen(url, timeout=5) as answer:
            assert (answer.read(), answer.headers["Content-Type"]) == (b"open False\n", event_counter.PLAIN_TEXT)
        asked = urllib.request.Request(url, headers={"Accept": "application/openmetrics-text;version=1.0.0,text/plain"})
        with urllib.request.urlopen(asked, timeout=5) as answer:
            assert (answer.read(), answer.headers["Content-Type"]) == (b"open True\n", event_counter.OPENMETRICS)
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(url.replace("/metrics", "/"), timeout=5)
        port = int(url.split(":")[2].partition("/")[0])
        with pytest.raises(BadInputError, match="cannot be listened at"), serving(("127.0.0.1", port), str):
            pass


def test_clients_that_only_connect_keep_nobody_out_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are only so many at once, and each has only so much time to ask."""
    monkeypatch.setattr(metrics_server, "MOST_AT_ONCE", 1)
    monkeypatch.setattr(metrics_server._Handler, "timeout", 0.3)
    with serving(listen_address("127.0.0.1:0"), str) as url:
        port = int(url.split(":")[2].partition("/")[0])
        with closing(socket.create_connection(("127.0.0.1", port), timeout=5)) as silent:
            with pytest.raises((OSError, http.client.HTTPException)):
                urllib.request.urlopen(url, timeout=5)
            assert silent.recv(1) == b""  # its time is over
        _answers(url)


def _answers(url: str) -> None:
    """Ask until the place of who has gone is free."""
    pause = threading.Event()
    for _ in range(500):
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except (OSError, http.client.HTTPException):
            pause.wait(0.01)
        else:
            return
    pytest.fail("nobody is answered any more")


@pytest.mark.parametrize("text", ["", "9479", "127.0.0.1", "127.0.0.1:70000", "host:1", "127.0.0.1:1\n", "[::1]"])
def test_what_cannot_be_listened_at_is_refused(text: str) -> None:
    """Anything but an address and a port is one line."""
    with pytest.raises(BadInputError, match="is not ADDRESS:PORT"):
        listen_address(text)


def test_addresses_to_listen_at() -> None:
    """An address of either kind, or this machine's name."""
    assert listen_address("[::1]:9479") == ("::1", 9479)
    assert listen_address("localhost:0") == ("localhost", 0)
