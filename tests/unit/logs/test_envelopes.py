"""What collectors put around a line: whose it is, when they got it, and the line itself."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jsquared.logs.envelopes import Envelope, of_journal, of_moment, unwrap
from jsquared.logs.journal_export import export_entries

LINE = "1:X 23 Nov 2026 12:31:23.735 # +tilt #tilt mode entered"
AT_S = 1_795_437_083.0


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (LINE, Envelope(LINE)),
        (f"redis-1  | {LINE}", Envelope(LINE, "docker compose logs", "redis-1")),
        (f"\x1b[36mredis-1  |\x1b[0m {LINE}", Envelope(LINE, "docker compose logs", "redis-1")),
        (
            f"redis-1  | 2026-11-23T12:31:23.5Z {LINE}",
            Envelope(LINE, "docker compose logs", "redis-1", AT_S + 0.5),
        ),
        (f"[pod/redis-0/sentinel] {LINE}", Envelope(LINE, "kubectl logs", "redis-0/sentinel")),
        (f"2026-11-23T14:31:23+02:00 {LINE}", Envelope(LINE, "timestamps", unix_s=AT_S)),
        (f"2026-11-23T12:31:23.25Z stderr F {LINE}", Envelope(LINE, "container log", unix_s=AT_S + 0.25)),
        (
            f"2026-11-23T10:31:23-0200 n1 redis-server[7]: {LINE}",
            Envelope(LINE, "journalctl", "n1", AT_S, ident="redis-server"),
        ),
        (
            "2026-11-23T12:31:23Z n1 kernel: Out of memory: Killed process 7 (redis-server)",
            Envelope("Out of memory: Killed process 7 (redis-server)", "journalctl", "n1", AT_S, ident="kernel"),
        ),
        (
            f"Nov 23 12:31:23.5 n1 redis[7]: {LINE}",
            Envelope(LINE, "syslog", "n1", 974_982_683.5, is_zoned=False, has_year=False, ident="redis"),
        ),
        ("Foo 23 12:31:23 n1 redis[7]: text", Envelope("Foo 23 12:31:23 n1 redis[7]: text")),
        ("Nov 23 12:31:23 text", Envelope("Nov 23 12:31:23 text")),
        ("2026-99-23T12:31:23Z text", Envelope("2026-99-23T12:31:23Z text")),
        ('{"a": 1}', Envelope('{"a": 1}')),
        ('{"log": 1, "time": 2}', Envelope('{"log": 1, "time": 2}')),
        ("{broken", Envelope("{broken")),
        ('{"a": NaN}', Envelope('{"a": NaN}')),
        (
            json.dumps({"log": f"{LINE}\n", "time": "2026-11-23T12:31:23Z", "attrs": {"tag": "redis-1"}}),
            Envelope(LINE, "docker json-file", "redis-1", AT_S),
        ),
        (json.dumps({"log": LINE, "time": "never", "attrs": []}), Envelope(LINE, "docker json-file")),
        (json.dumps({"MESSAGE": None}), Envelope("", "journal")),
        (json.dumps({"MESSAGE": ["a", "b"], "CONTAINER_NAME": "redis"}), Envelope("a", "journal", "redis")),
        (
            json.dumps({"MESSAGE": 7, "_HOSTNAME": "n1", "_TRANSPORT": "kernel", "__REALTIME_TIMESTAMP": "1e9"}),
            Envelope("7", "journal", "n1", ident="kernel"),
        ),
    ],
)
def test_a_collectors_line_is_unwrapped(line: str, expected: Envelope) -> None:
    """Each form gives the server's line, its server and its moment; what is none of them stays as it is."""
    assert unwrap(line) == expected


def test_json_that_is_no_object_and_deep_json_are_lines() -> None:
    """A line that only looks like JSON is a line, however deep it is nested."""
    for line in ("[1]", '{"a":' * 100_000):
        assert unwrap(line).text == line


def test_a_journal_names_host_and_unit() -> None:
    """The name of a server is that of its container, else host and unit; its own moment counts before the journal's."""
    fields = {"_HOSTNAME": "n1", "_SYSTEMD_UNIT": "redis.service", "MESSAGE": "a", "__REALTIME_TIMESTAMP": "2000000"}
    assert of_journal(fields) == Envelope("a", "journal", "n1/redis", 2.0)
    assert of_journal(fields | {"_SOURCE_REALTIME_TIMESTAMP": "1000000"}).unix_s == 1.0


def test_an_exported_journal_is_read_entry_by_entry() -> None:
    """Values behind their length are read, entries without a message are left out, and a cut one ends it."""
    data = b"__CURSOR=1\nMESSAGE\n\x03\x00\x00\x00\x00\x00\x00\x00a\nb\n\n__CURSOR=2\n\n__CURSOR=3\nMESSAGE=c\n"
    assert [entry.text for entry in export_entries(data)] == ["a\nb", "c"]
    assert [entry.text for entry in export_entries(b"MESSAGE\n\xff\xff\xff\xff\xff\xff\xff\xffa")] == []
    many = b"".join(b"F%d=1\n" % number for number in range(600)) + b"MESSAGE=too late\n"
    assert list(export_entries(many)) == []


@given(st.text() | st.from_regex(r"\{.*\}|[\w.-]+ *\| .*|\[pod/.*\] .*|\d{4}-\d\d-\d\dT.*|[A-Z][a-z]{2} +\d+ .*"))
def test_no_line_makes_it_fail(line: str) -> None:
    """Whatever a collector writes, it is unwrapped or left as it is."""
    assert isinstance(unwrap(line).text, str)


@given(st.binary(max_size=300))
def test_no_bytes_make_the_export_fail(data: bytes) -> None:
    """Bytes that are no export give no entries, or some."""
    assert all(isinstance(entry.text, str) for entry in export_entries(b"__CURSOR=" + data))


def test_moments_that_no_calendar_has() -> None:
    """A stamp of a hostile journal may be any number."""
    assert of_moment(1e18) is None
    assert of_moment(float("nan")) is None
