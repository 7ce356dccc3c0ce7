"""Full copies by replicas after the first fault, counted in their own logs.

Each replica says ``Full resync from master: ID:OFFSET`` (``primary`` in Valkey) when its primary has decided so. Every replica says it once
when a deployment stands up, so a record without any such line has logs that tell nothing.
"""

import re
from dataclasses import dataclass

from jsquared.check.timeline import Timeline
from jsquared.records.event_types import LoggedLine

_FULL = re.compile(r"Full resync from (?:master|primary)\b")


@dataclass(frozen=True)
class FullSync:
    """A replica that began to copy everything."""

    node: str
    at_ms: float


def full_syncs(timeline: Timeline) -> list[FullSync] | None:
    """Those after the first fault began, in order; None where the logs tell nothing of any."""
    known = [FullSync(event.source, event.t_ms) for event in timeline.record.of(LoggedLine) if _FULL.search(event.text)]
    if not known:
        return None
    began = min((span.start_ms for span in timeline.faults), default=float("inf"))
    return sorted((one for one in known if one.at_ms >= began), key=lambda one: one.at_ms)
