"""events.jsonl: everything that happened besides the operations, on the trial's one clock, a line each as it happens.

What the lines say is in :mod:`jsquared.records.event_types`.
"""

import json
import math
import os
import threading
from pathlib import Path
from typing import IO, BinaryIO

import msgspec

from jsquared.clock import TrialClock
from jsquared.errors import BadInputError
from jsquared.records.event import Event
from jsquared.records.event_lines import Known, NotAnEventError, event_of, line_of
from jsquared.records.event_types import ClockZero, SentinelEvent
from jsquared.records.plan import Plan
from jsquared.records.private_files import open_private
from jsquared.records.reading import ANOTHER, LONGEST_MS, read_bounded
from jsquared.records.secrets import NO_SECRETS, Secrets

MOST_EVENTS = 100_000
"""A trial of a minute has some hundreds."""
MOST_SWITCHES = 1_000
"""Of them those that announce a new primary, one a Sentinel and failover: every one is followed through all others."""
_GLOBAL = ("+tilt", "-tilt", "+new-epoch", "+vote-for-leader")
_NAME_FIRST = ("+switch-master",)


class EventLog:
    """Appends events to a file; safe to use from several threads."""

    def __init__(self, path: Path, clock: TrialClock, secrets: Secrets = NO_SECRETS) -> None:
        self.clock = clock
        self._secrets = secrets
        self._lock = threading.Lock()
        self._file: IO[str] = open_private(path, "a", buffering=1)
        self.add(ClockZero(clock.zero_monotonic_ns, clock.zero_unix_ns, t_ms=0.0))

    def add(self, event: Event) -> None:
        """Record an event, now unless it says when it happened, with marks for secrets in its fields."""
        at = self.clock.now_ms() if math.isnan(event.t_ms) else min(max(event.t_ms, -LONGEST_MS), LONGEST_MS)
        line = line_of(msgspec.structs.replace(event, t_ms=at), self._secrets)
        with self._lock:
            self._file.write(line + "\n")

    def close(self) -> None:
        """Flush and close."""
        with self._lock:
            self._file.close()


def append_event(path: Path, event: Event) -> None:
    """Add an event, now, to a file that no one writes any more; an unfinished last line is taken away first.

    Nothing where the file has no event yet: there is no clock in it.

    :raises OSError: it cannot be read or written.
    """
    with os.fdopen(os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC), "r+b") as file:
        first = file.readline(4096)
        if not first.endswith(b"\n"):
            return
        zero = json.loads(first)
        whole = _end_of_last_line(file)
        t_ms = TrialClock(int(zero["zero_monotonic_ns"]), int(zero["zero_unix_ns"])).now_ms()
        file.seek(whole)
        file.truncate()
        file.write(line_of(msgspec.structs.replace(event, t_ms=t_ms)).encode() + b"\n")


def _end_of_last_line(file: BinaryIO) -> int:
    """Return the end of the last whole line; of an unfinished one behind it at most 1 MiB is searched."""
    size = file.seek(0, os.SEEK_END)
    begin = file.seek(max(0, size - (1 << 20)))
    return begin + file.read().rfind(b"\n") + 1


def read_events(path: Path, plan: Plan | None = None) -> list[Event]:
    """All events of a file, sorted by time. An unfinished last line (the lab was killed) is left out.

    Everything is checked here, once: kinds with their fields (:mod:`jsquared.records.event_lines`), times, and with a ``plan`` that only
    its nodes, clients and faults are spoken of.

    :raises BadInputError: a line in the middle is not an event; the line names it.
    """
    lines = read_bounded(path).decode(errors="replace").split("\n")
    known = None if plan is None else Known.of(plan)
    events = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            event = event_of(line, known)
        except (ValueError, TypeError, RecursionError) as problem:
            if number == len(lines):
                break
            why = f" ({problem})" if isinstance(problem, NotAnEventError) else ""
            raise BadInputError(f"not an event{why}", where=f"{path}:{number}", hint=ANOTHER) from problem
        events.append(event)
        if len(events) > MOST_EVENTS:
            raise BadInputError(f"more than {MOST_EVENTS:,} events", where=f"{path}:{number}", hint=ANOTHER)
    if sum(isinstance(event, SentinelEvent) and event.event == "+switch-master" for event in events) > MOST_SWITCHES:
        raise BadInputError(
            f"more than {MOST_SWITCHES:,} announcements of a new primary", where=str(path), hint=ANOTHER
        )
    events.sort(key=lambda event: event.t_ms)
    return events


def zero_of(events: list[Event]) -> TrialClock | None:
    """The trial's clock as its events recorded it, None where they do not say."""
    for event in events:
        if isinstance(event, ClockZero):
            return TrialClock(event.zero_monotonic_ns, event.zero_unix_ns)
    return None


def master_of(event: SentinelEvent) -> str:
    """The monitored primary that an event is about, empty for one that is about a Sentinel itself (TILT, epochs).

    Payloads (``sentinelEvent`` in sentinel.c): ``master NAME IP PORT …``, ``TYPE ID IP PORT @ NAME IP PORT …``, and
    ``NAME OLDIP OLDPORT NEWIP NEWPORT`` of ``+switch-master``.
    """
    words = event.payload.split()
    if event.event in _GLOBAL or not words:
        return ""
    if event.event in _NAME_FIRST:
        return words[0]
    if words[0] == "master" and len(words) > 1:
        return words[1]
    after = words.index("@") + 1 if "@" in words else len(words)
    return words[after] if after < len(words) else ""
