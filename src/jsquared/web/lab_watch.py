"""Follows a lab for the page: finds it, asks what is new and how it is, and keeps the newest answer for whoever looks.

It never keeps more than the newest state, so a reader who is slow skips what is between, and costs nothing.
"""

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any

from jsquared.errors import BadInputError, JSquaredError
from jsquared.records.lab_messages import LabNews
from jsquared.service.lab.lab import Lab
from jsquared.service.lab.running_lab import RunningLab
from jsquared.web.answers import compact
from jsquared.web.live_record import LiveRecord

NEWS_S = 0.25
DRAW_S = 0.5
"""Between two charts while somebody looks."""
STATUS_S = 0.5
UNWATCHED_S = 5.0
"""Between two looks at the lab while nobody looks at the page."""
ATTACH_S = 1.0
STEP_S = 0.1
STATUS, CHART = "status", "chart"

Attach = Callable[[str], RunningLab]


class LabWatch:
    """The newest state of a lab, from when it is started until it is closed."""

    def __init__(self, name: str = "", attach: Attach = Lab.attach) -> None:
        """:param name: which lab; empty: the only one that is up.
        :param attach: finds it; for tests.
        """
        self.name = name
        self._attach = attach
        self._lab: RunningLab | None = None
        self._problem = "looking for it"
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._states: dict[str, tuple[int, bytes]] = {}
        self._viewers = 0
        self._threads = [
            threading.Thread(target=self._follow, name="lab news", daemon=True),
            threading.Thread(target=self._look, name="lab status", daemon=True),
        ]

    def start(self) -> None:
        """Begin to follow it."""
        self._publish(STATUS, {"up": False, "problem": self._problem})
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Follow it no more; the lab stays up."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    # -- for whoever looks

    @contextlib.contextmanager
    def viewer(self) -> Any:
        """Within the block somebody looks, and it is looked at often."""
        with self._lock:
            self._viewers += 1
        try:
            yield
        finally:
            with self._lock:
                self._viewers -= 1

    def newest(self, kind: str, than: int = 0) -> tuple[int, bytes] | None:
        """Return the newest state of a kind as JSON with its number; None where there is none newer than that."""
        found = self._states.get(kind)
        return found if found is not None and found[0] > than else None

    def lab(self) -> RunningLab:
        """Return the lab, to ask it something.

        :raises BadInputError: none is up.
        """
        lab = self._lab
        if lab is None:
            raise BadInputError(
                self._problem, where=f"lab '{self.name}'" if self.name else "the lab", hint="jsquared lab up"
            )
        return lab

    # -- following

    def _publish(self, kind: str, state: Any) -> None:
        text = compact(state)
        with self._lock:
            number, before = self._states.get(kind, (0, b""))
            if text != before:
                self._states[kind] = (number + 1, text)

    def _follow(self) -> None:
        """Find the lab, follow it to its end, and begin again."""
        while not self._stopping.is_set():
            try:
                lab = self._attach(self.name)
                record, news = LiveRecord(lab.plan()), None
                self._lab = lab
                self._follow_news(lab, record, news)
            except JSquaredError as problem:
                self._lab = None
                self._problem = problem.what
                self._publish(STATUS, {"up": False, "problem": _words(problem)})
            self._stopping.wait(ATTACH_S)

    def _follow_news(self, lab: RunningLab, record: LiveRecord, news: LabNews | None) -> None:
        """Take in what is new until the lab ends, which is an error."""
        while not self._stopping.is_set():
            told = lab.news(news, within_s=NEWS_S)
            if news is not None and told.session != news.session:
                record = LiveRecord(lab.plan())
            news = told
            record.add(told)
            if self._viewers or CHART not in self._states:
                self._publish(CHART, record.chart() | {"session": told.session, **_of_load(record, told)})
            self._rest(DRAW_S - NEWS_S, UNWATCHED_S)

    def _rest(self, watched_s: float, unwatched_s: float) -> None:
        """Wait so long, and no longer than needed once somebody looks."""
        began_s = time.monotonic()
        while not self._stopping.wait(min(STEP_S, watched_s)):
            if time.monotonic() - began_s >= (watched_s if self._viewers else unwatched_s):
                return

    def _look(self) -> None:
        """Ask for the status again and again, which takes longer while servers are silent."""
        while not self._stopping.is_set():
            self._rest(STATUS_S, UNWATCHED_S / 5)
            if (lab := self._lab) is None:
                continue
            with contextlib.suppress(JSquaredError):  # the other thread says that it has ended
                status = lab.status()
                if self._lab is lab:
                    self._publish(STATUS, {"up": True, "name": self.name, "lab": status})


def _of_load(record: LiveRecord, news: LabNews) -> dict[str, Any]:
    load = news.load
    return {"gap_ms": load.write_gap_ms, "longest_gap_ms": record.counts.longest_gap_ms, "state": load.state}


def _words(problem: JSquaredError) -> str:
    return f"{problem.what}. Try: {problem.hint}" if problem.hint else problem.what
