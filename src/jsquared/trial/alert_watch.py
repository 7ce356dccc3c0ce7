"""Watches a trial's Prometheus: every alert that begins to wait, fires or ends becomes an event."""

from collections.abc import Callable

import msgspec

from jsquared.monitor.loopback_http import NO_ANSWER, get
from jsquared.observe.background import Background
from jsquared.records.alert_events import AlertChanged
from jsquared.records.events import EventLog

EVERY_S = 0.2
PATIENCE = 5
"""So many answers may fail one after the other before Prometheus counts as failed: it may only be slow."""

Key = tuple[tuple[str, str], ...]


class _Alert(msgspec.Struct):
    labels: dict[str, str]
    state: str


class _Data(msgspec.Struct):
    alerts: list[_Alert] = []


class _Answer(msgspec.Struct):
    data: _Data


class AlertWatch(Background):
    """Asks for all alerts some five times a second; ``failed`` is told once why it cannot."""

    def __init__(
        self,
        port: int,
        events: EventLog,
        failed: Callable[[str], None],
        is_tolerated: Callable[[], bool] = lambda: False,
    ) -> None:
        """:param is_tolerated: whether Prometheus may be silent now, since a fault has ended it."""
        super().__init__("alerts")
        self._is_tolerated = is_tolerated
        self._port = port
        self._events = events
        self._failed = failed
        self._states: dict[Key, str] = {}
        self.fired: set[str] = set()
        """The names of all that have fired."""

    def run(self) -> None:
        """Look until there is no answer any more."""
        silent = 0
        while not self.stopping.wait(EVERY_S):
            try:
                self.look()
                silent = 0
            except (*NO_ANSWER, msgspec.MsgspecError) as problem:
                silent = 0 if self._is_tolerated() else silent + 1
                if silent >= PATIENCE and not self.stopping.is_set():
                    self._failed(str(problem) or type(problem).__name__)
                    return

    def look(self) -> None:
        """Ask once.

        :raises OSError, HTTPException, MsgspecError: there is no answer, or none that it understands.
        """
        answer = msgspec.json.decode(get(self._port, "/api/v1/alerts"), type=_Answer)
        now = {tuple(sorted(one.labels.items())): one.state for one in answer.data.alerts}
        for key in [*now, *(self._states.keys() - now.keys())]:
            state = now.get(key, "resolved" if self._states.get(key) == "firing" else "inactive")
            if state != self._states.get(key):
                self._tell(dict(key), state)
        self._states = now

    def _tell(self, labels: dict[str, str], state: str) -> None:
        name = labels.pop("alertname", "")
        if state == "firing":
            self.fired.add(name)
        self._events.add(AlertChanged(alert=name, state=state, labels=labels))
