"""Reads that gave less than had been acknowledged: taken back while the client looked, whatever the end of the trial shows.

A later version may cover such a loss for ever, so the final content says nothing of it. It is violated where the plan allows no loss of
the client's operations, and a fact elsewhere, as a loss itself is.
"""

from collections import defaultdict

from jsquared.check.checker import Findings
from jsquared.check.phrases import counted, seconds
from jsquared.records.events import Event
from jsquared.records.run_directory import TrialRecord


class StaleReads:
    """Nobody reads less than was acknowledged."""

    name = "stale reads"

    def check(self, record: TrialRecord) -> Findings:
        """Look at what the clients said."""
        findings = Findings()
        stale: dict[tuple[str, str], list[Event]] = defaultdict(list)
        for event in record.of_kind("client"):
            if event.get("action") == "stale-read":
                stale[event.source, str(event.get("node"))].append(event)
        limits = [one for one in record.plan.objectives if one.name in ("lost_operations", "lost_writes")]
        for (client, node), events in stale.items():
            text = (
                f"{client} read less from {node} than had been acknowledged: {counted(len(events), 'read')} from "
                f"{seconds(events[0].t_ms)} on, the first of {events[0].get('detail')}"
            )
            if any(one.limit == 0 and client in (one.clients or (client,)) for one in limits):
                findings.violated(text)
            else:
                findings.facts.append(text)
        return findings
