"""Counts the events of Sentinels for Prometheus: what happened between two scrapes is counted, however short it was.

``increase()`` does not see a series that begins with 1, so every known event of every Sentinel and monitored primary is there from the
beginning, at 0. Both text forms are written by hand, since there are two kinds of metrics and no more.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping

from jsquared.logs.sentinel_events import KNOWN_EVENTS, OF_A_PRIMARY, OF_NO_PRIMARY
from jsquared.monitor.log_store.log_event import StoredLine
from jsquared.text import metric_labels

EVENTS = "redis_sentinel_events"
UP = "redis_sentinel_events_subscribed"
OTHER = "other"
"""Stands for the events that are not known by name: a stranger's Sentinel must not make as many series as it likes."""
MOST_MASTERS, MOST_INSTANCES = 64, 64
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PLAIN_TEXT = "text/plain; version=0.0.4; charset=utf-8"
_HELP = {
    EVENTS: "Events that a Sentinel has published since the exporter began to listen.",
    UP: "Whether events of this Sentinel are being received; those from when they were not are missing.",
}
Series = tuple[str, str, str]
"""Event, monitored primary, and Sentinel."""


class EventCounter:
    """All counters. Several threads may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[Series, int] = {}
        self._up: dict[str, bool] = {}

    def know(self, instances: Mapping[str, bool], masters: Iterable[str]) -> None:
        """Begin all counters of these Sentinels that are not there yet; those that are go on.

        :param instances: Sentinels by ``address:port``, and whether each is being listened to.
        :param masters: the monitored primaries.
        """
        with self._lock:
            up = {**dict.fromkeys(self._up, False), **instances}
            self._up = dict(list(up.items())[:MOST_INSTANCES])
            for instance in self._up:
                for series in _beginnings(list(masters)[:MOST_MASTERS], instance):
                    self._counts.setdefault(series, 0)

    def count(self, line: StoredLine) -> None:
        """Count an event that a Sentinel has published."""
        event = line.event if line.event in KNOWN_EVENTS else OTHER
        series = (event, line.master if event != OTHER else "", line.node)
        with self._lock:
            is_new_master = series not in self._counts and len({of for _, of, _ in self._counts}) > MOST_MASTERS
            if is_new_master or (line.node not in self._up and len(self._up) >= MOST_INSTANCES):
                series = (OTHER, "", line.node if line.node in self._up else OTHER)
            self._counts[series] = self._counts.get(series, 0) + 1

    def page(self, *, openmetrics: bool) -> str:
        """Return all counters as OpenMetrics 1.0, or in Prometheus' older text form."""
        with self._lock:
            counts, up = dict(self._counts), dict(self._up)
        family = EVENTS if openmetrics else f"{EVENTS}_total"
        lines = [f"# HELP {family} {_HELP[EVENTS]}", f"# TYPE {family} counter"]
        lines += [f"{EVENTS}_total{_labels(series)} {count}" for series, count in sorted(counts.items())]
        lines += [f"# HELP {UP} {_HELP[UP]}", f"# TYPE {UP} gauge"]
        lines += [f"{UP}{metric_labels({'instance': name})} {int(is_up)}" for name, is_up in sorted(up.items())]
        return "\n".join([*lines, *(["# EOF"] if openmetrics else [])]) + "\n"


def _beginnings(masters: list[str], instance: str) -> Iterator[Series]:
    yield from ((event, "", instance) for event in (*OF_NO_PRIMARY, OTHER))
    yield from ((event, master, instance) for event in OF_A_PRIMARY for master in masters)


def _labels(series: Series) -> str:
    event, master, instance = series
    return metric_labels({"event": event, "master_name": master, "instance": instance})
