"""Watches that a trial's Prometheus stores what it scrapes, and that what it scrapes are samples.

A Prometheus whose disk is full scrapes on and counts its targets as up, and an exporter that answers nonsense makes every server look
dead. Both would be taken for something about the deployment, so both are failures of the monitoring. An exporter that answers nothing is
found by :mod:`jsquared.trial.exporter_watch`.
"""

import math
import time
import urllib.parse
from collections.abc import Callable

import msgspec

from jsquared.monitor.loopback_http import NO_ANSWER, get
from jsquared.observe.background import Background
from jsquared.trial.monitoring_part import MonitoringPart

SCRAPES_BEHIND = 3
BEHIND_S = 10.0
"""Samples may be so much older than some scrapes before nothing counts as stored: a busy machine is slow, and no failure."""
AGE = 'time() - max(timestamp(up{job=~"redis|sentinel"}))'
EMPTY = 'count(scrape_samples_scraped{job=~"redis|sentinel"} == 0 and up == 1)'
"""Scrapes that brought an answer without a sample: the exporter always has one at least, ``redis_up``."""
ANSWERING = 'redis_up{job=~"redis|sentinel"} == 1'
TARGETS = "/api/v1/targets?state=active"
ON_THE_WAY = (
    "context deadline exceeded", "connection refused", "connection reset", "EOF", "i/o timeout", "broken pipe", "no route to host",
    "network is unreachable", "server returned HTTP status",
)  # fmt: skip
"""What Prometheus says of a scrape that brought no answer at all; anything else is about the answer."""


class Target(msgspec.Struct):
    """A server that Prometheus scrapes, and what it says of the last scrape."""

    health: str
    error: str = msgspec.field(name="lastError", default="")
    labels: dict[str, str] = {}


class _Targets(msgspec.Struct):
    active: list[Target] = msgspec.field(name="activeTargets", default_factory=list)


class _TargetsAnswer(msgspec.Struct):
    data: _Targets


class _Sample(msgspec.Struct):
    value: tuple[float, str]
    metric: dict[str, str] = {}


class _Result(msgspec.Struct):
    result: list[_Sample] = []


class _QueryAnswer(msgspec.Struct):
    data: _Result


UNREADABLE = (*NO_ANSWER, msgspec.MsgspecError, ValueError)
"""What asking Prometheus raises where it does not answer, or answers something else."""


def targets(port: int) -> list[Target]:
    """Return the targets that Prometheus scrapes.

    :raises OSError, HTTPException, MsgspecError: there is no answer, or none that can be read.
    """
    return msgspec.json.decode(get(port, TARGETS), type=_TargetsAnswer).data.active


def newest_sample_age_s(port: int) -> float:
    """Return how long ago Prometheus stored the newest sample of a server; infinity where it has none.

    :raises OSError, HTTPException, MsgspecError, ValueError: there is no answer, or none that can be read.
    """
    age_s = _asked(port, AGE)
    return math.inf if age_s is None else max(age_s, 0.0)


def answering(port: int) -> set[str]:
    """Return the instances of the servers that answer, as the newest samples have it.

    :raises OSError, HTTPException, MsgspecError, ValueError: there is no answer, or none that can be read.
    """
    return {one.metric.get("instance", "") for one in _samples(port, ANSWERING)}


def _asked(port: int, query: str) -> float | None:
    samples = _samples(port, query)
    return float(samples[0].value[1]) if samples else None


def _samples(port: int, query: str) -> list[_Sample]:
    answer = get(port, f"/api/v1/query?query={urllib.parse.quote(query)}")
    return msgspec.json.decode(answer, type=_QueryAnswer).data.result


class HealthWatch(Background):
    """Asks Prometheus once a scrape; ``failed`` is told once which part does not do its work, and why."""

    def __init__(
        self, prometheus: MonitoringPart, exporter: MonitoringPart, scrape_s: float, failed: Callable[[str, str], None]
    ) -> None:
        super().__init__("monitoring health")
        self._prometheus = prometheus
        self._exporter = exporter
        self._scrape_s = scrape_s
        self._failed = failed
        self._excused_s = -math.inf
        """When Prometheus last did not answer, or had leave not to: what it stored before says nothing of it now."""

    def run(self) -> None:
        """Look until one does not do its work."""
        while not self.stopping.wait(self._scrape_s):
            found = self.look()
            if found:
                self._failed(*found)
                return

    def look(self) -> tuple[str, str] | None:
        """Return the part that does not do its work, and what it does instead; None where all do, or nobody answers."""
        try:
            nonsense = self._nonsense()
            age_s = newest_sample_age_s(self._prometheus.part.port)
        except UNREADABLE:  # who does not answer is told by the watch of alerts, and who has ended by that of processes
            self._excused_s = time.monotonic()
            return None
        if nonsense and not self._exporter.tolerated:
            return "exporter", nonsense
        if self._prometheus.tolerated:
            self._excused_s = time.monotonic()
        limit_s = SCRAPES_BEHIND * self._scrape_s + BEHIND_S
        if age_s > limit_s and time.monotonic() - self._excused_s > limit_s:
            said = self._prometheus.last_complaint or "it says nothing of it"
            return "prometheus", f"it stores nothing: its newest sample is {age_s:.0f} s old ({said})"
        return None

    def _nonsense(self) -> str:
        """What is wrong with the answer of a scrape that brought one; empty where nothing is."""
        errors = [one.error for one in targets(self._prometheus.part.port) if one.health == "down"]
        about_answers = [error for error in errors if error and not any(words in error for words in ON_THE_WAY)]
        if about_answers:
            return f"its answer cannot be read: {about_answers[0]}"
        return "its answer has no sample in it" if _asked(self._prometheus.part.port, EMPTY) else ""
