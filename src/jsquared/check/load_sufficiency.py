"""The load must suffice for a verdict: enough acknowledged writes, and load before and during the faults.

Zero lost of three writes, or of writes that all came after the heal, is not zero lost.
"""

import numpy as np

from jsquared.check.checker import Findings
from jsquared.check.fault_spans import FaultSpan
from jsquared.check.timeline import Timeline
from jsquared.check.write_gap import Load, acknowledged_ns, loads
from jsquared.clock import NS_PER_MS
from jsquared.records import history as h
from jsquared.records.run_directory import TrialRecord
from jsquared.text import counted, seconds

SHORTEST_FAULT_MS = 1000.0
"""A fault that is over sooner (a restart) is looked at for so long."""
EARLY_END_MS = 1000.0
"""A client that ends so much before the last one did not run to the end."""


class LoadSufficiency:
    """Enough operations, and load while it mattered."""

    name = "enough operations"

    def check(self, record: TrialRecord) -> Findings:
        """Count acknowledgements and look for load around every fault."""
        findings = Findings()
        timeline = Timeline.of(record)
        acknowledged = int(np.count_nonzero(record.operations.outcome == h.OK))
        if acknowledged < record.plan.minimum_acknowledged:
            findings.inconclusive(
                f"only {counted(acknowledged, 'write')} acknowledged, fewer than the "
                f"{record.plan.minimum_acknowledged:,} needed to prove anything"
            )
        parts = loads(record, timeline.phase_ms("load"))
        _every_client(record, parts, findings)
        if parts:
            _around_faults(record, timeline.faults, parts, findings)
        return findings


def _every_client(record: TrialRecord, parts: list[Load], findings: Findings) -> None:
    """Every client wrote, from the beginning to the end."""
    writing = {part.client for part in parts}
    for client in record.plan.clients:
        if client.name not in writing:
            findings.inconclusive(f"{client.name} wrote nothing")
    last_ns = max((part.end_ns for part in parts), default=0)
    for part in parts:
        if part.end_ns < last_ns - EARLY_END_MS * NS_PER_MS:
            findings.inconclusive(
                f"{part.client} stopped writing at {seconds(part.end_ns / NS_PER_MS)}, "
                f"long before the load ended at {seconds(last_ns / NS_PER_MS)}"
            )


def _around_faults(record: TrialRecord, faults: list[FaultSpan], parts: list[Load], findings: Findings) -> None:
    """Something was acknowledged before the first fault, and something was tried during each."""
    started = [span for span in faults if span.started_ms is not None]
    if not started:
        return
    first = min(span.start_ms for span in started)
    acks = [acknowledged_ns(record.operations, part.rows) for part in parts]
    if not any(bool((own < first * NS_PER_MS).any()) for own in acks):
        findings.inconclusive(f"no write was acknowledged before the first fault at {seconds(first)}")
    for span in started:
        if not _tried_during(record, span):
            findings.inconclusive(f"no client tried to write during the fault {span.id}")


def _tried_during(record: TrialRecord, span: FaultSpan) -> bool:
    intended = record.operations.intended_ns
    until = max(span.end_ms, span.start_ms + SHORTEST_FAULT_MS)
    return bool(((intended >= span.start_ms * NS_PER_MS) & (intended <= until * NS_PER_MS)).any())
