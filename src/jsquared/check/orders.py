"""Orders that servers must keep or not need: a replica is reconfigured once, and a node that answers is not thrown out.

A Sentinel that turns an old primary into a replica (``+convert-to-slave``), or a replica to the new primary (``+slave-reconf-done``), sees
in INFO whether it follows; where it does not, it is told again (``+fix-slave-config``). A primary throws a replica out that has been silent
for ``repl-timeout`` (replicationCron in replication.c). A Sentinel whose clock seems to have jumped only watches for 30 s (TILT).
"""

import re
from collections.abc import Iterator

from jsquared.check.checker import Findings, Note
from jsquared.check.disturbance import held_against
from jsquared.check.elections import logged
from jsquared.check.failovers import node_at, promoted_node
from jsquared.check.series import MOVES_CLOCKS
from jsquared.check.timeline import Timeline
from jsquared.records.event_types import LoggedLine
from jsquared.records.run_directory import TrialRecord
from jsquared.text import duration, seconds

_TIMED_OUT = re.compile(r"Disconnecting timedout replica \(.*\): (\S+):(\d+)")
TILT_MS = 30_000.0
"""How long a Sentinel only watches, by its source."""
TILT_SLACK_MS = 1_000.0
"""Between the clocks of the lab and of a Sentinel, and for what a log rounds."""


class Orders:
    """No one is told twice, no one is thrown out for nothing, and no one acts too soon."""

    name = "orders"

    def check(self, record: TrialRecord) -> Findings:
        """Look at the logs of Sentinels and primaries."""
        findings = Findings()
        timeline = Timeline.of(record)
        texts = (*_told_twice(timeline), *_thrown_out(timeline), *_acted_too_soon(timeline))
        findings.notes += [Note(held_against(record), text) for text in texts]
        return findings


def _told_twice(timeline: Timeline) -> Iterator[str]:
    told_ms: dict[str, float] = {}
    placement = timeline.record.placement
    for event in timeline.sentinel:
        name = promoted_node(placement, event)
        if event.event in ("+convert-to-slave", "+slave-reconf-done"):
            told_ms[name] = event.t_ms
        elif (
            event.event == "+fix-slave-config" and name in told_ms and not _broken_since(timeline, name, told_ms[name])
        ):
            yield (
                f"{name} was made a replica at {seconds(told_ms[name])} and had to be told its primary again at {seconds(event.t_ms)}, "
                "though nothing had happened to it since"
            )


def _broken_since(timeline: Timeline, name: str, since_ms: float) -> bool:
    """True if any fault lasted then or began later, or the node came back later."""
    return any(span.end_ms >= since_ms for span in timeline.faults) or any(
        restart.started_ms >= since_ms for restart in timeline.restarts(name)
    )


def _thrown_out(timeline: Timeline) -> Iterator[str]:
    placement = timeline.record.placement
    for event in timeline.record.of(LoggedLine):
        found = _TIMED_OUT.search(event.text)
        if found is None:
            continue
        replica = node_at(placement, found[1], found[2])
        if not timeline.touched(replica) and not timeline.touched(event.source):
            yield (
                f"{event.source} disconnected {replica} at {seconds(event.t_ms)} as a replica that had timed out, though nothing "
                "had happened to either"
            )


def _acted_too_soon(timeline: Timeline) -> Iterator[str]:
    """Sentinels that were in TILT for less than their 30 s; where a fault moved clocks, no one knows how long that was for them."""
    if any(fault.name in MOVES_CLOCKS for fault in timeline.record.plan.faults):
        return
    since_ms: dict[str, float] = {}
    for event in logged(timeline.record):
        if event.event == "+tilt":
            since_ms[event.source] = event.t_ms
        elif event.event == "-tilt" and event.source in since_ms:
            lasted_ms = event.t_ms - since_ms.pop(event.source)
            if lasted_ms < TILT_MS - TILT_SLACK_MS:
                yield (
                    f"{event.source} left TILT after {duration(lasted_ms)}, at {seconds(event.t_ms)}: it acts on outdated information"
                )
