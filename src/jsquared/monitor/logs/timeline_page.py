"""A timeline as one HTML page that opens from disk: lanes on one axis for each failover, and tables of all that was read.

It has no scripts. Texts are others', so all of them are made visible and escaped; colours are those of a trial's report.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from markupsafe import Markup

from jsquared import report
from jsquared.monitor.logs import document as d
from jsquared.monitor.logs.timeline_lanes import BEFORE_MS, Drawing, Lane, drawing_of
from jsquared.monitor.logs.timeline_text import ROLES, clock, duration_or_none, headline, span, without_failovers
from jsquared.records.private_files import open_given
from jsquared.records.run_directory import explain_write_errors
from jsquared.text import count, duration, one_line

MOST_EVENTS = 2_000
MOST_DRAWN = 10
"""So many failovers are drawn; the others have their tables alone."""
_STYLE = Path(report.__file__).parent / "assets" / "report.css"
_OWN_STYLE = """
.lanes { width: 100%; height: auto; display: block; font: 12px system-ui, sans-serif; }
.lanes text { fill: var(--ink); } .lanes .grid { stroke: var(--grid); } .lanes .axis { fill: var(--muted); }
.lanes .mark { stroke: var(--ink); stroke-width: 1.5; } .lanes .mark.event { stroke: var(--violated); }
table { border-collapse: collapse; width: 100%; font-size: .9rem; } th { text-align: left; color: var(--muted); font-weight: 600; }
td { font-variant-numeric: tabular-nums; } .nowrap { white-space: nowrap; }
td, th { padding: 3px 12px 3px 0; vertical-align: top; border-bottom: 1px solid var(--line); }
"""
_STATES = ("primary", "replica", "detached", "down", "starting", "up", "tilt", "phase-0", "phase-1")
_WIDTH, _NAMES, _ROW, _BAR = 1160.0, 150.0, 30.0, 20.0
SHORT = 16
"""A cell of so few characters, such as a duration, is not broken into lines."""
_CHARACTER = 6.7
"""The mean width of a character of 12 px, a little more than usual."""


def write_page(timeline: d.LogTimeline, path: Path) -> None:
    """Write the page.

    :raises RecordError: the file cannot be written.
    """
    with explain_write_errors(path), open_given(path, "wb") as file:
        file.write(str(page(timeline)).encode("utf-8", "backslashreplace"))


def page(timeline: d.LogTimeline) -> Markup:
    """The whole page."""
    style = _STYLE.read_text(encoding="utf-8") + _OWN_STYLE + "".join(map(_state_style, _STATES))
    parts = [
        *([_card("Before you read", _list(timeline.cautions))] if timeline.cautions else []),
        *(_failover(timeline, one, is_drawn=number < MOST_DRAWN) for number, one in enumerate(timeline.failovers)),
        *(
            []
            if timeline.failovers
            else [_card(_title(timeline), Markup("<p>{}</p>").format(_safe(without_failovers(timeline))))]
        ),
        _card("What is not known", _list([*timeline.impossible, *timeline.unknown])),
        *([_card("Files that were left out", _list(timeline.not_read))] if timeline.not_read else []),
        _card("Servers", _servers(timeline)),
        _card("Clocks", _clock_table(timeline)),
        _card("Events", _events(timeline)),
    ]
    return Markup(
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        '<link rel="icon" href="data:,"><title>{title}</title><style>{style}</style></head><body>'
        '<header class="top"><span class="brand">J<span>²</span> JSquared</span>'
        '<span class="muted">timeline from logs, {zone}</span></header>'
        "<main>{parts}</main></body></html>\n"
    ).format(
        title=_safe(_title(timeline)),
        style=Markup(style),  # noqa: S704 -- our own files
        zone="UTC" if timeline.zone == "UTC" else "time zone unknown",
        parts=Markup("\n").join(parts),
    )


def _safe(text: str) -> str:
    """Others' text on one line, with nothing in it that a browser hides or reorders."""
    return one_line(text)


def _title(timeline: d.LogTimeline) -> str:
    if timeline.failovers:
        return headline(timeline.failovers[0])
    return "Not known" if timeline.doubtful else "No failover in these logs"


def _state_style(state: str) -> str:
    return f".lanes .{state} rect {{ fill: var(--{state}); }} .lanes .{state} text {{ fill: var(--{state}-ink); }}\n"


def _card(title: str, body: Markup) -> Markup:
    return Markup('<section class="card"><h3>{}</h3>{}</section>').format(_safe(title), body)


def _list(sentences: Iterable[str]) -> Markup:
    items = [Markup("<li>{}</li>").format(_safe(sentence)) for sentence in sentences]
    return Markup("<ul>{}</ul>").format(Markup("").join(items)) if items else Markup("<p>Nothing.</p>")


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Markup:
    head = Markup("").join(Markup("<th>{}</th>").format(name) for name in heads)
    body = Markup("").join(Markup("<tr>{}</tr>\n").format(Markup("").join(map(_cell, row))) for row in rows)
    return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(head, body)


def _cell(text: str) -> Markup:
    kind = Markup(' class="nowrap"') if len(text) <= SHORT else Markup("")
    return Markup("<td{}>{}</td>").format(kind, _safe(text))


