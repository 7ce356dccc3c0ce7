"""A timeline as lines for a terminal."""

import textwrap
from collections.abc import Iterator, Sequence

from jsquared.monitor.logs import document as d
from jsquared.monitor.logs.event_list import KILLED
from jsquared.monitor.logs.happenings import TROUBLES
from jsquared.text import counted, duration, listed, one_line

COLUMNS = 80
ROLES = {"sentinel": "Sentinel", "data": "data node", "machine": "machine"}
MOST_EVENTS = 60
"""So many events are shown; the document has all."""
MOST_LEFT_OUT = 10
"""So many files that were left out are named."""
_FOLLOWED = (
    "ready", "promoted", "demoted", "reconfigured", "full-told", "partial-done", "sync-done", "link-lost", "shutdown", "ended",
    "starting", "manual", "buffer-overflow", KILLED, *TROUBLES,
)  # fmt: skip
"""Kinds of data nodes' lines that are shown."""
_NOT_FOLLOWED = ("+slave", "+monitor", "+sentinel", "+new-epoch", "+vote-for-leader")
_END = {
    "recovered": "was down, and recovered without a failover",
    "aborted": "was down, and attempts to fail over were given up",
    "unfinished": "was down, and no line in these logs says what came of it",
}


def as_lines(timeline: d.LogTimeline, columns: int | None) -> Iterator[str]:
    """Yield everything, wrapped and cut to the width; None: as long as it is."""
    for caution in timeline.cautions:
        yield from _wrapped(caution, columns)
    if timeline.cautions:
        yield ""
    for failover in timeline.failovers:
        yield from _failover(failover, columns)
        yield ""
    if not timeline.failovers:
        yield from _wrapped(without_failovers(timeline), columns)
        yield ""
    yield from _nodes(timeline)
    yield from _clocks(timeline, columns)
    yield from _sentences("impossible order", timeline.impossible, columns)
    yield from _sentences("not known", timeline.unknown, columns)
    yield from _sentences("left out", _most(timeline.not_read), columns)
    yield from _events(timeline, columns)


def without_failovers(timeline: d.LogTimeline) -> str:
    """What is said where none was found."""
    if timeline.doubtful:
        since = "a file mixes several servers" if "mixed" in timeline.inconclusive else "clocks differ"
        return f"whether a failover or an outage was within that time is not known, since {since}"
    return "no failover, and no outage of a monitored primary, is in these logs"


def headline(one: d.Failover) -> str:
    """A failover in one sentence."""
    if one.doubtful:
        return _doubtful(one)
    led = f", led by {one.leader}" if one.leader else ", led by a Sentinel that these logs do not name"
    if one.outcome in _END and one.new:
        return f"{one.master}: {one.old} was down and {one.new} was promoted{led}{_took(one)}"
    if one.outcome in _END:
        return f"{one.master}: {one.old} {_END[one.outcome]}"
    took = f" in {duration(one.total_ms)}" if one.total_ms is not None else ""
    ordered = ", as ordered" if one.kind == "manual" else ""
    if not one.master:
        return f"{one.new} was promoted, and no Sentinel's log says why; the primary before was {one.old or 'another'}"
    return f"{one.master}: failed over from {one.old} to {one.new}{took}{ordered}{led}{_took(one)}"


def _took(one: d.Failover) -> str:
    """What is known of how long it took, where that is less than from its beginning to its end."""
    if one.total_ms is not None:
        return ""
    if one.at_least_ms is None:
        return f"; how long it took is not known: {one.not_known}"
    return (
        f"; it took at least {duration(one.at_least_ms)}, from {one.counted_from} to {one.counted_to}: {one.not_known}"
    )


def span(one: d.Failover) -> str:
    """Its first and last moment, or the only one."""
    if one.began == one.ended:
        return f"{clock(one.began, date=True)} is its only moment in these logs"
    return f"{clock(one.began, date=True)} to {clock(one.ended) or 'an end that is not in these logs'}"


def _doubtful(one: d.Failover) -> str:
    """What lines say whenever they were written: not how long it took, what came of it, or why, which other servers' lines would tell."""
    if not one.master:
        return f"{one.new} was promoted; why is not known, {one.not_known}"
    if one.new:
        led = f", led by {one.leader}" if one.leader else ""
        return f"{one.master}: failed over from {one.old} to {one.new}{led}; how long it took is not known, {one.not_known}"
    by = listed([part.sentinel for part in one.sentinels if part.sdown]) or "Sentinels"
    return f"{one.master}: {by} considered {one.old} down; what came of it is not known, {one.not_known}"


def _failover(one: d.Failover, columns: int | None) -> Iterator[str]:
    yield from _wrapped(headline(one), columns)
    facts = [span(one)]
    facts += [f"epoch {one.epoch}"] if one.epoch is not None else []
    facts += [f"quorum {one.quorum}"] if one.quorum else []
    yield from _wrapped(", ".join(facts), columns, "  ")
    if one.fault:
        yield from _wrapped(f"it began at {clock(one.began)}: {one.fault}", columns, "  ")
    if one.last_sign:
        at, _, text = one.last_sign.partition(" ")
        yield from _wrapped(f"last line of {one.old} before: {clock(at)} {text}", columns, "  ")
    if one.phases:
        yield ""
        rows = [
            [phase.name, clock(phase.at), duration(phase.took_ms), f"{phase.node}: {phase.line}"]
            for phase in one.phases
        ]
        yield from _table(["phase", "ended", "took", "by the line"], rows, columns)
    if len(one.attempts) > 1 or any(attempt.outcome != "succeeded" for attempt in one.attempts):
        yield ""
        rows = [
            [
                _epoch(attempt),
                clock(attempt.at),
                attempt.sentinel,
                _votes(attempt),
                f"{attempt.outcome} {attempt.reason}",
            ]
            for attempt in one.attempts
        ]
        yield from _table(["epoch", "attempt", "by", "votes", "outcome"], rows, columns)
    if any(part.sdown or part.switched for part in one.sentinels):
        yield ""
        rows = [
            [part.sentinel, clock(part.sdown) or "-", clock(part.odown) or "-", clock(part.switched) or "-"]
            for part in one.sentinels
        ]
        yield from _table(["Sentinel", "sdown", "odown", "switched"], rows, columns)
    yield from _aftermath(one, columns)


