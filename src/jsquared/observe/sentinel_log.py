"""Lines of server logs: when, how grave, what; and which of them are Sentinel events.

The format (facts from the servers' ``serverLogRaw``): ``PID:X DD Mon YYYY HH:MM:SS.mmm L TEXT`` with X the process's role and L one of
``#`` warning, ``*`` notice, ``-`` verbose, ``.`` debug. There is no time zone in it: the lab starts servers with ``TZ=UTC``.
"""

import calendar
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_LINE = re.compile(r"^\d+:(\w) (\d{1,2}) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d)\.(\d{3}) ([#*.\-]) (.*)$")
_EVENT = re.compile(r"^([+-][a-z][a-z-]*)(?: (.*))?$")
LEVELS = {"#": "warning", "*": "notice", "-": "verbose", ".": "debug"}


@dataclass(frozen=True)
class LogLine:
    """One line. ``unix_s`` is its own stamp, to the millisecond."""

    unix_s: float
    level: str
    text: str


def parse_line(line: str) -> LogLine | None:
    """The parts of a log line, None for what is none (banners, crash reports)."""
    match = _LINE.match(line)
    if match is None:
        return None
    _, day, month, year, hour, minute, second, milli, level, text = match.groups()
    if month not in _MONTHS:
        return None
    stamp = calendar.timegm((int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second)))
    return LogLine(stamp + int(milli) / 1000, LEVELS[level], text)


def parse_lines(lines: Iterable[str]) -> Iterator[LogLine]:
    """Those lines that are log lines."""
    for line in lines:
        if (parsed := parse_line(line.rstrip("\r\n"))) is not None:
            yield parsed


def sentinel_event(text: str) -> tuple[str, str] | None:
    """``(event, payload)`` when a log line's text is a Sentinel event such as ``+sdown master …``, else None."""
    match = _EVENT.match(text)
    return (match.group(1), match.group(2) or "") if match else None
