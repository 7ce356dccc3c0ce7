"""What an event of each kind must have, checked once when it is read, so that nobody after that needs to doubt it.

A kind that is not in the table is kept: a later JSquared may record more, and nothing here looks at it.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from jsquared.records.reading import LONGEST_MS

_INT64 = 1 << 63
Test = Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -_INT64 <= value < _INT64


def _is_time(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LONGEST_MS


def _is_truth(value: Any) -> bool:
    return isinstance(value, bool)


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_sides(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_names, value))


def _is_votes(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value.values()))


def _is_parameters(value: Any) -> bool:
    return isinstance(value, dict) and all(
        _is_text(one) or _is_truth(one) or _is_integer(one) or _is_names(one) or _is_finite(one)
        for one in value.values()
    )


def _is_finite(value: Any) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def _or_nothing(test: Test) -> Test:
    return lambda value: value is None or test(value)


_COUNT = _or_nothing(_is_integer)
_CERTAIN: dict[str, dict[str, Test]] = {
    "clock": {"zero_monotonic_ns": _is_integer, "zero_unix_ns": _is_integer},
    "phase": {"phase": _is_text},
    "fault-started": {"fault": _is_text},
    "fault-bit": {"fault": _is_text},
    "fault-healing": {"fault": _is_text},
    "fault-healed": {"fault": _is_text},
    "node-clock": {"ahead_ms": _is_time, "rate_ppm": _is_integer},
    "ended": {"ordered": _is_truth},
    "log-limit": {"limit_bytes": _is_integer, "in_ms": _is_time},
    "guard": {"refused": _is_truth},
    "floating-moved": {"address": _is_text, "holders": _is_names},
}
"""By kind, the fields that must be there."""
_MORE: dict[str, dict[str, Test]] = {
    "process": {"state": _is_text, "pid": _COUNT, "reason": _is_text},
    "fault-started": {
        "name": _is_text,
        "requested": _is_names,
        "targets": _is_names,
        "parameters": _is_parameters,
        "sides": _is_sides,
        "links": _or_nothing(_is_text),
        "direction": _or_nothing(_is_text),
    },
    "fault-bit": {"ok": _is_truth, "evidence": _is_text},
    "fault-healed": {"ok": _is_truth, "evidence": _is_text},
    "recovery": {"ok": _is_truth, "waited_ms": _is_time},
    "sentinel": {"event": _is_text, "payload": _is_text, "via": _is_text},
    "role": {"role": _is_text, "run_id": _is_text, "offset": _COUNT, "link": _is_text, "of": _is_text},
    "agreement": {"primary": _is_text, "votes": _is_votes},
    "converged": {"ok": _is_truth, "detail": _is_text, "stage": _is_text},
    "stand-up-failed": {"detail": _is_text, "limit_ms": _is_time},
    "dataset": {"keys": _COUNT, "primary": _is_truth, "error": _is_text},
    "contents": {"keys": _COUNT, "counted": _COUNT, "attached": _is_truth, "error": _is_text},
    "client": {"action": _is_text, "node": _is_text, "detail": _is_text},
    "log": {"level": _is_text, "text": _is_text},
    "ended": {
        "pid": _COUNT,
        "code": _is_integer,
        "by": _is_text,
        "words": _is_text,
        "memory": _is_text,
        "out_of_memory": _is_truth,
    },
    "log-limit": {"alone": _is_truth},
    "said": {
        "role": _is_text,
        "info": _is_text,
        "priority": _COUNT,
        "expires_by_itself": _is_truth,
        "current_epoch": _COUNT,
        "leader_epoch": _COUNT,
        "config_epoch": _COUNT,
        "calls_down": _is_truth,
        "changes_vote": _is_truth,
    },
    "floating-moved": {"here": _is_text, "from": _is_text, "to": _is_text, "why": _is_text},
    "guard": {"name": _is_text, "directive": _is_text, "asked": _is_text, "answer": _is_text},
    "disturbance": {"stall_ms": _is_time},
    "starved": {"window_ms": _is_time, "waited_ms": _is_time, "turns": _is_integer, "servers": _is_integer},
}
"""By kind, the fields that may be there."""


def is_time(value: Any) -> bool:
    """Whether it is a time on a trial's clock, in ms: a finite number, not further from its zero than any trial goes on."""
    return _is_time(value)


def wrong_field(kind: str, fields: Mapping[str, Any]) -> str:
    """Why these cannot be the fields of an event of this kind; empty where they can."""
    for name, test in _CERTAIN.get(kind, {}).items():
        if name not in fields:
            return f"'{kind}' without '{name}'"
        if not test(fields[name]):
            return f"'{name}' of '{kind}' cannot be that"
    for name, test in _MORE.get(kind, {}).items():
        if name in fields and not test(fields[name]):
            return f"'{name}' of '{kind}' cannot be that"
    return ""