def _aftermath(one: d.Failover, columns: int | None) -> Iterator[str]:
    said = [f"{name} was reconfigured at {clock(at)}" for name, at in one.replicas.items()]
    if one.returned:
        steps = {
            "accepted connections": one.returned.started,
            "was made a replica": one.returned.converted,
            "was in sync": one.returned.synced,
        }
        said.append(f"{one.old} {listed([f'{what} at {clock(at)}' for what, at in steps.items() if at])}")
    if said or one.notes:
        yield ""
    for sentence in said:
        yield from _wrapped(sentence, columns, "  ")
    for note in one.notes:
        yield from _wrapped(f"note: {note}", columns, "  ")


def _epoch(attempt: d.Attempt) -> str:
    return "-" if attempt.epoch is None else str(attempt.epoch)


def _votes(attempt: d.Attempt) -> str:
    return str(len(attempt.votes)) if attempt.votes else "-"


def _nodes(timeline: d.LogTimeline) -> Iterator[str]:
    rows = [
        [
            node.name,
            ROLES[node.role],
            node.address or "-",
            f"{node.lines:,}" if node.has_log else "no log",
            node.engine or "-",
        ]
        for node in timeline.nodes
    ]
    yield from _table(["server", "role", "address", "lines", "engine"], rows, None)
    yield ""


def _clocks(timeline: d.LogTimeline, columns: int | None) -> Iterator[str]:
    off = [one for one in timeline.clocks if one.differs or one.moved_ms]
    if not off:
        if len(timeline.clocks) > 1:
            yield from _sentences(
                "clocks", ["no effect is before its cause: as far as these logs show, the clocks agree"], columns
            )
        return
    said = []
    for one in off:
        ahead = one.ahead_ms or 0.0
        where = "ahead of" if ahead > 0 else "behind"
        bounds = f"{duration_or_none(one.least_ms)} to {duration_or_none(one.most_ms)} ahead"
        moved = ", and its lines were moved by that" if one.moved_ms else ""
        said.append(f"{one.node} is about {duration(abs(ahead))} {where} {timeline.reference} ({bounds}){moved}")
    if not any(one.moved_ms for one in off):
        said.append("nothing was moved for that; --align-clocks does")
    yield from _sentences("clocks", said, columns)


def duration_or_none(ms: float | None) -> str:
    """A duration, or that it has no bound."""
    return "any time" if ms is None else duration(ms)


def _events(timeline: d.LogTimeline, columns: int | None) -> Iterator[str]:
    shown = [event for event in timeline.events if is_followed(event)]
    if not shown:
        return
    rows = [
        [clock(event.at), event.node, f"{one_line(event.text)}{f' ({event.times} times)' if event.times > 1 else ''}"]
        for event in shown[:MOST_EVENTS]
    ]
    yield ""
    yield from _table(["time", "server", "line"], rows, columns)
    more = len(shown) - MOST_EVENTS
    if more > 0:
        yield from _wrapped(
            f"… and {counted(more, 'line')} more: --json and --html have them, --since and --until choose",
            columns,
            "  ",
        )


def _most(files: Sequence[str]) -> list[str]:
    more = len(files) - MOST_LEFT_OUT
    return [
        *files[:MOST_LEFT_OUT],
        *([f"… and {counted(more, 'file')} more: --json and --html have them"] if more > 0 else []),
    ]


def is_followed(event: d.Event) -> bool:
    """True for an event that is worth a line of its own."""
    if event.kind[0] in "+-":
        return event.kind not in _NOT_FOLLOWED
    return event.kind in _FOLLOWED


def _sentences(label: str, sentences: Sequence[str], columns: int | None) -> Iterator[str]:
    for number, sentence in enumerate(sentences):
        start = f"{label}: " if number == 0 else " " * (len(label) + 2)
        yield from _wrapped(sentence, columns, start, " " * (len(label) + 2))


def _wrapped(text: str, columns: int | None, start: str = "", then: str | None = None) -> Iterator[str]:
    if columns is None:
        yield start + one_line(text)
        return
    yield from textwrap.wrap(
        one_line(text),
        max(columns, 40),
        initial_indent=start,
        subsequent_indent=f"{start if then is None else then}{'  ' if then is None else ''}",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], columns: int | None) -> Iterator[str]:
    cells = [[one_line(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(heads) - 1)]
    for row in cells:
        line = "  " + "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]])
        yield line.rstrip() if columns is None or len(line) <= columns else f"{line[: columns - 1].rstrip()}…"


def clock(at: str | None, *, date: bool = False) -> str:
    """A moment as the time of its day, or with its date."""
    if not at:
        return ""
    return at.replace("T", " ") if date else at.partition("T")[2]
