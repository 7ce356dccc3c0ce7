"""Something that answers as Prometheus does, with a story of its own: a failover in the middle, from the first node to the second."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

NODES = [f"10.0.0.{number}:6379" for number in (1, 2, 3)]
FAILOVER_S = 60
"""The annotation lasts so long."""


class FakePrometheus(ThreadingHTTPServer):
    """Serves until it is closed. ``asked`` has every query; ``silent`` is part of those that have no answer, ``error`` is told to all."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.asked: list[str] = []
        self.silent = self.error = ""
        self._thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self.shutdown()
        self._thread.join()
        self.server_close()

    def answer(self, words: dict[str, str]) -> dict[str, Any]:
        """Return the answer to a query, of a range where one is given."""
        query = words["query"]
        self.asked.append(query)
        if self.error:
            return {"status": "error", "error": self.error}
        if self.silent and self.silent in query:
            return {"status": "success", "data": {"result": []}}
        if "start" not in words:
            result = [{"metric": _labels(NODES[1]), "value": [float(words["time"]), "754.5"]}]
            return {"status": "success", "data": {"result": result}}
        start, end, step = (float(words[name]) for name in ("start", "end", "step"))
        times = [start + number * step for number in range(int((end - start) // step) + 1)]
        result = list(filter(None, (_series(query, node, times) for node in NODES)))
        return {"status": "success", "data": {"result": result}}


def _series(query: str, node: str, times: list[float]) -> dict[str, Any] | None:
    middle = times[len(times) // 2]
    if "unless on (deployment, master_name, instance) redis:named_primary" in query:
        during = [[at, "1"] for at in times if middle <= at <= middle + FAILOVER_S]
        return {"metric": _labels(node), "values": during} if node == NODES[1] else None
    if query == "redis:is_primary":
        values = [[at, "1" if node == (NODES[0] if at < middle else NODES[1]) else "0"] for at in times]
    elif "backlog" in query or "max_bytes" in query:
        values = [[at, str(0.01 * (NODES.index(node) + 1))] for at in times]
    elif "bytes" in query:
        values = [[at, str(2_000_000 + 9000 * NODES.index(node) + at % 7000)] for at in times]
    else:
        values = [[at, "1" if NODES.index(node) or at < middle else "0"] for at in times]
    return {"metric": _labels(node), "values": values}


def _labels(node: str) -> dict[str, str]:
    host, _, port = node.partition(":")
    own = {"instance": node, "master_address": node, "slave_ip": host, "slave_port": port, "job": "redis"}
    return {
        **own,
        "master_name": "mymaster",
        "deployment": "shop",
        "err": f"OOM{host[-1]}",
        "alertname": f"RedisDown{host[-1]}",
    }


class _Request(BaseHTTPRequestHandler):
    server: FakePrometheus
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        words = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        body = json.dumps(self.server.answer(words)).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
        self.wfile.write(head.encode() + body)  # at once: two packets would wait for each other

    def log_message(self, *_: object) -> None:
        """Say nothing."""
