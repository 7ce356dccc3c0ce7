"""A line of events.jsonl and the event that it stands for.

A line may be someone else's: it is checked here, once, against the struct of its kind, so that no one after that needs to doubt it. A kind
that there is no struct of is kept: a later JSquared may record more, and nothing here looks at it.
"""

import json
import re
from typing import Any, NoReturn

import msgspec

from jsquared.records.event import Event, OtherEvent, Time
from jsquared.records.event_types import EVENT_TYPES
from jsquared.records.plan import Plan
from jsquared.records.secrets import NO_SECRETS, Secrets
from jsquared.records.sources import LAB, LAB_PROCESS, RELAY

_TYPES = {str(kind.__struct_config__.tag): kind for kind in EVENT_TYPES}
_COMMON = ("t_ms", "source", "kind")
_MISSING = re.compile(r"missing required field `(\w+)`")
_WRONG = re.compile(r"at `\$\.(\w+)")


class NotAnEventError(ValueError):
    """The reason why a line cannot be an event, in words."""


class _Common(msgspec.Struct):
    """The fields that every event must have."""

    t_ms: Time
    source: str
    kind: str


class Known(msgspec.Struct, frozen=True):
    """The names that events may refer to."""

    sources: frozenset[str]
    faults: frozenset[str]

    @classmethod
    def of(cls, plan: Plan) -> "Known":
        """Return the names that the events of a plan's trial may refer to."""
        nodes, clients = (node.name for node in plan.nodes), (client.name for client in plan.clients)
        names = [LAB, LAB_PROCESS, RELAY, *nodes, *clients]
        return cls(frozenset(names), frozenset(fault.id for fault in plan.faults))


def line_of(event: Event, secrets: Secrets = NO_SECRETS) -> str:
    """An event as a line, without the end of line; with marks for the secrets in its fields."""
    common = {"t_ms": round(event.t_ms, 3), "source": event.source, "kind": event.kind}
    return json.dumps(common | secrets.fields(fields_of(event)), default=str)


def fields_of(event: Event) -> dict[str, Any]:
    """Return the fields of an event's line beside time, source and kind."""
    names = zip(event.__struct_fields__, event.__struct_encode_fields__, strict=True)
    fields = {written: getattr(event, name) for name, written in names if written not in _COMMON}
    return {written: value for written, value in fields.items() if value is not None}


def event_of(line: str, known: Known | None = None) -> Event:
    """The event that a line stands for; with ``known``, one that speaks of no one else.

    :raises ValueError: it stands for none (:class:`NotAnEventError` says why).
    """
    raw = json.loads(line, parse_constant=_no_number)
    if not isinstance(raw, dict) or not all(name in raw for name in _COMMON):
        raise NotAnEventError("it has no time, source or kind")
    event = _converted(raw)
    if known is not None:
        _require_known(event, raw, known)
    return event


def _no_number(text: str) -> NoReturn:
    raise NotAnEventError(f"{text} is not a number")


def _converted(raw: dict[str, Any]) -> Event:
    kind = _TYPES.get(raw["kind"]) if isinstance(raw["kind"], str) else None
    try:
        if kind is not None:
            return msgspec.convert(raw, kind)
        common = msgspec.convert(raw, _Common)
    except msgspec.ValidationError as problem:
        raise NotAnEventError(_words(str(problem), raw["kind"])) from problem
    return OtherEvent(common.kind, t_ms=common.t_ms, source=common.source)


def _words(problem: str, kind: object) -> str:
    """Return a problem that msgspec found, in words for people."""
    if missing := _MISSING.search(problem):
        return f"'{kind}' without '{missing[1]}'"
    wrong = _WRONG.search(problem)
    if wrong is None or wrong[1] in _COMMON:
        return "its time, source or kind is not valid"
    return f"'{wrong[1]}' of '{kind}' is not valid"


def _require_known(event: Event, raw: dict[str, Any], known: Known) -> None:
    if event.source not in known.sources:
        raise NotAnEventError(f"the plan has no node or client '{event.source[:80]}'")
    fault = raw.get("fault") if event.kind.startswith("fault-") else None
    if fault is not None and fault not in known.faults:
        raise NotAnEventError(f"the plan has no fault '{str(fault)[:80]}'")
