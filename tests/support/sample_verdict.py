"""The verdicts of the sample runs, counted from their operations as the checkers would."""

import numpy as np
from numpy.typing import NDArray

from jsquared.records import history as h
from jsquared.records.run_directory import TrialRecord
from jsquared.records.verdict import (
    PHASES,
    ClientGap,
    FaultResult,
    LossGroup,
    ObjectiveResult,
    Outcome,
    TrialVerdict,
    Writes,
)
from support.sample_events import ENDS_MS, FAULT_MS, HEALS_MS, LOAD_MS, MARKS_MS

_OUTCOMES: dict[str, Outcome] = {
    "crash": "pass",
    "split-brain": "violated",
    "did-not-bite": "inconclusive",
    "killed": "inconclusive",
    "idle": "inconclusive",
}


def sample_verdict(sample: str, record: TrialRecord) -> TrialVerdict:
    """What a trial like this sample would be judged as."""
    failed_over = sample in ("crash", "split-brain")
    lost = _lost(record)
    writes = _writes(record, lost)
    failover_ms = MARKS_MS["reconnect"] - FAULT_MS if failed_over else None
    return TrialVerdict(
        scenario=record.plan.scenario,
        seed=record.plan.seed,
        outcome=_OUTCOMES[sample],
        reasons=_reasons(sample, writes),
        deployment=record.plan.deployment,
        engine=record.plan.engine,
        sandbox=record.plan.sandbox,
        ack=str(record.plan.ack),
        writes=writes,
        failover_ms=failover_ms,
        phases_ms=_phases() if failed_over else None,
        phase_marks_ms=dict(MARKS_MS) if failed_over else {},
        objectives=_objectives(failover_ms, writes),
        faults=[_fault(sample)] if sample != "idle" else [],
        losses=_losses(record, lost),
        gaps=_gaps(record),
        facts=["Clean stand-up: converged 0.42 s after the first process."],
        duration_ms=ENDS_MS[sample],
        run_dir=record.path.name,
    )


def _lost(record: TrialRecord) -> NDArray[np.bool_]:
    operations = record.operations
    if not operations.found:
        return np.zeros(len(operations), dtype=bool)
    absent = operations.found["redis-n3"] == h.ABSENT
    return (operations.outcome == h.OK) & absent  # type: ignore[no-any-return]


def _writes(record: TrialRecord, lost: NDArray[np.bool_]) -> Writes:
    operations = record.operations
    read = bool(operations.found)
    unknown = operations.outcome == h.UNKNOWN
    survived = unknown & (operations.found["redis-n3"] == h.PRESENT) if read else unknown
    return Writes(
        attempted=len(operations),
        acknowledged=int((operations.outcome == h.OK).sum()),
        lost=int(lost.sum()) if read else None,
        unknown=int(unknown.sum()),
        unknown_survived=int(survived.sum()) if read else None,
        failed_but_present=0 if read else None,
    )


def _reasons(sample: str, writes: Writes) -> list[str]:
    return {
        "crash": [],
        "split-brain": [
            f"{writes.lost:,} of {writes.acknowledged:,} acknowledged writes were lost: split brain"
            if writes.lost is not None
            else ""
        ],
        "did-not-bite": ["the fault f1 (pause of redis-n1) did not bite: the primary answered 14 of 14 probes"],
        "killed": ["the run was cut short in phase 'break'", "there was no read-back, so losses are not known"],
        "idle": ["0 acknowledged writes, fewer than the 100 that prove something"],
    }[sample]


def _phases() -> dict[str, float]:
    marks = [MARKS_MS[name] for name in ("fault", *PHASES)]
    return {name: marks[number + 1] - marks[number] for number, name in enumerate(PHASES)}


def _objectives(failover_ms: float | None, writes: Writes) -> list[ObjectiveResult]:
    return [
        ObjectiveResult(
            name="failover",
            limit=10_000,
            value=failover_ms,
            unit="ms",
            outcome="pass" if failover_ms else "inconclusive",
            reason="" if failover_ms else "no failover happened",
        ),
        ObjectiveResult(
            name="lost_writes",
            limit=0,
            value=None if writes.lost is None else float(writes.lost),
            unit="writes",
            outcome="inconclusive" if writes.lost is None else "violated" if writes.lost else "pass",
            reason="split brain: both sides acknowledged" if writes.lost else "",
        ),
    ]


def _fault(sample: str) -> FaultResult:
    names = {"split-brain": "cut", "did-not-bite": "pause"}
    targets = ["n1", "n2", "c1"] if sample == "split-brain" else ["redis-n1"]
    return FaultResult(
        id="f1",
        name=names.get(sample, "kill"),
        targets=targets,
        started_ms=FAULT_MS,
        healed_ms=HEALS_MS.get(sample),
        bit=sample != "did-not-bite",
        healed=sample in HEALS_MS,
        evidence=_EVIDENCE[sample],
        heal_evidence="it answers again" if sample in HEALS_MS else "",
    )


_EVIDENCE = {
    "crash": "process 10 is gone and its port refuses connections",
    "killed": "process 10 is gone and its port refuses connections",
    "split-brain": "0 of 12 probes crossed the cut, 12 of 12 did within each side",
    "did-not-bite": "the primary answered 14 of 14 probes while it should have been stopped",
}


def _losses(record: TrialRecord, lost: NDArray[np.bool_]) -> list[LossGroup]:
    rows = np.flatnonzero(lost)
    if not len(rows):
        return []
    at_ms = record.operations.completed_ns[rows] / 1e6
    return [
        LossGroup(
            cause="split brain",
            explanation="redis-n1 went on acknowledging after redis-n3 was promoted; "
            "when it was demoted it took redis-n3's data and dropped its own",
            node="redis-n1",
            client="client-1",
            count=len(rows),
            first_ms=float(at_ms.min()),
            last_ms=float(at_ms.max()),
            fault="f1",
            keys=[f"jsq:0:{slot}" for slot in record.operations.slot[rows][:20]],
        )
    ]


def _gaps(record: TrialRecord) -> list[ClientGap]:
    operations = record.operations
    gaps = []
    for number, client in enumerate(record.plan.clients):
        rows = (operations.client == number) & (operations.outcome == h.OK)
        if rows.any():
            gaps.append(
                _gap(client.name, np.sort(operations.completed_ns[rows]) / 1e6, operations.intended_ns.max() / 1e6)
            )
    return gaps


def _gap(client: str, acknowledged_ms: NDArray[np.float64], load_ends_ms: float) -> ClientGap:
    edges = np.concatenate([[LOAD_MS], acknowledged_ms, [max(load_ends_ms, acknowledged_ms[-1])]])
    longest = int(np.diff(edges).argmax())
    return ClientGap(
        client=client,
        gap_ms=float(edges[longest + 1] - edges[longest]),
        from_ms=float(edges[longest]),
        until_ms=float(edges[longest + 1]),
        resumed=longest + 2 < len(edges),
    )
