"""The fate of operations with a model: lost ones, and keys with a content that no sequence of operations leaves.

Series by series, what the final primary holds is compared with everything that the operations may have left there
(:mod:`jsquared.check.reachable`). What does not fit is explained by as little as possible (:mod:`jsquared.check.explanation`). Operations
that are lost are counted, and an objective says how many may be; all else breaks a promise of Redis at every level.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace

import numpy as np

from jsquared.check.checker import Findings, crash_text
from jsquared.check.explanation import LOST, RESURRECTED, Explanation, explain
from jsquared.check.loss_groups import explain_losses
from jsquared.check.reachable import TooManyStatesError
from jsquared.check.series import MOVES_CLOCKS, Reader, Rows, all_series
from jsquared.check.timeline import Timeline
from jsquared.clock import NS_PER_MS
from jsquared.records import history as h
from jsquared.records.event_types import ContentsRead
from jsquared.records.models.catalogue import MODELS, call_of
from jsquared.records.operations import Operations
from jsquared.records.run_directory import TrialRecord
from jsquared.records.verdict import Anomaly, KindOfOperation, OperationCounts
from jsquared.text import counted, listed, seconds

MOST_ANOMALIES = 20
"""So many are told one by one; all are counted."""


@dataclass
class _Judged:
    """The results, series by series. ``lost_rows`` are rows of operations, ``whole_rows`` those that are proven to be there."""

    lost: Counter[str] = field(default_factory=Counter)
    anomalies: list[tuple[Rows, Explanation]] = field(default_factory=list)
    lost_rows: list[int] = field(default_factory=list)
    whole_rows: list[int] = field(default_factory=list)
    unjudged: int = 0
    unproven: int = 0
    """Acknowledged operations of series that could not be judged."""


class LostOperations:
    """Operations lost, and keys whose content nothing explains, on the final primary."""

    name = "operations with a model"

    def check(self, record: TrialRecord) -> Findings:
        """Compare the operations with what the final primary held."""
        findings = Findings()
        if not len(record.modelled):
            return findings
        timeline = Timeline.of(record)
        primary = timeline.final_primary
        contents = record.contents.get(primary)
        if contents is None:
            findings.operations = _counts(record.modelled, None)
            why = f"the content of {primary} was not read" if primary else "no final primary is known"
            findings.inconclusive(f"{why}, so the fate of the operations is unknown")
            return findings
        moved = any(fault.name in MOVES_CLOCKS for fault in record.plan.faults)
        judged = _judge(record, Reader(record.modelled, contents, _read_ms(record, primary), moved=moved))
        findings.operations = _counts(record.modelled, judged)
        _tell(record, primary, judged, findings)
        _trace(timeline, primary, judged, findings)
        return findings


def _read_ms(record: TrialRecord, node: str) -> float:
    """Return the time at which a node's content had been read."""
    times = [event.t_ms for event in record.of(ContentsRead) if event.source == node]
    return times[-1] if times else max((event.t_ms for event in record.events), default=0.0)


def _judge(record: TrialRecord, reader: Reader) -> _Judged:
    judged = _Judged()
    for rows in all_series(record.modelled):
        series = reader.series(rows)
        try:
            explanation = None if series is None else explain(series)
        except TooManyStatesError:
            series = explanation = None
        if series is None:
            judged.unjudged += 1
            judged.unproven += int((record.modelled.outcome[list(rows.rows.values())] == h.OK).sum())
            continue
        lost = explanation.steps if explanation and explanation.cause in (LOST, RESURRECTED) else ()
        judged.lost_rows += [rows.rows[step] for step in lost]
        judged.lost[rows.model.name] += len(lost)
        if explanation is not None:
            judged.anomalies.append((rows, explanation))
        elif rows.model.shows_each:
            judged.whole_rows += rows.rows.values()
    return judged


# --- Counts.


def _counts(operations: Operations, judged: _Judged | None) -> OperationCounts:
    """Counts of all operations and of each kind; what was lost is None where no one knows."""
    kinds = operations.slot % len(MODELS)
    causes = (
        Counter((rows.model.name, one.cause in (LOST, RESURRECTED)) for rows, one in judged.anomalies) if judged else {}
    )
    counts = OperationCounts(unjudged=judged.unjudged if judged else 0)
    for number, model in enumerate(MODELS):
        outcome = operations.outcome[kinds == number]
        kind = KindOfOperation(
            attempted=len(outcome),
            acknowledged=int((outcome == h.OK).sum()),
            unknown=int((outcome == h.UNKNOWN).sum()),
            lost=judged.lost[model.name] if judged else None,
            anomalies=causes.get((model.name, False), 0) if judged else None,
        )
        counts.kinds[model.name] = kind
        counts.attempted += kind.attempted
        counts.acknowledged += kind.acknowledged
        counts.unknown += kind.unknown
    if judged:
        counts.lost = sum(judged.lost.values())
        counts.anomalies = sum(kind.anomalies or 0 for kind in counts.kinds.values())
        counts.found = [_anomaly(rows, one) for rows, one in judged.anomalies[:MOST_ANOMALIES]]
    return counts


