"""The plots of a trend as SVG: failover times as lines over days, and below them the outcomes and losses of each period as bars."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from markupsafe import Markup

from jsquared.journal.objectives import FAILOVER_LIMIT_MS
from jsquared.journal.trend import TrendPoint, TrendSeries
from jsquared.text import count, counted, duration, printable

LINES = (("p50", "var(--p50)"), ("p95", "var(--max)"), ("p99", "var(--p99)"))
BARS = (
    ("pass", "var(--ack)"),
    ("violated", "var(--lost)"),
    ("inconclusive", "var(--unknown)"),
    ("unfinished", "var(--failed)"),
)
_LEFT, _RIGHT, _TOP = 52, 14, 12
_BAR_HEIGHT, _GAP, _AXIS = 56, 20, 22
_STEPS_MS = (500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000)
_MOST_STEPS = 6


@dataclass(frozen=True)
class _Frame:
    """The scales of one drawing, in pixels."""

    width: int
    height: int
    first: date
    days: int
    top_ms: float
    most: int

    @property
    def plot_bottom(self) -> float:
        return self.height - _AXIS - _BAR_HEIGHT - _GAP

    @property
    def bars_bottom(self) -> float:
        return self.height - _AXIS

    def x(self, day: date) -> float:
        """The middle of a day."""
        share = ((day - self.first).days + 0.5) / self.days
        return _LEFT + share * (self.width - _LEFT - _RIGHT)

    def y(self, ms: float) -> float:
        return self.plot_bottom - ms / self.top_ms * (self.plot_bottom - _TOP)


def plots(series: TrendSeries, first: date, last: date) -> Markup:
    """Return the drawing twice: for wide pages and for narrow ones, of which the style sheet shows one.

    :param first: where the axis of days begins; ``last`` where it ends.
    """
    return Markup(_drawing(series, first, last, 1120, 330, "wide") + _drawing(series, first, last, 400, 300, "narrow"))  # noqa: S704


def _drawing(series: TrendSeries, first: date, last: date, width: int, height: int, kind: str) -> str:
    values = [max(point.failover_ms.values()) for point in series.points if point.failover_ms]
    frame = _Frame(
        width=width,
        height=height,
        first=first,
        days=(last - first).days + 1,
        top_ms=max([FAILOVER_LIMIT_MS, *values]) * 1.08,
        most=max((point.trials for point in series.points), default=1),
    )
    parts = [
        f'<svg class="picture {kind} trend" viewBox="0 0 {width} {height}" role="img" aria-label="{_label(series)}">',
        *_grid(frame),
        *_dates(frame, series.points),
        *_lines(frame, series.points),
        *_bars(frame, series.points),
        "</svg>",
    ]
    return "".join(parts)


def _label(series: TrendSeries) -> str:
    times = series.failover_ms
    shown = f"p95 {duration(times['p95'])}" if times else "no failover"
    return _safe(f"{series.deployment} {series.fingerprint}: {counted(series.trials, 'trial')}, {shown}")


def _safe(text: str) -> str:
    return escape(printable(text))


def _grid(frame: _Frame) -> Iterator[str]:
    step = next((step for step in _STEPS_MS if frame.top_ms / step <= _MOST_STEPS), _STEPS_MS[-1])
    for number in range(int(frame.top_ms // step) + 1):
        y = frame.y(number * step)
        yield f'<line class="grid" x1="{_LEFT}" x2="{frame.width - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{number * step / 1000:g} s</text>'
    y = frame.y(FAILOVER_LIMIT_MS)
    yield f'<line class="limit" x1="{_LEFT}" x2="{frame.width - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    y = frame.bars_bottom
    yield f'<line class="grid" x1="{_LEFT}" x2="{frame.width - _RIGHT}" y1="{y}" y2="{y}"/>'
    yield f'<text x="{_LEFT - 8}" y="{y - _BAR_HEIGHT + 10}" text-anchor="end">{frame.most}</text>'
    yield f'<text x="{_LEFT - 8}" y="{y}" text-anchor="end">0</text>'


def _dates(frame: _Frame, points: Sequence[TrendPoint]) -> Iterator[str]:
    """The first and the last day, and those between that have room."""
    last_x = -1e9
    for day in dict.fromkeys(point.begins for point in points):
        x = frame.x(day)
        if x - last_x >= 64:
            last_x = x
            middle = min(max(x, _LEFT + 14), frame.width - _RIGHT - 18)
            yield f'<text x="{middle:.1f}" y="{frame.height - 6}" text-anchor="middle">{day:%d %b}</text>'


def _lines(frame: _Frame, points: Sequence[TrendPoint]) -> Iterator[str]:
    timed = [(point, point.failover_ms) for point in points if point.failover_ms]
    for name, colour in LINES:
        places = [(frame.x(point.begins), frame.y(times[name])) for point, times in timed]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        yield f'<polyline class="line" style="stroke: {colour}" points="{path}"/>'
        for (x, y), (point, times) in zip(places, timed, strict=True):
            said = f"{point.begins}: {name} {duration(times[name])} of {counted(point.failovers, 'failover')}"
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.2" style="fill: {colour}"><title>{_safe(said)}</title></circle>'


def _bars(frame: _Frame, points: Sequence[TrendPoint]) -> Iterator[str]:
    room = (frame.width - _LEFT - _RIGHT) / frame.days
    wide = min(max(room * 0.7, 3.0), 26.0)
    for point in points:
        x, y = frame.x(point.begins), frame.bars_bottom
        for state, colour in BARS:
            number = dict(point.outcomes).get(state, 0)  # type: ignore[call-overload]
            if number:
                tall = number / frame.most * (_BAR_HEIGHT - 6)
                y -= tall
                said = f"{point.begins}: {number} {state}"
                yield (
                    f'<rect x="{x - wide / 2:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall:.1f}" style="fill: {colour}">'
                    f"<title>{_safe(said)}</title></rect>"
                )
        if point.lost:
            said = f"{point.begins}: {count(point.lost)} acknowledged writes lost"
            yield f'<text class="loss" x="{x:.1f}" y="{y - 4:.1f}" text-anchor="middle">✗<title>{_safe(said)}</title></text>'
