r"""What collectors of logs put around a server's line: journald, syslog, Docker, Docker Compose, Kubernetes.

Each of them may add a moment of its own, and whose line it is. One line at a time is unwrapped; only ``journalctl -o export`` has
several lines an entry (:mod:`jsquared.logs.journal_export`).
"""

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from jsquared.logs.server_lines import MONTHS, clock_reading, is_moment
from jsquared.text import whole_number

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)(?: (?P<rest>.*)|)", re.ASCII
)
_CRI = re.compile(r"(?:stdout|stderr) [FP] ?(.*)")
_SYSLOG = re.compile(r"([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))? (?P<rest>\S.*)", re.ASCII)
_SAID_BY = re.compile(r"(?P<host>[\w.:-]{1,255}) (?P<ident>[^\s\[\]:]{1,100})(?:\[(?P<pid>\d{1,10})\])?: ?(?P<text>.*)")
_COMPOSE = re.compile(r"([\w][\w.-]{0,127}) *\| ?(.*)")
_KUBECTL = re.compile(r"\[pod/([\w.-]{1,253})/([\w.-]{1,63})\] ?(.*)")
LEAP_YEAR = 2000
"""Stands for the year that a syslog stamp does not have, until it is known."""


@dataclass(frozen=True)
class Envelope:
    """A line as its server wrote it, and what its collector says of it."""

    text: str
    form: str = "plain"
    node: str = ""
    """Whose line it is; empty where the collector does not say."""
    unix_s: float | None = None
    is_zoned: bool = True
    """False where the collector's stamp has no time zone."""
    has_year: bool = True
    """False where it has no year; ``LEAP_YEAR`` stands for it."""
    ident: str = ""
    """The program that wrote it, such as ``kernel``."""


def unwrap(line: str) -> Envelope:
    """The server's line within a collector's; the line itself where no collector is known by it."""
    if line.startswith("{"):
        return _of_json(line)
    plain = _COLOURS.sub("", line) if "\x1b" in line else line
    for pattern, form in ((_KUBECTL, "kubectl logs"), (_COMPOSE, "docker compose logs")):
        if (match := pattern.fullmatch(plain)) is not None:
            *names, inside = match.groups()
            return replace(_stamped(inside), node=_name(names), form=form)
    return _stamped(plain)


def _name(names: list[str]) -> str:
    """A pod, with its container where that does not say the same."""
    return names[0] if len(names) == 1 else "/".join(names)


def _stamped(line: str) -> Envelope:
    """A line that may begin with the collector's moment."""
    if (match := _RFC3339.fullmatch(line)) is not None:
        at_s = _rfc3339(match)
        if at_s is None:
            return Envelope(line)
        return _of_stamped(match["rest"] or "", at_s)
    if (match := _SYSLOG.fullmatch(line)) is not None:
        month, day, hour, minute, second, fraction = match.groups()[:6]
        at = clock_reading(LEAP_YEAR, MONTHS.get(month, 0), int(day), int(hour), int(minute), int(second))
        said = _SAID_BY.fullmatch(match["rest"])
        if at is None or said is None:
            return Envelope(line)
        return Envelope(
            said["text"], "syslog", said["host"], at + _fraction(fraction), is_zoned=False, has_year=False,
            ident=said["ident"],
        )  # fmt: skip
    return Envelope(line)


def _of_stamped(rest: str, at_s: float) -> Envelope:
    """What follows a moment of RFC 3339: a container's line, or one that says host and program."""
    if (inner := _CRI.fullmatch(rest)) is not None:
        return Envelope(inner[1], "container log", unix_s=at_s)
    if (said := _SAID_BY.fullmatch(rest)) is not None and said["pid"] is not None:
        return Envelope(said["text"], "journalctl", said["host"], at_s, ident=said["ident"])
    if said is not None and said["ident"] == "kernel":
        return Envelope(said["text"], "journalctl", said["host"], at_s, ident="kernel")
    return Envelope(rest, "timestamps", unix_s=at_s)


def _rfc3339(match: re.Match[str]) -> float | None:
    year, month, day, hour, minute, second, fraction, zone = match.groups()[:8]
    at_s = clock_reading(*map(int, (year, month, day, hour, minute, second)))
    if at_s is None:
        return None
    at_s += _fraction(fraction) - _zone_s(zone)
    return at_s if is_moment(at_s) else None


def _fraction(digits: str | None) -> float:
    return int(digits) / 10 ** len(digits) if digits else 0.0


def _zone_s(zone: str) -> int:
    if zone == "Z":
        return 0
    digits = zone[1:].replace(":", "")
    return (-1 if zone[0] == "-" else 1) * (int(digits[:2]) * 3600 + int(digits[2:]) * 60)


def _of_json(line: str) -> Envelope:
    """An entry of ``journalctl -o json`` or of Docker's json-file; any other JSON is a line like others."""
    try:
        entry = msgspec.json.decode(line)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return Envelope(line)
    if not isinstance(entry, dict):
        return Envelope(line)
    if "MESSAGE" in entry:
        return of_journal(entry)
    if isinstance(entry.get("log"), str) and isinstance(entry.get("time"), str):
        match = _RFC3339.fullmatch(entry["time"])
        at_s = _rfc3339(match) if match else None
        attributes = entry.get("attrs")
        named = attributes.get("tag") or attributes.get("name") if isinstance(attributes, dict) else ""
        return Envelope(entry["log"].rstrip("\r\n"), "docker json-file", str(named or "")[:200], at_s)
    return Envelope(line)


def of_journal(entry: Mapping[str, Any]) -> Envelope:
    """An entry of a journal by its fields."""
    ident = _text(entry.get("SYSLOG_IDENTIFIER"))
    unit = _text(entry.get("_SYSTEMD_UNIT")).removesuffix(".service")
    host = _text(entry.get("_HOSTNAME"))
    container = _text(entry.get("CONTAINER_NAME"))
    node = container or "/".join(filter(None, (host, unit or ident)))
    kernel = "kernel" in (ident, _text(entry.get("_TRANSPORT")))
    stamp = _text(entry.get("_SOURCE_REALTIME_TIMESTAMP")) or _text(entry.get("__REALTIME_TIMESTAMP"))
    micro = whole_number(stamp)
    at_s = None if micro is None or not is_moment(micro / 1e6) else micro / 1e6
    return Envelope(
        _text(entry.get("MESSAGE")).rstrip("\r\n"), "journal", host if kernel else node, at_s,
        ident="kernel" if kernel else ident,
    )  # fmt: skip


def _text(value: object) -> str:
    """A field's text: journald writes bytes that are no text as numbers, and a repeated field as a list of texts."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, int) and 0 <= one < 256 for one in value):
        return bytes(value).decode(errors="replace")
    if isinstance(value, list) and value and isinstance(value[0], str):
        return value[0]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def of_moment(unix_s: float) -> datetime.datetime | None:
    """A moment as a date, None where no calendar has it."""
    try:
        return datetime.datetime.fromtimestamp(unix_s, datetime.UTC)
    except (ValueError, OverflowError, OSError):
        return None