def _failover(timeline: d.LogTimeline, one: d.Failover, *, is_drawn: bool) -> Markup:
    facts = [span(one)]
    facts += [f"epoch {one.epoch}"] if one.epoch is not None else []
    facts += [f"quorum {one.quorum}"] if one.quorum else []
    facts += [f"it began at {clock(one.began)}: {one.fault}"] if one.fault else []
    phases = [
        [phase.name, d.PHASES[phase.name], clock(phase.at), duration(phase.took_ms), f"{phase.node}: {phase.line}"]
        for phase in one.phases
    ]
    body = [
        Markup('<p class="meta">{}</p>').format(_safe(", ".join(facts))),
        _lanes(drawing_of(timeline, one), _safe(headline(one))) if is_drawn else Markup(""),
        _table(["phase", "from and to", "ended", "took", "by the line"], phases) if phases else Markup(""),
        _attempts(one),
        _list(one.notes) if one.notes else Markup(""),
    ]
    return _card(headline(one), Markup("").join(body))


def _attempts(one: d.Failover) -> Markup:
    rows = [
        [
            "-" if each.epoch is None else str(each.epoch),
            clock(each.at),
            each.sentinel,
            ", ".join(each.votes),
            f"{each.outcome} {each.reason}",
        ]
        for each in one.attempts
    ]
    return _table(["epoch", "attempt", "by", "votes", "outcome"], rows) if rows else Markup("")


def _servers(timeline: d.LogTimeline) -> Markup:
    rows = [
        [
            node.name,
            ROLES[node.role],
            node.address,
            node.known_by,
            node.engine,
            count(node.lines) if node.has_log else "no log",
            ", ".join(node.files[:5]),
        ]
        for node in timeline.nodes
    ]
    return _table(["server", "role", "address", "known by", "engine", "lines", "files"], rows)


def _clock_table(timeline: d.LogTimeline) -> Markup:
    rows = [
        [
            one.node, duration(one.ahead_ms), duration_or_none(one.least_ms), duration_or_none(one.most_ms),
            "yes" if one.differs else "no", duration(one.moved_ms),
        ]
        for one in timeline.clocks
    ]  # fmt: skip
    return _table(
        [f"ahead of {_safe(timeline.reference)}", "about", "at least", "at most", "differs", "moved by"], rows
    )


def _events(timeline: d.LogTimeline) -> Markup:
    rows = [
        [
            clock(event.at, date=True),
            event.node,
            event.kind,
            event.text + (f" ({event.times} times)" if event.times > 1 else ""),
        ]
        for event in timeline.events[:MOST_EVENTS]
    ]
    more = max(0, len(timeline.events) - MOST_EVENTS) + timeline.left_out
    note = Markup("<p>{} more are left out.</p>").format(count(more)) if more > 0 else Markup("")
    return _table(["time", "server", "kind", "line"], rows) + note


# -- the drawing


def _lanes(drawing: Drawing, title: str) -> Markup:
    span = max(drawing.to_ms - drawing.from_ms, 1.0)
    height = (len(drawing.lanes) + 1) * _ROW

    parts = [_axis(drawing, span, height)]
    for number, lane in enumerate(drawing.lanes, 1):
        parts.append(_lane(lane, number * _ROW, drawing, span))
    return Markup(
        '<svg class="lanes" role="img" viewBox="0 0 {} {}" xmlns="http://www.w3.org/2000/svg"><title>{}</title>{}</svg>'
    ).format(_px(_WIDTH), _px(height), title, Markup("").join(parts))


def _axis(drawing: Drawing, span: float, height: float) -> Markup:
    """Lines at round seconds, counted from the beginning of the drawing's failover."""
    step = next((step for step in (1, 2, 5, 10, 30, 60, 120, 300) if span / 1000 / step <= 14), 600) * 1000
    start = drawing.from_ms + BEFORE_MS if drawing.from_ms else drawing.from_ms
    first = int((drawing.from_ms - start) // step)
    parts = []
    for number in range(first, first + 20):
        at = start + number * step
        if not drawing.from_ms <= at <= drawing.to_ms:
            continue
        x = _NAMES + (at - drawing.from_ms) / span * (_WIDTH - _NAMES)
        parts.append(
            Markup(
                '<line class="grid" x1="{0}" x2="{0}" y1="18" y2="{1}"/><text class="axis" x="{0}" y="13" text-anchor="middle">{2}</text>'
            ).format(_px(x), _px(height), f"{number * step / 1000:g} s")
        )
    return Markup("").join(parts)


def _lane(lane: Lane, y: float, drawing: Drawing, span: float) -> Markup:
    def x(at_ms: float) -> float:
        return _NAMES + (at_ms - drawing.from_ms) / span * (_WIDTH - _NAMES)

    parts = [Markup('<text x="0" y="{}">{}</text>').format(_px(y + 14), _fitting(lane.name, _NAMES - 10))]
    for start, end, state, label, detail in lane.segments:
        width = x(end) - x(start)
        words = _fitting(label, width - 6) if width > 24 else ""
        parts.append(
            Markup(
                '<g class="{}"><title>{}</title><rect x="{}" y="{}" width="{}" height="{}" rx="3"/><text x="{}" y="{}">{}</text></g>'
            ).format(
                state,
                _safe(f"{label}, {duration(end - start)}. {detail}"),
                _px(x(start)),
                _px(y),
                _px(max(width, 0.5)),
                _px(_BAR),
                _px(x(start) + 4),
                _px(y + 14),
                words,
            )
        )
    for at, kind, text in lane.marks:
        parts.append(
            Markup('<line class="mark {3}" x1="{0}" x2="{0}" y1="{1}" y2="{2}"><title>{4}</title></line>').format(
                _px(x(at)),
                _px(y + _BAR - 6),
                _px(y + _BAR + 4),
                "event" if kind[0] in "+-" else "",
                _safe(f"{at / 1000:.3f} s: {text}"),
            )
        )
    return Markup("").join(parts)


def _fitting(text: str, width: float) -> str:
    shown, most = _safe(text), max(1, int(width / _CHARACTER))
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def _px(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
