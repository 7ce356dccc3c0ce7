"""The page's server: on 127.0.0.1, for reading alone. It gives the page and the panels' numbers, and passes no query on."""

import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

import msgspec

from jsquared.errors import LabError
from jsquared.monitor.live_page.page import page, policy
from jsquared.monitor.live_page.panel_data import SPANS_MIN, read_panels
from jsquared.monitor.profile import Profile
from jsquared.report.page_headers import page_headers
from jsquared.text import encode_json

HOST = "127.0.0.1"
SPANS = {f"minutes={span}": span for span in SPANS_MIN}
"""All that may be asked of the numbers."""
HTML, JSON = "text/html; charset=utf-8", "application/json"
REQUEST_LIMIT_S = 10.0
"""Whoever asks more slowly is not waited for."""


class PageServer:
    """Serves from when it is made until it is closed, on a free port.

    :param prometheus: the port on which Prometheus listens on 127.0.0.1.
    """

    def __init__(self, prometheus: int, profile: Profile) -> None:
        self._server = _Server(prometheus, profile)
        self._thread = Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, name="panels", daemon=True
        )
        self._thread.start()
        self.url = f"http://{HOST}:{self._server.server_port}/"

    def close(self) -> None:
        """Stop serving, and free the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, prometheus: int, profile: Profile) -> None:
        super().__init__((HOST, 0), _Request)
        self._prometheus = prometheus
        self._profile = profile
        self._one_at_a_time = Lock()
        self.page = page(profile).encode()
        self.hosts = {f"{name}:{self.server_port}" for name in (HOST, "localhost")}

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a browser that leaves in the middle of an answer is no news."""

    def numbers(self, minutes: int) -> bytes:
        """Return the numbers, JSON; asked by many, Prometheus answers them one after the other."""
        with self._one_at_a_time:
            return msgspec.json.encode(read_panels(self._prometheus, self._profile, minutes, time.time()))


class _Request(BaseHTTPRequestHandler):
    """One request. One under another host's name is refused: a foreign page may have had its name point here."""

    server: _Server
    server_version, sys_version = "jsquared", ""
    timeout = REQUEST_LIMIT_S

    def do_GET(self) -> None:
        """Give the page or the numbers."""
        path, _, query = self.path.partition("?")
        if self.headers.get("Host") not in self.server.hosts:
            self._answer(HTTPStatus.FORBIDDEN, HTML, b"")
        elif self.path == "/":
            self._answer(HTTPStatus.OK, HTML, self.server.page)
        elif path == "/data" and query in SPANS:
            self._numbers(SPANS[query])
        else:
            self._answer(HTTPStatus.NOT_FOUND, HTML, b"")

    def _numbers(self, minutes: int) -> None:
        try:
            self._answer(HTTPStatus.OK, JSON, self.server.numbers(minutes))
        except LabError as problem:
            self._answer(HTTPStatus.BAD_GATEWAY, JSON, encode_json({"problem": str(problem)}))

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            **page_headers(policy()),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: the terminal is for what happens to the deployment."""
