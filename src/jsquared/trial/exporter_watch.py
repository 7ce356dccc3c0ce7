"""Watches that a trial's exporter answers at all, by its own health, for which it asks no server.

A scrape without an answer is the doing of a server that hangs or of an exporter that does, and Prometheus cannot tell them apart. Whoever
asks the exporter about itself can. It is asked more often than Prometheus scrapes, so that the time of its silence is known: a silence
shorter than a scrape may last costs nothing, one scrape may be lost on any busy machine, and with two lost nothing is known of alerts.
"""

import select
import socket
import time
from collections.abc import Callable

from jsquared.monitor.loopback_http import HOST
from jsquared.monitor.prometheus_file import LONGEST_SCRAPE_S
from jsquared.observe.background import Background
from jsquared.records.alert_events import ExporterSilent
from jsquared.records.events import EventLog
from jsquared.running.monitoring_control import EXPORTER
from jsquared.text import duration
from jsquared.trial.monitoring_part import MonitoringPart

ASKS_A_SCRAPE = 5
LOOK_S = 0.1
QUESTION = f"GET /health HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()


class ExporterWatch(Background):
    """Asks the exporter for its health; ``failed`` is told once when it was silent for so long that two scrapes may be lost."""

    def __init__(
        self,
        exporter: MonitoringPart,
        scrape_s: float,
        events: EventLog,
        failed: Callable[[str, str], None],
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__("exporter health")
        self._exporter = exporter
        self._events = events
        self._failed = failed
        self._now_s = now_s
        self._every_s = scrape_s / ASKS_A_SCRAPE
        self._costs_one_s = min(scrape_s, LONGEST_SCRAPE_S)
        """So long Prometheus waits: a longer silence may cost a scrape of every server."""
        self._costs_two_s = self._costs_one_s + scrape_s
        self._heard_s = now_s()
        """When it was last heard of, or had leave to be silent."""

    def run(self) -> None:
        """Ask until it has failed, or until nobody wants to know any more."""
        while not self.stopping.wait(self._every_s):
            if not self.ask():
                return
        self._note_silence()

    def ask(self) -> bool:
        """Ask once and wait for the answer; False once it has failed."""
        is_answered = self._is_answered()
        if self._exporter.tolerated:
            self._heard_s = self._now_s()
        elif is_answered:
            self._note_silence()
            self._heard_s = self._now_s()
        elif self._silence_s() >= self._costs_two_s:
            self._failed(EXPORTER, f"it hangs: it has not answered /health for {duration(self._silence_s() * 1000)}")
            return False
        return True

    def _silence_s(self) -> float:
        return self._now_s() - self._heard_s

    def _note_silence(self) -> None:
        """Record the silence until now, if it may have cost a scrape."""
        silence_s = self._silence_s()
        if silence_s > self._costs_one_s:
            self._events.add(ExporterSilent(silent_ms=round(silence_s * 1000, 1)))

    def _is_answered(self) -> bool:
        """Whether an answer begins before two scrapes are lost, and before nobody wants to know or it may be silent."""
        try:
            with socket.create_connection((HOST, self._exporter.part.port), timeout=self._every_s) as asked:
                asked.sendall(QUESTION)
                while not self.stopping.is_set() and not self._exporter.tolerated:
                    if select.select([asked], [], [], LOOK_S)[0]:
                        return bool(asked.recv(64))
                    if self._silence_s() >= self._costs_two_s:
                        return False
        except OSError:  # whether it has ended is told by the watch of processes
            return False
        return False
