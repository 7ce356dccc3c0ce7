"""Watches that a trial's Prometheus can compute its rules: one that fails looks like one that does not fire."""

import contextlib
import math
import time
from collections.abc import Callable

import msgspec

from jsquared.monitor.loopback_http import get
from jsquared.observe.background import Background
from jsquared.records.alert_events import RuleHealth
from jsquared.records.events import EventLog
from jsquared.text import one_line
from jsquared.trial.monitoring_health import UNREADABLE

LOOKS_A_SCRAPE = 2
"""Rules are computed as often as is scraped, and each result is seen."""
SCRAPES_TO_RECOVER = 3
"""So long after a fault on Prometheus each rule has been computed again, on a busy machine too."""
LONGEST_ERROR = 300
NEVER = "it has not been computed once: its group has an interval of {interval_s:g} s"

Key = tuple[str, str, str, str]
"""File and group of a rule, its name and its expression."""


class _Rule(msgspec.Struct):
    name: str
    query: str = ""
    health: str = "unknown"
    error: str = msgspec.field(name="lastError", default="")


class _Group(msgspec.Struct):
    name: str
    file: str = ""
    interval_s: float = msgspec.field(name="interval", default=0.0)
    rules: list[_Rule] = []


class _Groups(msgspec.Struct):
    groups: list[_Group] = []


class _Answer(msgspec.Struct):
    data: _Groups


class RuleWatch(Background):
    """Asks for the health of every rule; each that begins to fail, or is computed again, becomes an event."""

    def __init__(
        self,
        port: int,
        scrape_s: float,
        events: EventLog,
        is_tolerated: Callable[[], bool] = lambda: False,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """:param is_tolerated: whether Prometheus may fail now, since a fault is about just that."""
        super().__init__("rules")
        self._is_tolerated = is_tolerated
        self._now_s = now_s
        self._recovers_s = SCRAPES_TO_RECOVER * scrape_s
        self._excused_s = -math.inf
        """When Prometheus last had leave to fail."""
        self._port = port
        self._every_s = scrape_s / LOOKS_A_SCRAPE
        self._events = events
        self._errors: dict[Key, str] = {}
        """Those that fail now, with what Prometheus says of them."""

    def run(self) -> None:
        """Look until nobody wants to know any more."""
        while not self.stopping.wait(self._every_s):
            self.look()

    def conclude(self) -> None:
        """Stop watching, and look a last time: a rule that was not computed until now is one that failed."""
        self.stop()
        self.look(at_the_end=True)

    def look(self, *, at_the_end: bool = False) -> None:
        """Ask once; where Prometheus does not answer, which others tell, or may fail, nothing is known."""
        if self._is_tolerated():
            self._excused_s = self._now_s()
        if self._now_s() - self._excused_s < self._recovers_s:
            return
        with contextlib.suppress(*UNREADABLE):
            answer = msgspec.json.decode(get(self._port, "/api/v1/rules"), type=_Answer)
            for group in answer.data.groups:
                for rule in group.rules:
                    self._tell(group, rule, at_the_end=at_the_end)

    def _tell(self, group: _Group, rule: _Rule, *, at_the_end: bool) -> None:
        key = (group.file, group.name, rule.name, rule.query)
        fails = rule.health == "err" or (at_the_end and rule.health == "unknown")
        if fails and key not in self._errors:
            error = rule.error or NEVER.format(interval_s=group.interval_s)
            self._errors[key] = one_line(error)[:LONGEST_ERROR]
            self._events.add(RuleHealth(rule=rule.name, group=group.name, error=self._errors[key]))
        elif rule.health == "ok" and self._errors.pop(key, None) is not None:
            self._events.add(RuleHealth(rule=rule.name, group=group.name, ok=True))
