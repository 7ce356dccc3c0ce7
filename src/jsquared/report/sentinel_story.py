"""Sentinel events for people: which of them matter, what they mean, and where the same one was seen twice."""

from typing import Any

from jsquared.records.event_types import SentinelEvent
from jsquared.records.run_directory import TrialRecord

TWIN_MS = 250.0
"""The same event heard by subscription and read from the log lies this close together."""

# event -> (class for its mark, meaning); classes: doubt, agree, elect, act, done, trouble, other.
_MEANINGS: dict[str, tuple[str, str]] = {
    "+sdown": ("doubt", "this Sentinel gets no valid reply from it"),
    "-sdown": ("done", "this Sentinel gets replies from it again"),
    "+odown": ("agree", "a quorum of Sentinels considers it down"),
    "-odown": ("done", "the quorum no longer considers it down"),
    "+new-epoch": ("elect", "a new epoch begins"),
    "+try-failover": ("elect", "it asks to lead a failover"),
    "+vote-for-leader": ("elect", "its vote for a leader in this epoch"),
    "+elected-leader": ("elect", "it leads the failover"),
    "+failover-state-select-slave": ("act", "it looks for the replica to promote"),
    "+selected-slave": ("act", "it chose this replica"),
    "+failover-state-send-slaveof-noone": ("act", "it tells the replica to become primary"),
    "+failover-state-wait-promotion": ("act", "it waits until the replica says so"),
    "+promoted-slave": ("act", "the replica is primary now"),
    "+failover-state-reconf-slaves": ("act", "it points the other replicas at the new primary"),
    "+slave-reconf-sent": ("act", "a replica was told its new primary"),
    "+slave-reconf-inprog": ("act", "a replica attaches to the new primary"),
    "+slave-reconf-done": ("act", "a replica is attached to the new primary"),
    "+failover-end": ("done", "the failover is complete"),
    "+failover-end-for-timeout": ("trouble", "the failover ended without all replicas reattached"),
    "+switch-master": ("done", "from now on it gives clients the new address"),
    "+config-update-from": ("done", "it takes the new configuration from another Sentinel"),
    "-failover-abort-not-elected": (
        "trouble",
        "it was not elected; the next attempt comes after twice the failover-timeout",
    ),
    "-failover-abort-no-good-slave": ("trouble", "no replica is fit for promotion"),
    "-failover-abort-slave-timeout": ("trouble", "the replica did not become primary in time"),
    "-failover-abort-master-timeout": ("trouble", "the failover took too long"),
    "+tilt": ("trouble", "its clock or scheduling jumped: it takes no action for 30 s"),
    "-tilt": ("done", "it acts again"),
    "+convert-to-slave": ("act", "an old primary is told to become a replica"),
    "+fix-slave-config": ("act", "a replica of the wrong primary is reconfigured"),
    "+reboot": ("doubt", "it was restarted"),
    "+monitor": ("other", "it monitors this primary"),
    "+slave": ("other", "a replica was found"),
    "+sentinel": ("other", "another Sentinel was found"),
    "+reset-master": ("other", "its state was reset"),
    "+role-change": ("other", "a node changed its role"),
    "-role-change": ("other", "a node does not yet have its proper role"),
}
_UNKNOWN = ("other", "")


def sentinel_story(record: TrialRecord) -> list[dict[str, Any]]:
    """Every Sentinel event once, in time order: ``t``, ``by``, ``event``, ``payload``, ``class``, ``meaning``."""
    seen: dict[tuple[str, str, str], tuple[float, str]] = {}
    story = []
    for event in record.of(SentinelEvent):
        key = (event.source, event.event, event.payload)
        twin = seen.get(key)
        if twin and twin[1] != event.via and event.t_ms - twin[0] <= TWIN_MS:
            del seen[key]
            continue
        seen[key] = (event.t_ms, event.via)
        story.append(_told(event))
    return story


def _told(event: SentinelEvent) -> dict[str, Any]:
    kind, meaning = _MEANINGS.get(event.event, _UNKNOWN)
    return {
        "t": round(event.t_ms, 1),
        "by": event.source,
        "event": event.event,
        "payload": event.payload,
        "class": kind,
        "meaning": meaning,
    }
