"""The receiver of a trial's alerts: a webhook that records what Alertmanager tells it, as a team's would."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec

from jsquared.records.alert_events import AlertDelivered
from jsquared.records.events import EventLog

LARGEST_MESSAGE_BYTES = 4 << 20
ANSWER_LIMIT_S = 10.0
PROBE = "JSquaredProbe"
"""An alert of the lab's own: it shows that the way from Alertmanager to here is open, and is no alert of the trial's."""


class _Told(msgspec.Struct):
    """An alert in a message."""

    status: str
    labels: dict[str, str]


class _Message(msgspec.Struct):
    """What Alertmanager posts to a webhook (version 4 of its format)."""

    alerts: list[_Told]


class AlertReceiver:
    """Listens at a free port of 127.0.0.1 from the beginning; every alert of a message becomes an event."""

    def __init__(self, events: EventLog) -> None:
        self.refusing = False
        """Whether every message is answered with HTTP 503 instead of being taken."""
        self.refused = 0
        """How many were."""
        self.arrived: set[str] = set()
        """The names of all alerts that have arrived firing."""
        self.probes: set[str] = set()
        """The numbers of the probes that have arrived."""
        self._events = events
        outer = self

        class Handler(BaseHTTPRequestHandler):
            timeout = ANSWER_LIMIT_S

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(min(length, LARGEST_MESSAGE_BYTES))
                code = outer.answer(body)
                if code == 200:
                    self.send_response(code)
                    self.end_headers()
                else:
                    self.send_error(code)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- named so by its base
                """Say nothing: the terminal is the user's."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="alert receiver", daemon=True
        )

    def answer(self, body: bytes) -> int:
        """Take a message, or refuse it; the code of HTTP for that."""
        if self.refusing:
            self.refused += 1
            return 503
        try:
            message = msgspec.json.decode(body, type=_Message)
        except msgspec.MsgspecError:
            return 400
        for one in message.alerts:
            self._take(one)
        return 200

    def _take(self, one: _Told) -> None:
        labels = dict(one.labels)
        name = labels.pop("alertname", "")
        if name == PROBE:
            self.probes.add(labels.get("number", ""))
            return
        if one.status == "firing":
            self.arrived.add(name)
        self._events.add(AlertDelivered(alert=name, status=one.status, labels=labels))

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def close(self) -> None:
        """Listen no more."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
