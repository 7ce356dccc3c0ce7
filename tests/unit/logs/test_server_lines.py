"""Lines of servers in all of their formats, and what is none."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jsquared.logs.server_lines import LEVELS, LogLine, clock_reading, parse_line, sentinel_event

AT_S = 1_795_437_083.735
"""23 November 2026, 12:31:23.735 UTC."""
TEXTS = st.text(st.characters(exclude_characters="\n", exclude_categories=("Cs",)))
MOMENTS = st.datetimes(datetime.datetime(1970, 1, 2), datetime.datetime(2100, 1, 1))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("1:X 23 Nov 2026 12:31:23.735 # +tilt", LogLine(AT_S, "warning", "+tilt", "X", 1)),
        ("12:M 23 Nov 2026 12:31:23.735 * a", LogLine(AT_S, "notice", "a", "M", 12)),
        ("1:S 2026-11-23T13:31:23.735+01:00 - b", LogLine(AT_S, "verbose", "b", "S", 1, is_zoned=True)),
        ("1:C 1795437083735 . c", LogLine(AT_S, "debug", "c", "C", 1, is_zoned=True)),
        (
            'pid=7 role=sentinel timestamp="23 Nov 2026 12:31:23.735" level=warning message="+sdown "x""',
            LogLine(AT_S, "warning", '+sdown "x"', "X", 7),
        ),
        (
            'pid=7 role=replica timestamp="1795437083735" level=info message="d"',
            LogLine(AT_S, "verbose", "d", "S", 7, is_zoned=True),
        ),
        (
            'pid=7 role=RDB/AOF timestamp="2026-11-23T12:31:23.735+00:00" level=debug message=""',
            LogLine(AT_S, "debug", "", "C", 7, is_zoned=True),
        ),
    ],
)
def test_every_format_of_a_line_is_read(line: str, expected: LogLine) -> None:
    """The stamp of each format is the same moment, and says whether its zone is known."""
    assert parse_line(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        "",
        "text",
        "1:X 23 Nov 2026 12:31:23.735",
        "1:X 31 Feb 2026 12:31:23.735 # a",
        "1:X 23 Foo 2026 12:31:23.735 # a",
        "1:X 00 Jan 0000 12:31:23.735 # a",
        "1:X 23 Nov 2026 25:31:23.735 # a",
        "1:X 23 Nov 2026 12:61:23.735 # a",
        "1:X 23 Nov 2026 12:31:99.735 # a",
        "1:X 2026-13-23T13:31:23.735+01:00 - b",
        "1:X 0001-01-01T00:00:00.000+23:59 - b",
        "1:X ٢٣ Nov 2026 12:31:23.735 # a",
        "12:signal-handler (1796006699) Received SIGTERM scheduling shutdown...",
        'pid=7 role=sentinel timestamp="" level=warning message="a"',
    ],
)
def test_what_is_no_line_is_left_out(line: str) -> None:
    """Dates that no calendar has, and what a server does not write, are no lines."""
    assert parse_line(line) is None


@given(st.integers(0, 10**9), st.sampled_from("XMSC"), MOMENTS, st.sampled_from("#*-."), TEXTS)
def test_a_line_that_a_server_writes_is_read_back(
    pid: int, role: str, at: datetime.datetime, level: str, text: str
) -> None:
    """Everything in a line comes back, whatever the text is."""
    months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    milli = at.microsecond // 1000
    stamp = f"{at.day:02d} {months[at.month - 1]} {at.year:04d} {at:%H:%M:%S}.{milli:03d}"
    parsed = parse_line(f"{pid}:{role} {stamp} {level} {text}")
    assert parsed is not None
    assert (parsed.pid, parsed.role, parsed.level, parsed.text) == (pid, role, LEVELS[level], text)
    whole = at.replace(microsecond=milli * 1000, tzinfo=datetime.UTC)
    assert parsed.unix_s == pytest.approx(whole.timestamp(), abs=1e-6)


@given(st.text() | st.from_regex(r"\d:[XMSC] \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d\.\d{3} [#*.-] .*"))
def test_no_text_makes_the_parser_fail(text: str) -> None:
    """Whatever stands in a log, a line is read or left out."""
    parsed = parse_line(text)
    assert parsed is None or sentinel_event(parsed.text) is None or isinstance(sentinel_event(parsed.text), tuple)


def test_leap_seconds_are_moments() -> None:
    """A clock may show 60 seconds, and no more."""
    assert clock_reading(2016, 12, 31, 23, 59, 60) == clock_reading(2017, 1, 1, 0, 0, 0)
    assert clock_reading(2016, 12, 31, 23, 59, 61) is None
