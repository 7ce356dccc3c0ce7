"""Promotions: a planned failover promotes one replica, and no node becomes primary without a Sentinel's promotion."""

from jsquared.check.checker import Findings, Note
from jsquared.check.disturbance import held_against
from jsquared.check.failovers import promoted_node
from jsquared.check.timeline import Timeline
from jsquared.records.event_types import RoleChanged
from jsquared.records.run_directory import TrialRecord
from jsquared.text import counted, listed, seconds

_ORDERS = ("manual-failover", "failover-while-paused")
"""Faults each of which is a failover of its own; all others together lead to one."""
_CONFUSE = ("sentinel-reset", "sentinel-new-id", "sentinel-old-config", "disk-read-only")
"""Faults after which Sentinels know less than before, and may promote again what they have not heard of."""


class Promotions:
    """No failover beyond the planned one, and no primary that no one promoted."""

    name = "promotions"

    def check(self, record: TrialRecord) -> Findings:
        """Count the promotions, and look for who says that it is primary without one."""
        findings = Findings()
        timeline = Timeline.of(record)
        _judge_number(timeline, findings)
        for event in _usurpers(timeline):
            findings.violated(
                f"{event.source} has called itself a primary since {seconds(event.t_ms)}, though no Sentinel had promoted it"
            )
        return findings


def _judge_number(timeline: Timeline, findings: Findings) -> None:
    """More promotions than the one that is planned; where none is, ``no_failover`` says so.

    What no one was told of is not a failover (a leader may die between promotion and announcement), nor is an old address that a Sentinel
    announces again because it has missed a promotion.
    """
    plan = timeline.record.plan
    promotions = [event for event in timeline.sentinel if event.event == "+promoted-slave"]
    orders = [fault for fault in plan.faults if fault.name in _ORDERS]
    planned = len(orders) + (len(orders) < len(plan.faults))
    confused = any(fault.name in _CONFUSE for fault in plan.faults)
    if plan.expect_failover and not confused and min(len(promotions), len(timeline.failovers)) > planned:
        shown = listed(
            [f"{promoted_node(timeline.record.placement, event)} at {seconds(event.t_ms)}" for event in promotions]
        )
        text = f"{counted(len(promotions) - planned, 'failover')} more than planned; promoted: {shown}"
        findings.notes.append(Note(held_against(timeline.record), text))


def _usurpers(timeline: Timeline) -> list[RoleChanged]:
    """The first time that a node says it is primary, of nodes that only a promotion could have made one."""
    plan = timeline.record.plan
    chosen = {
        promoted_node(timeline.record.placement, event)
        for event in timeline.sentinel
        if event.event in ("+promoted-slave", "+selected-slave")
    }
    chosen |= {change.new for change in timeline.failovers}
    first: dict[str, RoleChanged] = {}
    for event in timeline.record.of(RoleChanged):
        if event.role == "primary":
            first.setdefault(event.source, event)
    candidates = [node for node in plan.data_nodes() if not node.initial_primary and node.name not in chosen]
    return [first[node.name] for node in candidates if node.name in first and not timeline.touched(node.name)]
