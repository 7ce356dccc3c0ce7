"""The receiver of a trial's alerts: a webhook that records what Alertmanager tells it, as a team's would."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec

from jsquared.records.alert_events import AlertDelivered
from jsquared.records.events import EventLog

LARGEST_MESSAGE_BYTES = 4 << 20
ANSWER_LIMIT_S = 10.0


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
        class Handler(BaseHTTPRequestHandler):
            timeout = ANSWER_LIMIT_S

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                try:
                    message = msgspec.json.decode(self.rfile.read(min(length, LARGEST_MESSAGE_BYTES)), type=_Message)
                except msgspec.MsgspecError:
                    self.send_error(400)
                    return
                for one in message.alerts:
                    labels = dict(one.labels)
                    name = labels.pop("alertname", "")
                    events.add(AlertDelivered(alert=name, status=one.status, labels=labels))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- named so by its base
                """Say nothing: the terminal is the user's."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="alert receiver", daemon=True
        )

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
