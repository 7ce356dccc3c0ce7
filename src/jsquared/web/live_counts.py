"""How many writes came to which end, and when, as the page has followed them: buckets of time that grow coarser with the session."""

from jsquared.records.event_types import WritesCounted
from jsquared.records.lab_messages import LabLoad, LabNews
from jsquared.report.lanes import Segment
from jsquared.text import duration

FINEST_MS = 250
MOST_BUCKETS = 1_200
LEAST_GAP_MS = 500.0
"""A shorter time without an acknowledged write is not drawn."""
MOST_GAPS = 200
KINDS = ("acknowledged", "failed", "unknown")
Window = tuple[float, float, tuple[int, ...]]
"""From when to when, and how many writes of each kind were settled then."""


class LiveCounts:
    """The counts of one session: from its own events until the page followed it, and from the clients' counters since then."""

    def __init__(self) -> None:
        self._before: list[Window] = []
        self._since: list[Window] = []
        self._known: tuple[float, tuple[int, ...]] | None = None
        self.gaps: list[tuple[float, float]] = []
        """From when to when no write was acknowledged; the last one may go on."""
        self.bucket_ms = FINEST_MS

    def add_event(self, event: WritesCounted) -> None:
        """Take a count of the record into account, where the page itself had not counted yet."""
        if self._known is None:
            window = (event.t_ms - event.window_ms, event.t_ms, (event.acknowledged, event.failed, event.unknown))
            self._before.append(window)

    def add(self, news: LabNews) -> None:
        """Take the counters of an answer into account."""
        counted = _counted(news.load)
        if self._known is not None and news.now_ms > self._known[0]:
            settled = tuple(max(0, new - old) for new, old in zip(counted, self._known[1], strict=True))
            if any(settled):
                self._since.append((self._known[0], news.now_ms, settled))
        self._known = (news.now_ms, counted)
        self._add_gap(news)
        self._coarsen(news.now_ms)

    def _add_gap(self, news: LabNews) -> None:
        gap_ms = news.load.write_gap_ms
        if gap_ms is None or gap_ms < LEAST_GAP_MS:
            return
        began_ms = news.now_ms - gap_ms
        if self.gaps and began_ms <= self.gaps[-1][1]:
            self.gaps[-1] = (self.gaps[-1][0], news.now_ms)
        elif len(self.gaps) < MOST_GAPS:
            self.gaps.append((began_ms, news.now_ms))

    def _coarsen(self, now_ms: float) -> None:
        """Let a long session have wider buckets, so that their number stays bounded, as does that of the windows."""
        while now_ms / self.bucket_ms > MOST_BUCKETS:
            self.bucket_ms *= 2
        if len(self._since) > 2 * MOST_BUCKETS:
            self._since = _merged(self._since)

    @property
    def longest_gap_ms(self) -> float | None:
        """The longest time without an acknowledged write; None where none was long enough to be seen."""
        return max((until - begin for begin, until in self.gaps), default=None)

    def gap_segments(self) -> list[Segment]:
        """Return the gaps as segments of a lane."""
        return [
            [round(begin, 1), round(until, 1), "gap", f"no write for {duration(until - begin)}", ""]
            for begin, until in self.gaps
        ]

    def series(self, end_ms: float) -> dict[str, list[float]]:
        """Return the writes of each kind in each bucket until the end; a window is spread evenly over its buckets."""
        buckets = int(end_ms // self.bucket_ms) + 1
        found = {kind: [0.0] * buckets for kind in KINDS}
        for begin_ms, until_ms, settled in (*self._before, *self._since):
            first = min(max(0, int(begin_ms // self.bucket_ms)), buckets - 1)
            last = min(max(first, int((until_ms - 1) // self.bucket_ms)), buckets - 1)
            share = last - first + 1
            for kind, number in zip(KINDS, settled, strict=True):
                for bucket in range(first, last + 1) if number else ():
                    found[kind][bucket] += number / share
        return {kind: [round(number, 2) for number in numbers] for kind, numbers in found.items()}


def _counted(load: LabLoad) -> tuple[int, ...]:
    return load.acknowledged, load.failed, load.unknown


def _merged(windows: list[Window]) -> list[Window]:
    """Every two neighbours as one window."""
    pairs = [windows[at : at + 2] for at in range(0, len(windows), 2)]
    return [(pair[0][0], pair[-1][1], tuple(map(sum, zip(*(one[2] for one in pair), strict=True)))) for pair in pairs]
