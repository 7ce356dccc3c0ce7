"""The evidence for every fault: it must have started, bitten and healed, each proven by a measurement of the lab.

A fault that did not bite proves nothing about the deployment, however good the numbers look; one that did not heal leaves the
end of the trial without meaning. Both are inconclusive.
"""

from jsquared.check.checker import Findings
from jsquared.check.fault_spans import FaultSpan, fault_spans
from jsquared.records.run_directory import TrialRecord
from jsquared.records.verdict import FaultResult


class FaultEvidence:
    """Every fault started, bit and healed."""

    name = "fault evidence"

    def check(self, record: TrialRecord) -> Findings:
        """Look at the faults' own events."""
        findings = Findings()
        for span in fault_spans(record):
            findings.faults.append(_result(span))
            doubt = _doubt(span)
            if doubt:
                findings.inconclusive(f"the fault {span.called} {doubt}")
        return findings


def _result(span: FaultSpan) -> FaultResult:
    return FaultResult(
        id=span.id,
        name=span.name,
        targets=list(span.targets),
        started_ms=span.started_ms,
        healed_ms=span.healed_ms,
        bit=bool(span.bit),
        healed=bool(span.healed),
        evidence=span.evidence,
        heal_evidence=span.heal_evidence,
    )


def _doubt(span: FaultSpan) -> str:
    """Return why the fault proves nothing, or an empty text if it does."""
    if span.started_ms is None:
        return "never started"
    if span.bit is None:
        return "has no evidence that it bit"
    if not span.bit:
        return f"did not bite: {span.evidence or 'no evidence given'}"
    if span.healed is None:
        return "was never proven to have healed"
    if not span.healed:
        return f"did not heal: {span.heal_evidence or 'no evidence given'}"
    return ""
