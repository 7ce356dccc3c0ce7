"""events.jsonl: everything that happened besides the operations, on the trial's one clock, a line each as it happens.

An event is a JSON object with ``t_ms`` (milliseconds since the trial's zero), ``source`` (``lab`` or the name of a node or client),
``kind`` and further fields by kind:

- ``clock``: ``zero_monotonic_ns``, ``zero_unix_ns`` (the first line of every file)
- ``phase``: ``phase`` (stand-up, load, break, settle, load-end, read-back; at the end done, ended-early, interrupted or failed)
- ``process``: ``state`` (started, killed, terminated, exited, stopped, continued), ``pid``, ``reason`` (``fault`` when the lab did it)
- ``ended``: a process of ``source`` is gone: ``pid``, ``code`` (negative: minus the signal), ``by`` (the signal's name; of a server that
  was told to end in good order, by what), ``ordered`` (by the lab); where not, ``words`` (its last) and, of SIGKILL, ``memory`` (what
  speaks for a lack of it) and ``out_of_memory`` (whether that is proven); see ``records/ends.py``
- ``log-limit``: ``source`` was stopped for writing more than ``limit_bytes`` of log in ``in_ms``, ``alone`` or all processes together
- ``fault-started``: ``fault`` (its id), ``name``, ``requested`` targets, ``targets`` (resolved node or host names), ``parameters``
- ``fault-started`` of a cut also has ``sides`` (lists of hosts), ``links`` and ``direction``; that of a delay, loss, duplication or
  bandwidth has ``between`` in place of ``sides``
- ``fault-healing``: ``fault`` (its undo begins)
- ``recovery``: ``ok`` (whether writes came back while faults last), ``waited_ms`` when they did not
- ``fault-bit`` / ``fault-healed``: ``fault``, ``ok``, ``evidence`` (one sentence with what was measured)
- ``sentinel``: ``event`` (``+sdown`` …), ``payload``, ``via`` (``pubsub`` or ``log``); ``source`` is the Sentinel
- ``role``: ``role`` (primary, replica, down), ``run_id``, ``offset``, ``link`` (up, down, ""), ``of`` (its primary), when it changes
- ``agreement``: ``primary`` (node name or ""), ``votes`` (Sentinel to node name), when it changes
- ``converged``: ``ok``, ``detail``; ``stage`` (stand-up or settle)
- ``stand-up-failed``: ``detail`` (why the deployment never converged), ``limit_ms`` (how long it was given)
- ``dataset``: ``keys`` of ``source`` as read back at the end, ``primary`` (whether it is the final primary)
- ``contents``: ``keys`` of ``source`` whose content was kept, ``attached`` (whether it must hold what the final primary holds), ``error``
- ``client``: ``action`` (connected, disconnected, asked, …), ``node``, ``detail``; ``source`` is the client
- ``floating-moved``: the floating ``address`` (as written; ``here`` as it is in the trial) left the host ``from`` or came to the host
  ``to``, the other one empty; ``holders`` have it now, ``why`` is the sentence
- ``node-clock``: ``ahead_ms``, ``rate_ppm``: what a fault lets the wall clock of ``source`` show from now on
- ``log``: a line of a server's log worth showing: ``level``, ``text``
- ``disturbance``: ``stall_ms`` of the machine itself, as the lab's own timer felt it
- ``starved``: in the last ``window_ms`` the node waited for a processor for ``waited_ms`` in ``turns`` turns, and so did ``servers`` in all
"""

import json
import os
import threading
from pathlib import Path
from typing import IO, Any, BinaryIO, NoReturn

import msgspec

from jsquared.clock import TrialClock
from jsquared.errors import BadInputError
from jsquared.records.event_kinds import is_time, wrong_field
from jsquared.records.plan import Plan
from jsquared.records.private_files import open_private
from jsquared.records.reading import ANOTHER, LONGEST_MS, read_bounded
from jsquared.records.secrets import NO_SECRETS, Secrets
from jsquared.records.sources import LAB, LAB_PROCESS, RELAY

MOST_EVENTS = 100_000
"""A trial of a minute has some hundreds."""
MOST_SWITCHES = 1_000
"""Of them those that announce a new primary, one a Sentinel and failover: every one is followed through all others."""
_GLOBAL = ("+tilt", "-tilt", "+new-epoch", "+vote-for-leader")
_NAME_FIRST = ("+switch-master",)


class Event(msgspec.Struct, frozen=True):
    """One event; ``fields`` holds what its kind adds."""

    t_ms: float
    source: str
    kind: str
    fields: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]

    def get(self, name: str, default: Any = None) -> Any:
        """The field, or the default where this event has none of that name."""
        return self.fields.get(name, default)


