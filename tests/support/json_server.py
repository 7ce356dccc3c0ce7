"""A small server on 127.0.0.1 that answers what a function says: for whoever asks Prometheus or Alertmanager in a test."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class JsonServer:
    """Listens at ``port`` until :meth:`close`.

    :param answer: gives what a path is answered with: a document, or bytes as they are.
    """

    def __init__(self, answer: Callable[[str], Any]) -> None:
        self.taken: list[Any] = []
        """What was posted."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.say(answer(self.path))

            def do_POST(self) -> None:
                outer.taken += json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.say({})

            def say(self, found: Any) -> None:
                body = found if isinstance(found, bytes) else json.dumps(found).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.server_port

    def close(self) -> None:
        """Answer no more; a second call does nothing."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
