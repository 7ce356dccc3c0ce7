"""How many writes came to which end, and when, as the page has followed them: buckets of time that grow coarser with the session."""

from collections.abc import Iterator

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
Window = tuple[float, float, tuple[float, ...]]
"""From when to when, and how many writes of each kind were settled then."""


class LiveCounts:
    """The counts of one session: from its own events until the page followed it, and from the clients' counters since then."""

    def __init__(self) -> None:
        self._before: list[Window] = []
        self._since: list[Window] = []
        self._known: tuple[float, tuple[int, ...]] | None = None
        self._first_ms: float | None = None
        self._load_end_ms: float | None = None
        self.gaps: list[tuple[float, float]] = []
        """From when to when no write was acknowledged; the last one may go on."""
        self.bucket_ms = FINEST_MS

    def add_event(self, event: WritesCounted) -> None:
        """Take a count of the record into account, as far as the page itself had not counted yet."""
        begin_ms, until_ms = event.t_ms - event.window_ms, event.t_ms
        counted_from_ms = until_ms if self._first_ms is None else min(until_ms, self._first_ms)
        if begin_ms < counted_from_ms:
            share = (counted_from_ms - begin_ms) / (until_ms - begin_ms)
            settled = (event.acknowledged * share, event.failed * share, event.unknown * share)
            self._before.append((begin_ms, counted_from_ms, settled))

    def end_load(self, at_ms: float) -> None:
        """Count no time without writes behind the end of the load."""
        self._load_end_ms = at_ms
        self.gaps = [(begin, min(until, at_ms)) for begin, until in self.gaps if begin < at_ms]

    def add(self, news: LabNews) -> None:
        """Take the counters of an answer into account."""
        counted = _counted(news.load)
        if self._known is not None and news.now_ms > self._known[0]:
            settled = tuple(max(0, new - old) for new, old in zip(counted, self._known[1], strict=True))
            if any(settled):
                self._since.append((self._known[0], news.now_ms, settled))
        self._known = (news.now_ms, counted)
        if self._first_ms is None:
            self._first_ms = news.now_ms
        self._add_gap(news)
        self._coarsen(news.now_ms)

    def _add_gap(self, news: LabNews) -> None:
        gap_ms = news.load.write_gap_ms
        if gap_ms is None or gap_ms < LEAST_GAP_MS or self._load_end_ms is not None:
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

    def _shares(self, window: Window, buckets: int) -> Iterator[tuple[int, float]]:
        """Which part of a window lies in which bucket."""
        begin_ms, until_ms = max(0.0, window[0]), max(window[1], window[0] + 1, 1.0)
        for bucket in range(int(begin_ms // self.bucket_ms), int(until_ms // self.bucket_ms) + 1):
            here_ms = min(until_ms, (bucket + 1) * self.bucket_ms) - max(begin_ms, bucket * self.bucket_ms)
            if here_ms > 0:
                yield min(bucket, buckets - 1), here_ms / (until_ms - begin_ms)

    def series(self, end_ms: float) -> dict[str, list[float]]:
        """Return the writes of each kind in each bucket until the end; a window is spread evenly over its buckets."""
        buckets = int(end_ms // self.bucket_ms) + 1
        found = {kind: [0.0] * buckets for kind in KINDS}
        for window in (*self._before, *self._since):
            for bucket, share in self._shares(window, buckets):
                for kind, number in zip(KINDS, window[2], strict=True):
                    found[kind][bucket] += number * share
        return {kind: [round(number, 2) for number in numbers] for kind, numbers in found.items()}


def _counted(load: LabLoad) -> tuple[int, ...]:
    return load.acknowledged, load.failed, load.unknown


def _merged(windows: list[Window]) -> list[Window]:
    """Every two neighbours as one window."""
    pairs = [windows[at : at + 2] for at in range(0, len(windows), 2)]
    return [(pair[0][0], pair[-1][1], tuple(map(sum, zip(*(one[2] for one in pair), strict=True)))) for pair in pairs]
