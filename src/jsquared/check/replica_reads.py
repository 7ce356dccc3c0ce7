"""Clients' reads from replicas, set apart: no acknowledgement level promises anything of them, so they are facts and never a violation."""

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from jsquared.check.checker import Findings
from jsquared.records.event_types import ClientSaid
from jsquared.records.run_directory import TrialRecord
from jsquared.text import counted, duration, listed


class ReplicaReads:
    """The age of the replicas' answers, compared with the acknowledged writes."""

    name = "reads from replicas"

    def check(self, record: TrialRecord) -> Findings:
        """Add up what the clients counted."""
        findings = Findings()
        found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for event in record.of(ClientSaid):
            if event.action == "replica-reads":
                found[event.node].append(_counts(event.detail))
        if found:
            parts = [_sentence(node, counts) for node, counts in sorted(found.items())]
            findings.facts.append(f"reads from replicas: {listed(parts)}")
        return findings


def _sentence(node: str, counts: list[Mapping[str, Any]]) -> str:
    reads, older = (sum(int(one.get(name, 0)) for one in counts) for name in ("reads", "older"))
    behind_ms = max(float(one.get("most_behind_ms", 0)) for one in counts)
    if not older:
        return f"{node} returned every acknowledged write in all of {counted(reads, 'read')}"
    return f"{node} returned an older state in {older:,} of {counted(reads, 'read')}, by up to {duration(behind_ms)}"


def _counts(detail: object) -> Mapping[str, Any]:
    """Return a client's counts; empty where the line is damaged."""
    try:
        counts = json.loads(str(detail))
    except ValueError:
        return {}
    return counts if isinstance(counts, dict) else {}
