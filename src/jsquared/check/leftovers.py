"""Expired keys must go, from memory too: a node that counts keys which it does not show never removes them.

A primary removes expired keys ten times a second, by looking at twenty keys of a database that have a time to live, and tells its replicas
(``activeExpireCycle`` in expire.c). A replica removes nothing by itself, so what its primary does not tell it stays. No one can read such a
key there, but it fills the memory, and a file or a copy has it.
"""

import numpy as np

from jsquared.check.checker import Findings, Note
from jsquared.check.disturbance import held_against
from jsquared.check.series import MOVES_CLOCKS
from jsquared.clock import NS_PER_MS
from jsquared.records.contents import STAYS
from jsquared.records.event_types import ContentsRead
from jsquared.records.models.catalogue import MODELS, call_of
from jsquared.records.models.model import SERIES
from jsquared.records.operations import Operations
from jsquared.records.run_directory import TrialRecord
from jsquared.text import counted

REMOVED_WITHIN_MS = 3_000.0
"""After its end, where few keys have a time to live; a hundred of them are looked at in less than a second."""
MS_A_KEY = 20.0
"""So much longer for each key with a time to live that the node shows: a primary looks at some of them at a time."""
SHORT_S = 60
"""A life that may end within a trial, in seconds; the next longer one that operations give is two hours."""
ROUND = len(MODELS) * SERIES
ALLOWED = 3
"""Keys that a fault may have left, such as a probe that was broken off."""


class Leftovers:
    """No node keeps what has expired."""

    name = "leftovers"

    def check(self, record: TrialRecord) -> Findings:
        """Compare what nodes counted with what they showed."""
        findings = Findings()
        if any(fault.name in MOVES_CLOCKS for fault in record.plan.faults):
            return findings
        for event in record.of(ContentsRead):
            contents = record.contents.get(event.source)
            keys, number = event.keys, event.counted
            if contents is None or not event.attached or not isinstance(keys, int) or not isinstance(number, int):
                continue
            living = sum(entry.expires_ms != STAYS for entry in contents.values())
            since_ns = (event.t_ms - REMOVED_WITHIN_MS - MS_A_KEY * living) * NS_PER_MS
            if number - keys > ALLOWED + _recent(record.modelled, since_ns):
                text = (
                    f"content: {event.source} counts {counted(number, 'key')} and shows {keys:,}: it keeps keys that expired long ago, "
                    "and was never told to delete them"
                )
                findings.notes.append(Note(held_against(record), text))
        return findings


def _short_lived() -> dict[int, int]:
    """Kinds of operations to how many keys with a short life a series of them makes."""
    numbers = {}
    for kind, model in enumerate(MODELS):
        call = call_of(b"", 0, kind)
        held = model.apply((None,) * len(call.keys), call)
        numbers[kind] = sum(one is not None and one.ttl_s is not None and one.ttl_s < SHORT_S for one in held)
    return {kind: number for kind, number in numbers.items() if number}


def _recent(operations: Operations, since_ns: float) -> int:
    """Return the number of short-lived keys that operations may have made since then."""
    recent = 0
    late = np.maximum(operations.intended_ns, operations.completed_ns) >= since_ns
    for kind, number in _short_lived().items():
        mine = late & (operations.slot % len(MODELS) == kind)
        series = zip(operations.client[mine].tolist(), (operations.slot[mine] // ROUND).tolist(), strict=True)
        recent += number * len(set(series))
    return recent
