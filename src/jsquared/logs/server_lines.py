"""Lines of server logs: when, how grave, what; and which of them are Sentinel events.

The format (facts from the servers' ``serverLogRaw``): ``PID:X DD Mon YYYY HH:MM:SS.mmm L TEXT`` with X the process's role and L one of
``#`` warning, ``*`` notice, ``-`` verbose, ``.`` debug. There is no time zone in it: the lab starts servers with ``TZ=UTC``.
Valkey 8.1 and newer can write the time as ISO 8601 or as milliseconds (``log-timestamp-format``), and whole lines as logfmt
(``log-format``): ``pid=1 role=primary timestamp="…" level=notice message="…"``.
"""

import calendar
import datetime
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_LEGACY = r"\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d\.\d{3}"
_ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d"
_STAMP = rf"(?P<stamp>{_LEGACY}|{_ISO}|\d{{12,15}})"
_LINE = re.compile(rf"(?P<pid>\d{{1,10}}):(?P<role>[A-Z]) {_STAMP} (?P<level>[#*.\-]) (?P<text>.*)", re.ASCII)
_LOGFMT = re.compile(
    rf'pid=(?P<pid>\d{{1,10}}) role=(?P<role>\S{{1,20}}) timestamp="{_STAMP}" level=(?P<level>[a-z]{{1,10}}) '
    r'message="(?P<text>.*)"',
    re.ASCII,
)
_LEGACY_PARTS = re.compile(r"(\d{1,2}) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d)\.(\d{3})", re.ASCII)
_EVENT = re.compile(r"^([+-][a-z][a-z-]*)(?: (.*))?$")
LEVELS = {"#": "warning", "*": "notice", "-": "verbose", ".": "debug"}
_WORDS = {"info": "verbose"}
"""What logfmt calls a level that has another name in configurations."""
LAST_S = 253_000_000_000
"""In the year 9987: calendars end soon after."""
ROLES = {"sentinel": "X", "primary": "M", "replica": "S"}
"""The roles of logfmt; any other is a child process, ``C``."""


@dataclass(frozen=True)
class LogLine:
    """One line. ``unix_s`` is its own stamp, to the millisecond."""

    unix_s: float
    level: str
    text: str
    role: str = ""
    """``X`` a Sentinel, ``M`` a primary, ``S`` a replica, ``C`` a child process or a server that is starting."""
    pid: int = 0
    is_zoned: bool = False
    """The stamp says its time zone, or needs none."""


def parse_line(line: str) -> LogLine | None:
    """The parts of a log line, None for what is none (banners, crash reports)."""
    match = _LINE.fullmatch(line) or _LOGFMT.fullmatch(line)
    if match is None:
        return None
    moment = _moment(match["stamp"])
    level = LEVELS.get(match["level"]) or _WORDS.get(match["level"], match["level"])
    if moment is None:
        return None
    role = match["role"]
    known = role if len(role) == 1 else ROLES.get(role, "C")
    return LogLine(moment[0], level, match["text"], known, int(match["pid"]), moment[1])


def _moment(stamp: str) -> tuple[float, bool] | None:
    """A stamp in Unix seconds, and whether it is certain without a time zone; None for a date that no calendar has."""
    if (parts := _LEGACY_PARTS.fullmatch(stamp)) is not None:
        day, month, year, hour, minute, second, milli = parts.groups()
        at_s = clock_reading(int(year), MONTHS.get(month, 0), int(day), int(hour), int(minute), int(second))
        return None if at_s is None else (at_s + int(milli) / 1000, False)
    try:
        at_s = int(stamp) / 1000 if stamp.isdecimal() else datetime.datetime.fromisoformat(stamp).timestamp()
    except (ValueError, OverflowError):
        return None
    return (at_s, True) if is_moment(at_s) else None


def is_moment(at_s: float) -> bool:
    """True for a Unix time of 1970 or later that calendars have, in any time zone."""
    return 0 <= at_s <= LAST_S


def clock_reading(year: int, month: int, day: int, hour: int, minute: int, second: int) -> float | None:
    """The Unix time of a date and a time of day in UTC, None where no calendar or clock shows it."""
    try:
        datetime.datetime(year, month, day, hour, minute, min(second, 59))  # noqa: DTZ001, RUF100 -- only to check it
    except ValueError:
        return None
    at_s = float(calendar.timegm((year, month, day, hour, minute, second)))
    return at_s if second <= 60 and is_moment(at_s) else None


def parse_lines(lines: Iterable[str]) -> Iterator[LogLine]:
    """Those lines that are log lines."""
    for line in lines:
        if (parsed := parse_line(line.rstrip("\r\n"))) is not None:
            yield parsed


def sentinel_event(text: str) -> tuple[str, str] | None:
    """``(event, payload)`` when a log line's text is a Sentinel event such as ``+sdown master …``, else None."""
    match = _EVENT.match(text)
    return (match.group(1), match.group(2) or "") if match else None
