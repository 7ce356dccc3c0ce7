"""A page of metrics over HTTP, for Prometheus to scrape."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from jsquared.errors import BadInputError
from jsquared.monitor.log_store.event_counter import OPENMETRICS, PLAIN_TEXT
from jsquared.text import one_line, whole_number

REQUEST_LIMIT_S = 5.0
MOST_AT_ONCE = 16
_ADDRESS = re.compile(r"(?P<host>[0-9.]{7,15}|localhost|\[[0-9a-fA-F:.]{2,45}\]):(?P<port>\d{1,5})", re.ASCII)


def listen_address(text: str) -> tuple[str, int]:
    """Return the address and port of ``ADDRESS:PORT``; port 0 is one that is free.

    :raises BadInputError: it is none.
    """
    match = _ADDRESS.fullmatch(text)
    port = whole_number(match["port"]) if match else None
    if match is None or port is None or port > 65_535:
        what = f"'{one_line(text)[:100]}' is not ADDRESS:PORT"
        raise BadInputError(what, where="--listen", hint="127.0.0.1:9479")
    return match["host"].strip("[]"), port


class _Server(ThreadingHTTPServer):
    """Answers a bounded number of requests at once; whoever comes beyond that is hung up on."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], page: Callable[[bool], str]) -> None:
        self.page = page
        self.room = threading.BoundedSemaphore(MOST_AT_ONCE)
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self.room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a client that goes away in the middle is its own matter."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = REQUEST_LIMIT_S
    server_version = "jsquared"
    sys_version = ""

    def do_GET(self) -> None:
        """The page of metrics; anything else is not there."""
        if self.path.partition("?")[0] != "/metrics":
            self.send_error(404, "the metrics are at /metrics")
            return
        is_open = "application/openmetrics-text" in self.headers.get("Accept", "")
        body = self.server.page(is_open).encode()
        self.send_response(200)
        self.send_header("Content-Type", OPENMETRICS if is_open else PLAIN_TEXT)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- as http.server has it
        """Nothing is logged: what clients send is theirs."""


@contextmanager
def serving(listen: tuple[str, int], page: Callable[[bool], str]) -> Iterator[str]:
    """Serve a page at ``/metrics`` for as long as the block lasts; give its address.

    :param page: makes it, in OpenMetrics if True.
    :raises BadInputError: nobody can listen there.
    """
    try:
        server = _Server(listen, page)
    except OSError as problem:
        where = f"--listen {listen[0]}:{listen[1]}"
        raise BadInputError(f"cannot be listened at: {problem.strerror}", where=where, hint="another port") from problem
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        host = f"[{listen[0]}]" if ":" in listen[0] else listen[0]
        yield f"http://{host}:{server.server_address[1]}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
