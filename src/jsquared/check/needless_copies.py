"""A replica to which nothing happened goes on where it was: it never copies everything again from a primary to which nothing happened.

After a failover the other replicas ask the promoted one for what they miss (PSYNC with the secondary replication id, replication.c), and
get just that. Judged only under faults that leave it no reason to refuse: the old primary has ended, or only connections were broken.
"""

from jsquared.check.checker import Findings
from jsquared.check.resyncs import FullSync, full_syncs
from jsquared.check.timeline import Timeline
from jsquared.records.run_directory import TrialRecord
from jsquared.text import seconds

HARMLESS = frozenset({"kill", "pause", "reset-connections", "connection-storm", "unauthenticated-flood"})
"""Faults after which nodes that they did not touch have the same history. Where an old primary lives on, replicas may have followed it
further than the promoted one."""


class NeedlessCopies:
    """No full copy where a partial one would have done."""

    name = "needless copies"

    def check(self, record: TrialRecord) -> Findings:
        """Look for full copies between nodes to which nothing happened."""
        findings = Findings()
        timeline = Timeline.of(record)
        too_small = any(finding.rule == "backlog-small" for finding in record.plan.findings)
        if too_small or not timeline.faults or any(span.name not in HARMLESS for span in timeline.faults):
            return findings
        for sync in full_syncs(timeline) or []:
            source = _primary_at(timeline, sync)
            if source != sync.node and not timeline.touched(sync.node) and not timeline.touched(source):
                findings.violated(
                    f"{sync.node} copied everything again from {source} at {seconds(sync.at_ms)}, though nothing had happened to either: "
                    "it should have resumed where it was"
                )
        return findings


def _primary_at(timeline: Timeline, sync: FullSync) -> str:
    reigns = [reign.node for reign in timeline.reigns if reign.from_ms <= sync.at_ms]
    return reigns[-1] if reigns else ""
