"""Servers' replies to operations with a model: the number that INCR gave, the job that RPOPLPUSH moved, the length after APPEND.

Series by series, all replies together are held against what the operations may have made of the keys by then
(:mod:`jsquared.check.possible_replies`). A reply is the earliest sign of a loss, and the only one of a mistake that leaves the content
right. One that goes back is violated where nothing may be lost, and where nothing had happened yet that servers lose by; elsewhere it is a
fact. A wrong one always violates.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from jsquared.check.allowed_losses import nothing_may_be_lost
from jsquared.check.calm import calm_until_ms
from jsquared.check.checker import Findings, crash_text
from jsquared.check.loss_groups import explain_losses
from jsquared.check.possible_replies import BACK, WRONG, Answered, Impossible, find_impossible, identifiers_of
from jsquared.check.reachable import TooManyStatesError
from jsquared.check.series import MOVES_CLOCKS, Reader, Rows, all_series
from jsquared.check.timeline import Timeline
from jsquared.clock import NS_PER_MS
from jsquared.records import history as h
from jsquared.records.contents import Contents
from jsquared.records.models.catalogue import call_of
from jsquared.records.models.kept_replies import identifier, kept, shown
from jsquared.records.models.payloads import short_of
from jsquared.records.models.stream import Stream
from jsquared.records.operations import Operations
from jsquared.records.run_directory import TrialRecord
from jsquared.text import counted, listed, seconds

MOST_SHOWN = 3
"""So many replies that were possible are told; beyond that, how many there were."""


@dataclass(frozen=True)
class _Found:
    """A reply that is not possible: of which series, and what it was and should have been, in words."""

    rows: Rows
    impossible: Impossible
    words: str

    @property
    def row(self) -> int:
        """The operation that it was the reply to."""
        return self.rows.rows[self.impossible.step]


class Replies:
    """Servers' replies must fit the possible effects of the operations before them."""

    name = "replies"

    def check(self, record: TrialRecord) -> Findings:
        """Hold what was replied against what was possible."""
        findings = Findings()
        operations = record.modelled
        if operations.reply is None or operations.reply_kind is None:
            if len(operations):
                findings.facts.append("servers' replies to operations were not kept, so they are not judged")
            return findings
        silent = int(((operations.outcome == h.OK) & (operations.reply_kind == h.NOT_RECORDED)).sum())
        if silent:
            findings.inconclusive(f"the replies to {counted(silent, 'acknowledged operation')} were not kept")
        timeline = Timeline.of(record)
        groups: dict[tuple[str, int, str], list[_Found]] = defaultdict(list)
        for found in sorted(_find(record, timeline.final_primary), key=lambda one: one.row):
            calm = _calm_node(timeline, found)
            groups[found.impossible.cause, found.rows.client, calm].append(found)
        for (_, _, calm), together in groups.items():
            _tell(timeline, calm, together, findings)
        return findings


def _find(record: TrialRecord, primary: str) -> Iterator[_Found]:
    """The first reply of each series that is not possible."""
    moved = any(fault.name in MOVES_CLOCKS for fault in record.plan.faults)
    contents = record.contents.get(primary, {})
    reader = Reader(record.modelled, contents, 0.0, moved=moved)
    for rows in all_series(record.modelled):
        told = reader.told(rows)
        if told is None:
            continue
        try:
            impossible = find_impossible(rows.model, told, moved=moved)
        except TooManyStatesError:  # operations with a model says how many such series there are
            continue
        if impossible is not None:
            yield _Found(rows, impossible, _words(_replied(told, impossible), impossible))
        elif (other := _other_identifier(rows, told, contents)) is not None:
            yield other


def _replied(told: list[Answered], impossible: Impossible) -> str:
    """Describe the reply; empty where only a digest of it was kept."""
    kind, value = next((one.reply for one in told if one.step.call.step == impossible.step), None) or (0, 0)
    return {h.NUMBER: str(value), h.IDENTIFIER: identifier(value)}.get(kind, "")


def _words(replied: str, impossible: Impossible) -> str:
    due = [shown(one[0] if len(one) == 1 else one) for one in impossible.due]
    alternatives = " or ".join(due) if len(due) <= MOST_SHOWN else f"one of {len(due)} others"
    return f"it was {replied}, but {alternatives} was expected" if replied else f"it was not {alternatives}"


def _other_identifier(rows: Rows, told: list[Answered], contents: Contents) -> _Found | None:
    """An entry of a stream that at the end has another identifier than its reply said."""
    entry = contents.get((rows.database, rows.keys[0]))
    if rows.model.name != Stream.name or entry is None or entry.type != "stream" or entry.value is None:
        return None
    replied = identifiers_of(told)
    steps = {short_of(one.step.call): one.step.call.step for one in told}
    for name, fields in entry.value:
        value = replied.get(fields[1] if len(fields) == 2 else b"")
        if value is not None and kept([name.decode()]) != (h.IDENTIFIER, value):
            words = f"it was {identifier(value)}, and at the end the entry is {name.decode()}"
            return _Found(rows, Impossible(WRONG, steps[fields[1]], ()), words)
    return None