def _anomaly(rows: Rows, explanation: Explanation) -> Anomaly:
    return Anomaly(
        cause=explanation.cause,
        kind=rows.model.name,
        key=rows.keys[0].decode(errors="replace"),
        database=rows.database,
        steps=list(explanation.steps),
    )


# --- Sentences.


def _tell(record: TrialRecord, primary: str, judged: _Judged, findings: Findings) -> None:
    by_cause: dict[str, list[tuple[Rows, Explanation]]] = defaultdict(list)
    for rows, explanation in judged.anomalies:
        by_cause[explanation.cause].append((rows, explanation))
    for cause, found in by_cause.items():
        if cause not in (LOST, RESURRECTED):
            findings.violated(_sentence(record, primary, cause, found))
    if judged.unjudged:
        tell = findings.inconclusive if judged.unproven else findings.facts.append
        tell(
            f"{judged.unjudged:,} series of operations, with {judged.unproven:,} that were acknowledged, could not be judged: part of an "
            "operation was refused, or connections broke too often"
        )
    findings.facts += _not_exercised(record.modelled)


def _sentence(record: TrialRecord, primary: str, cause: str, found: list[tuple[Rows, Explanation]]) -> str:
    rows, explanation = found[0]
    kinds = listed(sorted({one.model.name for one, _ in found}))
    keys = listed([key.decode(errors="replace") for key in rows.keys])
    place = f" in database {rows.database}" if rows.database else ""
    words = [_words(record.modelled, rows, step) for step in explanation.steps]
    about = f"; {', '.join(words)}" if words else ""
    many = f"{counted(len(found), 'key')} ({kinds})" if len(found) > 1 else f"a key ({kinds})"
    return f"operations: {cause}: {many} on {primary}, such as {keys}{place}{about}"


def _words(operations: Operations, rows: Rows, step: int) -> str:
    """One operation: ``APPEND (step 3) acknowledged at 2.31 s``."""
    row = rows.rows[step]
    call = call_of(h.KEY_PREFIX.encode(), rows.client, int(operations.slot[row]))
    commands = " ".join(str(words[0], "ascii") for words in rows.model.commands(call) if isinstance(words[0], bytes))
    outcome = "acknowledged" if operations.outcome[row] == h.OK else h.OUTCOME_NAMES[operations.outcome[row]]
    return f"{commands} (step {step}) {outcome} at {seconds(operations.completed_ns[row] / NS_PER_MS)}"


def _not_exercised(operations: Operations) -> list[str]:
    """The kinds of which no operation was acknowledged, with the reasons, where others were."""
    kinds = operations.slot % len(MODELS)
    acknowledged = operations.outcome == h.OK
    if not acknowledged.any():
        return []
    facts = []
    for number, model in enumerate(MODELS):
        mine = kinds == number
        if mine.any() and not (acknowledged & mine).any():
            errors = Counter(h.ERROR_NAMES[code] or "no reply" for code in operations.error[mine].tolist())
            reasons = ", ".join(f"{count} x {name}" for name, count in errors.most_common(3))
            facts.append(f"no operation of the kind '{model.name}' was acknowledged: {reasons}")
    return facts


# --- Causes.


def _trace(timeline: Timeline, primary: str, judged: _Judged, findings: Findings) -> None:
    """Name what lost operations are lost by; the losses stay proven even where explaining them crashes.

    What is known to be there is what the final content shows of each operation: one that was overwritten may have been lost as well.
    """
    if not judged.lost_rows:
        return
    operations = timeline.record.modelled
    found = np.full(len(operations), h.NOT_READ, dtype=np.uint8)
    found[judged.whole_rows] = h.PRESENT
    found[judged.lost_rows] = h.ABSENT
    try:
        traced = replace(timeline.record, operations=replace(operations, found={primary: found}))
        rows = np.array(sorted(judged.lost_rows), dtype=np.intp)
        findings.operation_losses = explain_losses(Timeline.of(traced), rows, found, key_of=_key)
    except Exception as problem:  # noqa: BLE001, RUF100 -- the count must survive it
        findings.inconclusive(crash_text("causes of lost operations", problem))


def _key(client: int, slot: int) -> bytes:
    return call_of(h.KEY_PREFIX.encode(), client, slot).keys[0]