class EventLog:
    """Appends events to a file; safe to use from several threads."""

    def __init__(self, path: Path, clock: TrialClock, secrets: Secrets = NO_SECRETS) -> None:
        self.clock = clock
        self._secrets = secrets
        self._lock = threading.Lock()
        self._file: IO[str] = open_private(path, "a", buffering=1)
        self.add(
            LAB,
            "clock",
            t_ms=0.0,
            zero_monotonic_ns=clock.zero_monotonic_ns,
            zero_unix_ns=clock.zero_unix_ns,
        )

    def add(self, source: str, kind: str, *, t_ms: float | None = None, **fields: Any) -> Event:
        """Record an event, now unless ``t_ms`` says when it happened, with marks for secrets in its fields; returns it."""
        at = self.clock.now_ms() if t_ms is None else min(max(t_ms, -LONGEST_MS), LONGEST_MS)
        event = Event(round(at, 3), source, kind, self._secrets.fields(fields))
        line = json.dumps({"t_ms": event.t_ms, "source": source, "kind": kind, **event.fields}, default=str)
        with self._lock:
            self._file.write(line + "\n")
        return event

    def close(self) -> None:
        """Flush and close."""
        with self._lock:
            self._file.close()


def append_event(path: Path, source: str, kind: str, **fields: Any) -> None:
    """Add an event, now, to a file that nobody writes any more; an unfinished last line is taken away first.

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
        file.write(json.dumps({"t_ms": round(t_ms, 3), "source": source, "kind": kind, **fields}).encode() + b"\n")


def _end_of_last_line(file: BinaryIO) -> int:
    """Where the last line that is whole ends; of an unfinished one behind it at most 1 MiB is looked through."""
    size = file.seek(0, os.SEEK_END)
    begin = file.seek(max(0, size - (1 << 20)))
    return begin + file.read().rfind(b"\n") + 1


def read_events(path: Path, plan: Plan | None = None) -> list[Event]:
    """All events of a file, sorted by time. An unfinished last line (the lab was killed) is left out.

    Everything is checked here, once: kinds with their fields (:mod:`jsquared.records.event_kinds`), times, and with a ``plan`` that only
    its nodes, clients and faults are spoken of.

    :raises BadInputError: a line in the middle is no event; the line names it.
    """
    lines = read_bounded(path).decode(errors="replace").split("\n")
    known = None if plan is None else _Known.of(plan)
    events = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            event = _event(line)
            _check(event, known)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
            if number == len(lines):
                break
            why = f" ({problem})" if isinstance(problem, _NotAnEventError) else ""
            raise BadInputError(f"not an event{why}", where=f"{path}:{number}", hint=ANOTHER) from problem
        events.append(event)
        if len(events) > MOST_EVENTS:
            raise BadInputError(f"more than {MOST_EVENTS:,} events", where=f"{path}:{number}", hint=ANOTHER)
    if sum(event.get("event") == "+switch-master" for event in events) > MOST_SWITCHES:
        raise BadInputError(
            f"more than {MOST_SWITCHES:,} announcements of a new primary", where=str(path), hint=ANOTHER
        )
    events.sort(key=lambda event: event.t_ms)
    return events


class _NotAnEventError(ValueError):
    """Why a line cannot be an event, in words."""


class _Known(msgspec.Struct, frozen=True):
    """What events may speak of."""

    sources: frozenset[str]
    faults: frozenset[str]

    @classmethod
    def of(cls, plan: Plan) -> "_Known":
        names = [
            LAB,
            LAB_PROCESS,
            RELAY,
            *(node.name for node in plan.nodes),
            *(client.name for client in plan.clients),
        ]
        return cls(frozenset(names), frozenset(fault.id for fault in plan.faults))


def _event(line: str) -> Event:
    raw = json.loads(line, parse_constant=_no_number)
    t_ms, source, kind = raw.pop("t_ms"), raw.pop("source"), raw.pop("kind")
    if not is_time(t_ms) or not isinstance(source, str) or not isinstance(kind, str):
        raise _NotAnEventError("its time, source or kind cannot be that")
    return Event(float(t_ms), source, kind, raw)


def _no_number(text: str) -> NoReturn:
    raise _NotAnEventError(f"{text} is no number")


def _check(event: Event, known: _Known | None) -> None:
    if wrong := wrong_field(event.kind, event.fields):
        raise _NotAnEventError(wrong)
    if known is None:
        return
    if event.source not in known.sources:
        raise _NotAnEventError(f"the plan has no node or client '{event.source[:80]}'")
    fault = event.get("fault") if event.kind.startswith("fault-") else None
    if fault is not None and fault not in known.faults:
        raise _NotAnEventError(f"the plan has no fault '{str(fault)[:80]}'")


def zero_of(events: list[Event]) -> TrialClock | None:
    """The trial's clock as its events recorded it, None where they do not say."""
    for event in events:
        if event.kind == "clock":
            return TrialClock(int(event["zero_monotonic_ns"]), int(event["zero_unix_ns"]))
    return None


def master_of(event: Event) -> str:
    """The monitored primary that a ``sentinel`` event is about, empty for one that is about a Sentinel itself (TILT, epochs).

    Payloads (``sentinelEvent`` in sentinel.c): ``master NAME IP PORT …``, ``TYPE ID IP PORT @ NAME IP PORT …``, and
    ``NAME OLDIP OLDPORT NEWIP NEWPORT`` of ``+switch-master``.
    """
    words = str(event.get("payload", "")).split()
    if event.get("event") in _GLOBAL or not words:
        return ""
    if event.get("event") in _NAME_FIRST:
        return words[0]
    if words[0] == "master" and len(words) > 1:
        return words[1]
    after = words.index("@") + 1 if "@" in words else len(words)
    return words[after] if after < len(words) else ""
