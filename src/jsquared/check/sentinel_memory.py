"""Facts that Sentinels must not forget: their votes, the primary of each epoch, and that an older configuration is over.

The lab reads at the end what a Sentinel has in its file (events ``said``). Each writes its file before it answers a vote, and again with
every change (``sentinelFlushConfig`` in sentinel.c): who has forgotten a vote may vote again after a restart, and who has forgotten an
epoch takes old news for new.
"""

from collections.abc import Iterator
from typing import NamedTuple

from jsquared.check.checker import Findings
from jsquared.check.elections import DISKS, FORGETFUL, became_one, logged, votes_of, with_epochs
from jsquared.check.failovers import node_at, promoted_node
from jsquared.check.timeline import Timeline
from jsquared.records.event_types import ProcessChanged, SentinelEvent, ServerSaid
from jsquared.records.run_directory import TrialRecord
from jsquared.text import listed, seconds

AT_ONCE_MS = 1_000.0
"""A Sentinel names the replicas that it knows together with the new primary; this much later it has found them again."""
TOLD_WITHIN_MS = 5_000.0
"""Sentinels tell each other of themselves every two seconds."""


class SentinelMemory:
    """No Sentinel forgets what it has said, or goes back to what is over."""

    name = "what Sentinels remember"

    def check(self, record: TrialRecord) -> Findings:
        """Compare logs with files, and files with each other."""
        findings = Findings()
        plan = record.plan
        if len(plan.master_names) > 1 or {fault.name for fault in plan.faults} & (FORGETFUL | DISKS):
            return findings
        events = logged(record)
        for text in (
            *_forgotten(record, events),
            *_forgotten_replicas(record, events),
            *_behind(record, events),
            *_went_back(record, events),
        ):
            findings.violated(text)
        return findings


class _Kept(NamedTuple):
    """The facts in a Sentinel's file, or in its own words."""

    source: str
    t_ms: float
    current_epoch: int
    leader_epoch: int
    config_epoch: int


def _said(record: TrialRecord) -> list[_Kept]:
    return [
        _Kept(event.source, event.t_ms, event.current_epoch, event.leader_epoch, event.config_epoch)
        for event in record.of(ServerSaid)
        if event.current_epoch is not None and event.leader_epoch is not None and event.config_epoch is not None
    ]


def _forgotten(record: TrialRecord, events: list[SentinelEvent]) -> Iterator[str]:
    """Votes that are in the log of a Sentinel and not in its file."""
    votes = votes_of(events)
    for kept in _said(record):
        known = _known_epoch(record, events, kept.source)
        if kept.config_epoch < known:
            yield (
                f"{kept.source} has forgotten the epoch of its configuration: it knows {kept.config_epoch}, and had announced "
                f"epoch {known}"
            )
        voted = max((epoch for event, _, epoch in votes if event.source == kept.source), default=0)
        if kept.leader_epoch < voted:
            yield (
                f"{kept.source} has forgotten that it voted in epoch {voted}: its file has a vote of epoch {kept.leader_epoch}, so it "
                "may vote again there"
            )


def _known_epoch(record: TrialRecord, events: list[SentinelEvent], name: str) -> int:
    """The newest epoch of which a Sentinel has announced who was promoted in it."""
    promotions = list(_promotions(record, events))
    announced = [
        (event.t_ms, node_at(record.placement, words[3], words[4]))
        for event in events
        if event.source == name and event.event == "+switch-master"
        for words in [event.payload.split()]
        if len(words) >= 5
    ]
    known = (epoch for node, at_ms, epoch in promotions if any(at >= at_ms and new == node for at, new in announced))
    return max(known, default=0)


def _forgotten_replicas(record: TrialRecord, events: list[SentinelEvent]) -> Iterator[str]:
    """Sentinels that do not know all other data nodes as replicas of a primary from the moment on in which they announce it."""
    placement = record.placement
    for event in events:
        words = event.payload.split()
        if event.event != "+switch-master" or len(words) < 5:
            continue
        known = {
            promoted_node(placement, one)
            for one in events
            if one.source == event.source and one.event == "+slave" and 0 <= one.t_ms - event.t_ms <= AT_ONCE_MS
        }
        new = node_at(placement, words[3], words[4])
        if known & {f"{one.address}:{node.port}" for one in placement.floating for node in placement.data}:
            continue  # who is meant by an address that floats nobody can tell
        forgotten = sorted({node.name for node in record.plan.data_nodes()} - known - {new})
        if known and forgotten:
            yield (
                f"{event.source} has forgotten {listed(forgotten)} when it announced {new} at {seconds(event.t_ms)}: no failover could "
                "promote them next"
            )


def _behind(record: TrialRecord, events: list[SentinelEvent]) -> Iterator[str]:
    """Sentinels that know an older epoch than others, long after anything has changed or come back."""
    files = _said(record)
    timeline = Timeline.of(record)
    news = [event.t_ms for event in events if event.event in ("+new-epoch", "+promoted-slave", "+switch-master")]
    starts = [event.t_ms for event in record.of(ProcessChanged) if event.state == "started"]
    changed_ms = max((*news, *starts, timeline.last_healing_ms or 0.0), default=0.0)
    if not files or not became_one(record) or min(kept.t_ms for kept in files) < changed_ms + TOLD_WITHIN_MS:
        return
    promoted = max((epoch for _, _, epoch in _promotions(record, events)), default=0)
    current = {kept.source: kept.current_epoch for kept in files}
    configured = {kept.source: kept.config_epoch for kept in files}
    for what, epochs, known in (
        ("the current epoch", current, 0),
        ("the epoch of the configuration", configured, promoted),
    ):
        newest = max(known, *epochs.values())
        for source, epoch in epochs.items():
            if epoch < newest:
                yield f"{source} has forgotten or never adopted {what}: it knows {epoch}; the newest is {newest}"


def _promotions(record: TrialRecord, events: list[SentinelEvent]) -> Iterator[tuple[str, float, int]]:
    """Yield the promotions: the node, the time and the epoch."""
    for event, epoch in with_epochs(events, "+promoted-slave"):
        yield promoted_node(record.placement, event), event.t_ms, epoch


def _went_back(record: TrialRecord, events: list[SentinelEvent]) -> Iterator[str]:
    """Sentinels that announced a primary again which they had announced the end of, though nobody promoted it since."""
    placement = record.placement
    promoted = [(promoted_node(placement, event), event.t_ms) for event in events if event.event == "+promoted-slave"]
    left: dict[tuple[str, str], float] = {}
    for event in events:
        words = event.payload.split()
        if event.event != "+switch-master" or len(words) < 5:
            continue
        old, new = node_at(placement, words[1], words[2]), node_at(placement, words[3], words[4])
        since_ms = left.get((event.source, new))
        # Who promotes may tell others before its own log says so.
        if since_ms is not None and not any(node == new and at > since_ms - TOLD_WITHIN_MS for node, at in promoted):
            yield (
                f"{event.source} announced {new} as primary again at {seconds(event.t_ms)}, though {old} had replaced it at "
                f"{seconds(since_ms)} and it had not been promoted since: an older configuration won"
            )
        left[event.source, old] = event.t_ms