# --- Sentences.


def _tell(timeline: Timeline, calm: str, found: list[_Found], findings: Findings) -> None:
    """Report the findings of one cause and client; ``calm`` is the node where a reply went back before anything had happened to it."""
    record, back = timeline.record, found[0].impossible.cause == BACK
    client = record.plan.clients[found[0].rows.client].name
    text = _sentence(record, client, found)
    if calm:
        text += f", though nothing had happened to {calm} yet"
    elif back:
        text += _why(timeline, found, findings)
    if back and not calm and not nothing_may_be_lost(record.plan, client):
        findings.facts.append(text)
    else:
        findings.violated(text)


def _calm_node(timeline: Timeline, found: _Found) -> str:
    """The node that a reply went back on before anything had happened to it; empty for all else."""
    operations = timeline.record.modelled
    rows = [found.row, *(found.rows.rows[step] for step in found.impossible.lost)]
    nodes = set(operations.node[rows].tolist())
    if found.impossible.cause != BACK or len(nodes) > 1:
        return ""
    node = _node(timeline.record, nodes.pop())
    return node if operations.completed_ns[found.row] / NS_PER_MS < calm_until_ms(timeline, node) else ""


def _sentence(record: TrialRecord, client: str, found: list[_Found]) -> str:
    """``replies: wrong reply to client-1: 3 keys (counter, fields), such as jsq:app:counter:0:1; INCR (step 0) …``."""
    first = found[0]
    kinds = listed(sorted({one.rows.model.name for one in found}))
    many = f"{counted(len(found), 'key')} ({kinds})" if len(found) > 1 else f"a key ({kinds})"
    key = first.rows.keys[0].decode(errors="replace")
    place = f" in database {first.rows.database}" if first.rows.database else ""
    about = _operation(record, first.rows, first.impossible.step)
    return (
        f"replies: {first.impossible.cause} to {client}: {many}, such as {key}{place}; {about}: {first.words}"
        f"{_without(record, first)}"
    )


def _without(record: TrialRecord, found: _Found) -> str:
    """``, as if there had been no step 1 and 2, acknowledged by redis-n1 from 2.31 s to 3.95 s``; empty for a wrong reply."""
    steps = found.impossible.lost
    if not steps:
        return ""
    rows = [found.rows.rows[step] for step in steps]
    nodes = listed(sorted({_node(record, number) for number in record.modelled.node[rows].tolist()}))
    times = [seconds(at / NS_PER_MS) for at in record.modelled.completed_ns[rows].tolist()]
    when = f"at {times[0]}" if len(times) == 1 else f"from {times[0]} to {times[-1]}"
    numbers = f"step{'s' if len(steps) > 1 else ''} {listed(list(map(str, steps)))}"
    return f", as if there had been no {numbers}, acknowledged by {nodes} {when}"


def _operation(record: TrialRecord, rows: Rows, step: int) -> str:
    """One operation: ``APPEND (step 3) acknowledged by redis-n1 at 2.31 s``."""
    operations, row = record.modelled, rows.rows[step]
    call = call_of(h.KEY_PREFIX.encode(), rows.client, int(operations.slot[row]))
    commands = " ".join(str(words[0], "ascii") for words in rows.model.commands(call) if isinstance(words[0], bytes))
    outcome = "acknowledged" if operations.outcome[row] == h.OK else "answered"
    at = seconds(operations.completed_ns[row] / NS_PER_MS)
    return f"{commands} (step {step}) {outcome} by {_node(record, int(operations.node[row]))} at {at}"


def _node(record: TrialRecord, number: int) -> str:
    nodes = record.plan.data_nodes()
    return nodes[number].name if number < len(nodes) else "an unknown node"


# --- Causes.


def _why(timeline: Timeline, found: list[_Found], findings: Findings) -> str:
    """Return the cause of loss of the missing operations, as for losses that the end shows; empty where it is unknown."""
    operations = timeline.record.modelled
    lost = sorted({one.rows.rows[step] for one in found for step in one.impossible.lost})
    if not lost or not timeline.final_primary:
        return ""
    try:
        causes = _causes(timeline, operations, lost)
    except Exception as problem:  # noqa: BLE001, RUF100 -- what was seen must survive it
        findings.inconclusive(crash_text("causes of replies that go back", problem))
        return ""
    parts = [f"{cause} {count:,}" for cause, count in causes.items()]
    return f" (why they are lost: {', '.join(parts)})"


def _causes(timeline: Timeline, operations: Operations, lost: list[int]) -> Mapping[str, int]:
    seen = np.full(len(operations), h.NOT_READ, dtype=np.uint8)
    seen[lost] = h.ABSENT
    traced = replace(timeline.record, operations=replace(operations, found={timeline.final_primary: seen}))
    causes: dict[str, int] = defaultdict(int)
    for group in explain_losses(Timeline.of(traced), np.array(lost, dtype=np.intp), seen):
        causes[group.cause] += group.count
    return causes
