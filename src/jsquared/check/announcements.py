"""The Sentinels' word to clients: an address only once its node is the new primary, and to every subscriber what the log has."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from jsquared.check.checker import Findings, Note
from jsquared.check.disturbance import held_against
from jsquared.check.failovers import Failover, concerns, promoted_node
from jsquared.check.timeline import Timeline
from jsquared.records.event_types import LoggedLine, RoleChanged, SentinelEvent
from jsquared.records.run_directory import TrialRecord
from jsquared.text import duration, seconds

EARLY_FROM_MS = 250.0
"""A node is asked for its role twenty times a second; an announcement that is earlier than its own word by more is too early."""
_BECAME_PRIMARY = "Setting secondary replication ID"
"""Logged by a replica when it becomes a primary, and then only (replication.c, ``shiftReplicationId``)."""


class Announcements:
    """Addresses are announced once they can be written to, and published."""

    name = "announcements"

    def check(self, record: TrialRecord) -> Findings:
        """Compare announcements with the nodes' own words, and logs with what was published."""
        findings = Findings()
        timeline = Timeline.of(record)
        since_ms = 0.0
        for change in timeline.failovers:
            text, since_ms = _too_early(timeline, change, since_ms), change.first_ms
            if text:
                findings.notes.append(Note(held_against(record), text))
        findings.notes += [Note("violated", text) for text in (*_unpublished(record), *_from_the_logs(timeline))]
        return findings


def _too_early(timeline: Timeline, change: Failover, since_ms: float) -> str:
    """Describe the announcement of an address whose node called itself a replica at that time; empty without one.

    :param since_ms: when the failover before was announced: what the node logged until then belongs to an earlier reign.
    """
    announced_ms = change.first_ms
    words = [event for event in timeline.record.of(RoleChanged) if event.source == change.new]
    last = next((event for event in reversed(words) if event.t_ms <= announced_ms), None)
    if last is None or last.role != "replica":
        return ""
    # The lab hears answers late where the machine is busy; the node's own log is stamped at once.
    told = [event.t_ms for event in words if event.t_ms > announced_ms and event.role == "primary"]
    logged = [event.t_ms for event in timeline.record.of(LoggedLine) if _is_promotion(event, change.new)]
    primary_ms = min((*told, *(at_ms for at_ms in logged if at_ms > since_ms)), default=None)
    late_ms = (timeline.end_ms if primary_ms is None else primary_ms) - announced_ms
    if late_ms <= EARLY_FROM_MS:
        return ""
    who = min(change.switched_ms, key=lambda name: change.switched_ms[name])
    until = "never became one" if primary_ms is None else f"became one {duration(late_ms)} later"
    return f"{who} announced {change.new} as primary at {seconds(announced_ms)}, when it was a replica; it {until}"


def _is_promotion(event: LoggedLine, node: str) -> bool:
    return event.source == node and event.text.startswith(_BECAME_PRIMARY)


def _unpublished(record: TrialRecord) -> list[str]:
    """New addresses that a Sentinel logged and told no subscriber.

    The lab is subscribed to every Sentinel. That it still was is shown by what the same Sentinel published just before and after.
    """
    logs: dict[str, list[SentinelEvent]] = defaultdict(list)
    heard: Counter[tuple[str, str, str]] = Counter()
    for event in record.of(SentinelEvent):
        if event.via == "log":
            logs[event.source].append(event)
        else:
            heard[_what(event)] += 1
    texts = []
    for name, events in logs.items():
        ordered = sorted(events, key=lambda event: event.t_ms)
        for index, event in enumerate(ordered):
            if heard[_what(event)]:
                continue
            around = [*ordered[max(index - 1, 0) : index], *ordered[index + 1 : index + 2]]
            subscribed = len(around) == 2 and all(heard[_what(one)] for one in around)
            if subscribed and event.event == "+switch-master" and concerns(record.plan, event):
                texts.append(
                    f"{name} logged +switch-master at {seconds(event.t_ms)} but did not publish it: "
                    "clients that subscribe never hear of it"
                )
    return texts


def _from_the_logs(timeline: Timeline) -> Iterator[str]:
    """Failovers that their leader did not announce, or with an address that is no new one."""
    plan = timeline.record.plan
    logs: dict[str, list[SentinelEvent]] = defaultdict(list)
    for event in timeline.record.of(SentinelEvent):
        if event.via == "log" and concerns(plan, event):
            logs[event.source].append(event)
    for name, events in logs.items():
        switches = [event for event in events if event.event == "+switch-master"]
        for event in switches:
            words = event.payload.split()
            if len(words) >= 5 and words[1:3] == words[3:5]:
                yield (
                    f"{name} announced at {seconds(event.t_ms)} that {':'.join(words[1:3])} replaces itself: clients are led to the old "
                    "primary"
                )
        promoted = ""
        for event in events:
            if event.event == "+promoted-slave":
                promoted = promoted_node(timeline.record.placement, event)
            elif event.event == "+failover-end" and promoted and not any(one.t_ms >= event.t_ms for one in switches):
                yield f"{name} ended the failover to {promoted} at {seconds(event.t_ms)} but did not publish a +switch-master"


def _what(event: SentinelEvent) -> tuple[str, str, str]:
    return event.source, event.event, event.payload
