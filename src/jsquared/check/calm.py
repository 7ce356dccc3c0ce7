"""Until when nothing had happened to a primary that could make it lose anything: what is lost on it by then, no failover explains."""

import math
import re

from jsquared.check.timeline import Timeline
from jsquared.records.event_types import ProcessChanged, RoleChanged

EVICTS = re.compile(r"^\s*maxmemory-policy\s+(?!noeviction)", re.MULTILINE | re.IGNORECASE)
"""A configuration in which a server may drop keys by itself: then nothing can be said."""


def calm_until_ms(timeline: Timeline, node: str) -> float:
    """Return the time of the first fault, failover, or change of any process or of the node itself; a node loses nothing before it.

    Minus infinity where the node was not the primary by plan, or servers may drop keys by themselves.
    """
    first = timeline.reigns[0].node if timeline.reigns else ""
    began = timeline.phase_ms("load")
    if node != first or began is None or any(map(EVICTS.search, timeline.record.placement.config_files.values())):
        return -math.inf
    return min(
        [span.start_ms for span in timeline.faults]
        + [change.first_ms for change in timeline.failovers]
        + [event.t_ms for event in timeline.sentinel if event.event in ("+sdown", "+switch-master")]
        + [event.t_ms for event in timeline.record.of(ProcessChanged) if event.state == "exited"]
        + [
            event.t_ms
            for event in timeline.record.of(RoleChanged)
            if event.source == node and event.role != "primary" and event.t_ms >= began
        ],
        default=math.inf,
    )
