"""HTTP to the programs of monitoring that run on this machine, at 127.0.0.1 alone: every answer is bounded in time and size."""

import http.client
import json
from collections.abc import Mapping

HOST = "127.0.0.1"
ANSWER_LIMIT_S = 5.0
LARGEST_ANSWER_BYTES = 16 << 20
NO_ANSWER = (OSError, http.client.HTTPException)
"""What is raised where there is no answer, or a refusal."""


def get(port: int, path: str, limit_s: float = ANSWER_LIMIT_S) -> bytes:
    """Return what a program answers.

    :raises OSError, HTTPException: there is no answer in time, or it refuses.
    """
    return _asked(port, "GET", path, limit_s=limit_s)


def post_alert(port: int, labels: Mapping[str, str], annotations: Mapping[str, str] | None = None) -> None:
    """Give Alertmanager an alert that fires, as Prometheus does.

    :param labels: ``alertname`` among them.
    :raises OSError, HTTPException: it does not take it.
    """
    alert = {"labels": dict(labels), "annotations": dict(annotations or {})}
    _asked(port, "POST", "/api/v2/alerts", json.dumps([alert]))


def _asked(port: int, method: str, path: str, body: str | None = None, limit_s: float = ANSWER_LIMIT_S) -> bytes:
    connection = http.client.HTTPConnection(HOST, port, timeout=limit_s)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        answer = connection.getresponse()
        text = answer.read(LARGEST_ANSWER_BYTES)
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise OSError(f"HTTP {answer.status}")
    return text
