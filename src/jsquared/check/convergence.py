"""The deployment's convergence after the heal: one primary, all Sentinels agree, every replica attached, equal content.

The lab asked servers and Sentinels itself and recorded the answer (``converged`` of stage ``settle``). Content is compared here:
key counts, and for every write ever intended whether each node has it. Who was primary is looked at again up to the
end of the read-back, so that a deployment which fell apart after it had converged is seen.
"""

import numpy as np

from jsquared.check.checker import Convergence, Findings
from jsquared.check.timeline import Timeline
from jsquared.records import history as h
from jsquared.records.event_types import ContentsRead, Converged, DatasetRead, RoleChanged
from jsquared.records.run_directory import TrialRecord
from jsquared.text import counted, listed, seconds


class ConvergenceChecker:
    """One primary, agreed on, with equal replicas."""

    name = "convergence"

    def check(self, record: TrialRecord) -> Findings:
        """Time from the last heal, and what was not one."""
        findings = Findings()
        timeline = Timeline.of(record)
        settled = _settled(record)
        if settled is None:
            findings.inconclusive("the trial ended before it was known whether the deployment converged")
            return findings
        healed = timeline.last_healing_ms
        since = timeline.phase_ms("settle") if healed is None else healed
        waited = max(settled.t_ms - (settled.t_ms if since is None else since), 0.0)
        problems = _problems(record, timeline, settled)
        findings.convergence = Convergence(None if problems else waited, waited, tuple(problems))
        if problems and not any(objective.name == "convergence" for objective in record.plan.objectives):
            findings.inconclusive(f"the deployment did not converge: {'; '.join(problems)}")
        unread = _unread(record)
        if unread:
            findings.inconclusive(
                f"the content of {listed(unread)} was not compared, since not all of it could be read back"
            )
        return findings


def _settled(record: TrialRecord) -> Converged | None:
    """The last word on convergence after the heal, None when there is none."""
    events = [event for event in record.of(Converged) if event.stage == "settle"]
    return events[-1] if events else None


def _problems(record: TrialRecord, timeline: Timeline, settled: Converged) -> list[str]:
    if not settled.ok:
        return [settled.detail or "no reason given"]
    return [*_fell_apart(record, timeline, settled), *_unequal(record, timeline)]


def _fell_apart(record: TrialRecord, timeline: Timeline, settled: Converged) -> list[str]:
    """Data nodes that changed role after everything had converged, as they last said before the end."""
    end = timeline.phase_ms("done", "interrupted", "ended-early") or timeline.end_ms
    last = {event.source: event for event in record.of(RoleChanged) if settled.t_ms < event.t_ms < end}
    primary = timeline.final_primary
    own = {node.name for node in record.plan.data_nodes()}
    problems = []
    for node, event in last.items():
        role = event.role if node in own else ""
        if role == "primary" and node != primary:
            problems.append(f"{node} became a second primary at {seconds(event.t_ms)}, after convergence")
        elif role == "down" and _before_servers_end(record, event):
            problems.append(f"{node} went down at {seconds(event.t_ms)}, after convergence")
    return problems


def _before_servers_end(record: TrialRecord, event: RoleChanged) -> bool:
    """True if an event lies before the last read-back: the lab itself ends all servers after it."""
    return any(other.t_ms > event.t_ms for other in record.of(DatasetRead))


def _unequal(record: TrialRecord, timeline: Timeline) -> list[str]:
    """Replicas whose content differs from the final primary's.

    Where the whole content was read, :mod:`jsquared.check.same_contents` compares it key by key: a count has keys in it that have expired.
    """
    primary = timeline.final_primary
    found = record.operations.found
    keys = {event.source: event.keys for event in record.of(DatasetRead)}
    compared = {event.source for event in record.of(ContentsRead) if event.attached and not event.error}
    problems = []
    for node in (planned.name for planned in record.plan.data_nodes()):
        if node == primary or primary not in found or node not in found:
            continue
        both = (found[node] != h.NOT_READ) & (found[primary] != h.NOT_READ)
        differing = int(np.count_nonzero((found[node] != found[primary]) & both))
        if differing:
            problems.append(f"{node} and {primary} differ in {counted(differing, 'key')}")
        elif {node, primary} <= compared:
            continue
        elif None not in (keys.get(node), keys.get(primary)) and keys[node] != keys[primary]:
            problems.append(f"{node} holds {keys[node]:,} keys, {primary} {keys[primary]:,}")
    return problems


def _unread(record: TrialRecord) -> list[str]:
    """Data nodes without a read-back, or with one that has holes."""
    found = record.operations.found
    return [
        node.name
        for node in record.plan.data_nodes()
        if node.name not in found or bool((found[node.name] == h.NOT_READ).any())
    ]
