"""Servers' last words (events ``said``): they must agree with themselves, with the configuration, and with common knowledge.

The deployment has converged then, so no Sentinel may consider the primary down; and one that has voted has no second vote in that epoch.
"""

from collections.abc import Iterator

from jsquared.check.checker import Findings
from jsquared.check.elections import FORGETFUL, became_one
from jsquared.check.failovers import promoted_node
from jsquared.check.needless_copies import HARMLESS
from jsquared.check.timeline import Timeline
from jsquared.records.event_types import ServerSaid
from jsquared.records.run_directory import TrialRecord
from jsquared.text import seconds

CHANGES_PRIORITY = "set-priority"
"""The fault after which a priority is not what it was at the promotion."""


class LastWords:
    """No server contradicts itself or its configuration."""

    name = "last words"

    def check(self, record: TrialRecord) -> Findings:
        """Look at what each said."""
        findings = Findings()
        said = record.of(ServerSaid)
        for text in (*_roles(said), *_expiring(said), *_sentinels(record, said), *_priorities(record, said)):
            findings.violated(text)
        return findings


def _roles(said: list[ServerSaid]) -> Iterator[str]:
    for event in said:
        if event.role and event.role != event.info:
            yield (
                f"{event.source} contradicts itself: ROLE, which clients ask, says {event.role}, but INFO, which Sentinels ask, "
                f"says {event.info}"
            )


def _expiring(said: list[ServerSaid]) -> Iterator[str]:
    for event in said:
        if event.expires_by_itself and event.info == "replica":
            yield (
                f"{event.source} removed a key that had expired by its own clock, though it is a replica, whose primary must tell it: "
                "its content diverges from the primary's"
            )


def _sentinels(record: TrialRecord, said: list[ServerSaid]) -> Iterator[str]:
    if not became_one(record):
        return
    for event in said:
        if event.calls_down:
            yield f"{event.source} told other Sentinels that the primary is down, though the deployment had converged"
        if event.changes_vote:
            yield f"{event.source} voted again in epoch {event.leader_epoch}, in which it had already voted: two Sentinels may lead it"


def _priorities(record: TrialRecord, said: list[ServerSaid]) -> Iterator[str]:
    """Promotions of who may not be promoted, or of one with a worse priority than another to which nothing had happened.

    Where links were broken, Sentinels may not have reached the better one.
    """
    plan = record.plan
    priorities = {event.source: event.priority for event in said if event.priority is not None}
    if any(fault.name == CHANGES_PRIORITY or fault.name in FORGETFUL for fault in plan.faults):
        return
    plain = all(fault.name in HARMLESS for fault in plan.faults)
    timeline = Timeline.of(record)
    for event in timeline.sentinel:
        new = promoted_node(record.placement, event) if event.event == "+selected-slave" else ""
        own = priorities.get(new)
        if own is None:
            continue
        if own == 0:
            yield f"{new} was promoted at {seconds(event.t_ms)}, which 'replica-priority 0' forbids"
            continue
        reigning = [reign.node for reign in timeline.reigns if reign.from_ms <= event.t_ms][-1:]
        for name, priority in priorities.items():
            if plain and 0 < priority < own and name not in reigning and not timeline.touched(name):
                yield (
                    f"{new} with replica-priority {own} was promoted at {seconds(event.t_ms)}, though {name} has {priority} and nothing "
                    "had happened to it"
                )
