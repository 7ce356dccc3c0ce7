"""A line of a log as it is kept, searched and exported, whether it comes from a file or from a Sentinel's pub/sub channel."""

import re
from typing import NamedTuple

import msgspec

from jsquared.logs.sentinel_events import KNOWN_EVENTS
from jsquared.logs.server_lines import LEVELS
from jsquared.monitor.logs.failover_notes import moment, shown
from jsquared.monitor.logs.happenings import KINDS, happening
from jsquared.text import one_line

LONGEST_TEXT = 8192
"""Characters of a line that are kept."""
LONGEST_NAME = 300
COLLECTOR_EVENTS = ("subscription-begun", "subscription-lost")
"""Lines of our own: between a loss and the next begin events of that Sentinel are missing."""
LEVEL_NAMES = tuple(reversed(LEVELS.values()))
"""From the least grave to the gravest: debug, verbose, notice, warning."""
ANY_EVENT = re.compile(r"[+-][a-z][a-z-]{0,60}")
ALL_EVENTS = frozenset({*KNOWN_EVENTS, *KINDS, *COLLECTOR_EVENTS})
_NOT_KEPT = re.compile("[\x00\ud800-\udfff]")


class StoredLine(NamedTuple):
    """One line. Texts may have anything in them but zero bytes and halves of surrogate pairs."""

    at_us: int
    """Unix time in microseconds: the line's own stamp in UTC, or when an event arrived."""
    node: str
    """Whose line it is: what the collector of the logs calls it, the file's name without what rotation adds, or ``ADDRESS:PORT``."""
    level: str
    """One of ``LEVEL_NAMES``; empty for events from pub/sub, which have none."""
    event: str
    """A Sentinel event such as ``+sdown``, or a kind such as ``promoted``; empty for any other line."""
    master: str
    """The monitored primary that a Sentinel event is about; empty where it names none."""
    text: str
    source: str
    """The file, ``stdin``, or ``pubsub``."""


class ExportedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A line in ``--json`` and JSON lines; the fields are those of :class:`StoredLine`."""

    at: str
    unix_us: int
    node: str
    level: str
    event: str
    master: str
    text: str
    source: str


def kept(text: str, longest: int = LONGEST_TEXT) -> str:
    """A text as a database and JSON can hold it, with the replacement character for what they cannot."""
    return _NOT_KEPT.sub("\ufffd", text[:longest])


def exported(line: StoredLine) -> ExportedEvent:
    """A line with its time written out."""
    return ExportedEvent(
        at=f"{moment(line.at_us / 1e6)}Z", unix_us=line.at_us, node=line.node, level=line.level, event=line.event,
        master=line.master, text=line.text, source=line.source,
    )  # fmt: skip


def as_text(line: StoredLine) -> str:
    """A line for people, safe for a terminal: when, who, how grave, what."""
    return one_line(f"{moment(line.at_us / 1e6)}  {line.node}  {line.level or '-'}  {line.text}")


def pushed_event(node: str, event: str, payload: str, unix_s: float) -> StoredLine:
    """An event that a Sentinel has published, at the moment when it arrived."""
    text = shown(f"{event} {payload[:LONGEST_TEXT]}".rstrip())
    found = happening(unix_s, text)
    is_event = found is not None and found.kind == event
    return StoredLine(
        at_us=round(unix_s * 1e6), node=kept(node, LONGEST_NAME), level="", event=event if is_event else "",
        master=kept(found.master, LONGEST_NAME) if found and is_event else "", text=kept(text), source="pubsub",
    )  # fmt: skip


def said_by_collector(node: str, event: str, why: str, unix_s: float) -> StoredLine:
    """A line of our own about a subscription."""
    text = f"{event}: {why}" if why else event
    return StoredLine(round(unix_s * 1e6), kept(node, LONGEST_NAME), "", event, "", kept(text), "pubsub")
