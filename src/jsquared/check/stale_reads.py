"""Reads that gave less than had been acknowledged, or what had expired: seen while the client looked, whatever the end of the trial shows.

A later version may cover such a loss forever, so the final content says nothing of it. It is violated where the plan allows no loss of
the client's operations, and a fact elsewhere, as a loss itself is. What is shown after its end, or was never accepted, breaks a promise at
every level. Where a fault moved clocks, keys may expire at any time.
"""

from collections import defaultdict

from jsquared.check.allowed_losses import nothing_may_be_lost
from jsquared.check.checker import Findings, Note
from jsquared.check.disturbance import held_against
from jsquared.check.series import MOVES_CLOCKS
from jsquared.records.event_types import ClientSaid
from jsquared.records.run_directory import TrialRecord
from jsquared.text import counted, seconds

# What a client says of a read to what a verdict says of it.
WORDS = {
    "stale-read": "read an older state from {} than the acknowledged one",
    "gone-early": "found keys missing on {} that had been acknowledged and had not expired",
    "read-late": "read expired keys from {}",
    "read-foreign": "read values from {} that it had never accepted",
}


class StaleReads:
    """No one reads less than was acknowledged, nor for longer than it lives."""

    name = "stale reads"

    def check(self, record: TrialRecord) -> Findings:
        """Look at what the clients said."""
        findings = Findings()
        said: dict[tuple[str, str, str], list[ClientSaid]] = defaultdict(list)
        for event in record.of(ClientSaid):
            if event.action in WORDS:
                said[event.source, event.node, event.action].append(event)
        moved = any(fault.name in MOVES_CLOCKS for fault in record.plan.faults)
        for (client, node, action), events in said.items():
            text = (
                f"{client} {WORDS[action].format(node)}: {counted(len(events), 'read')} from {seconds(events[0].t_ms)} on, the first of "
                f"{events[0].detail}"
            )
            if moved and action in ("gone-early", "read-late"):
                findings.facts.append(f"{text}; a fault moved clocks")
            elif action == "read-late":
                findings.notes.append(Note(held_against(record), text))
            elif action == "read-foreign" or nothing_may_be_lost(record.plan, client):
                findings.violated(text)
            else:
                findings.facts.append(text)
        return findings
