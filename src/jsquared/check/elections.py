"""Elections by the Sentinels' own logs: one vote an epoch, one leader an epoch, and no leader whom no majority has voted for.

A Sentinel writes ``+vote-for-leader ID EPOCH`` before it answers, and ``+elected-leader`` once it has counted enough votes (sentinel.c).
A vote has no name of a primary in it, so where several are monitored nothing is said. Nor where an operator ordered a failover, which
needs no votes, as the hand-overs of a change do not, nor where a fault moved the clocks that stamp the logs.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

from jsquared.check.checker import Findings
from jsquared.check.series import MOVES_CLOCKS
from jsquared.records.event_types import Converged, SentinelEvent, StepBegan
from jsquared.records.placement import Placement
from jsquared.records.plan import Plan
from jsquared.records.run_directory import TrialRecord
from jsquared.text import listed, seconds

FORGETFUL = frozenset({"sentinel-reset", "sentinel-new-id", "sentinel-old-config", "set-quorum"})
"""Faults after which a Sentinel rightly knows less than it did, or needs other votes."""
DISKS = frozenset({"disk-full", "disk-read-only"})
"""Faults during which a Sentinel cannot write its file or its log."""
ORDERS = frozenset({"manual-failover", "failover-while-paused"})
"""Faults that order a failover, which then needs no votes."""
SLACK_MS = 5.0
"""Logs are stamped by the millisecond, and a vote is written before it is sent."""
_PEER = re.compile(r"sentinel ([0-9a-f]{40}) (\S+) (\d+) @")
_VOTE = re.compile(r"([0-9a-f]{40}) (\d{1,18})")


class Elections:
    """Every Sentinel votes once, and who leads was voted for."""

    name = "elections"

    def check(self, record: TrialRecord) -> Findings:
        """Count the votes."""
        findings = Findings()
        plan = record.plan
        if (
            record.of(StepBegan)
            or len(plan.master_names) > 1
            or {fault.name for fault in plan.faults} & (FORGETFUL | DISKS | ORDERS | set(MOVES_CLOCKS))
        ):
            return findings
        events = logged(record)
        votes = votes_of(events)
        for text in (*_voted_twice(votes), *_leaders(record, events, votes)):
            findings.violated(text)
        return findings


def logged(record: TrialRecord) -> list[SentinelEvent]:
    """The events of the Sentinels' logs, those of each in the order in which it wrote them."""
    return [event for event in record.of(SentinelEvent) if event.via == "log"]


def became_one(record: TrialRecord) -> bool:
    """True if the deployment had converged before servers said their last words."""
    return any(event.ok and event.stage == "settle" for event in record.of(Converged))


def votes_of(events: list[SentinelEvent]) -> list[tuple[SentinelEvent, str, int]]:
    """Each vote, with whom it is for and its epoch."""
    lines = ((event, _VOTE.fullmatch(event.payload)) for event in events if event.event == "+vote-for-leader")
    return [(event, found[1], int(found[2])) for event, found in lines if found]


def with_epochs(events: list[SentinelEvent], kind: str) -> Iterator[tuple[SentinelEvent, int]]:
    """The events of that kind, each with the epoch in which its Sentinel had begun (``+new-epoch``, then ``+try-failover``)."""
    newest: dict[str, int] = {}
    begun: dict[str, int] = {}
    for event in events:
        name = event.event
        if name == "+new-epoch":
            newest[event.source] = _number(event)
        elif name == "+try-failover":
            begun[event.source] = newest.get(event.source, 0)
        elif name == kind and begun.get(event.source):
            yield event, begun[event.source]


def _voted_twice(votes: list[tuple[SentinelEvent, str, int]]) -> Iterator[str]:
    given = Counter((event.source, epoch) for event, _, epoch in votes)
    for (source, epoch), number in given.items():
        if number > 1:
            times = listed([seconds(event.t_ms) for event, _, of in votes if (event.source, of) == (source, epoch)])
            yield f"{source} voted {number} times in epoch {epoch}, at {times}: with one vote per epoch, only one Sentinel can lead it"


def _leaders(
    record: TrialRecord, events: list[SentinelEvent], votes: list[tuple[SentinelEvent, str, int]]
) -> Iterator[str]:
    """Leaders of an epoch that has another one, and leaders without a majority."""
    leaders: dict[int, list[SentinelEvent]] = defaultdict(list)
    names = _names(record.placement, events)
    for event, epoch in with_epochs(events, "+elected-leader"):
        leaders[epoch].append(event)
        if event.source in names.values():
            yield from _without_majority(record.plan, event, epoch, votes, names)
    for epoch, elected in leaders.items():
        who = sorted({event.source for event in elected})
        if len(who) > 1:
            yield f"epoch {epoch} had {len(who)} leaders, {listed(who)}: each may promote a different replica"


def _without_majority(
    plan: Plan, event: SentinelEvent, epoch: int, votes: list[tuple[SentinelEvent, str, int]], names: dict[str, str]
) -> Iterator[str]:
    voters = {
        vote.source
        for vote, leader, of in votes
        if of == epoch and names.get(leader) == event.source and vote.t_ms <= event.t_ms + SLACK_MS
    }
    total = len(plan.sentinels())
    if len(voters) <= total // 2:
        yield (
            f"{event.source} was elected leader of epoch {epoch} at {seconds(event.t_ms)}, when {len(voters)} of {total} Sentinels had "
            "voted for it"
        )


def _names(placement: Placement, events: list[SentinelEvent]) -> dict[str, str]:
    """The ids of Sentinels to their names, as the others write them."""
    at = {(node.address, str(node.port)): node.name for node in placement.nodes if node.role == "sentinel"}
    found = (_PEER.match(event.payload) for event in events)
    return {peer[1]: at[peer[2], peer[3]] for peer in found if peer and (peer[2], peer[3]) in at}


def _number(event: SentinelEvent) -> int:
    text = event.payload
    return int(text) if text.isdecimal() and len(text) < 19 else 0
