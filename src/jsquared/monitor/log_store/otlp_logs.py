"""Lines as OpenTelemetry logs: the JSON form of ``ExportLogsServiceRequest``, into a file or by HTTP.

Written by hand: it is one shape of nested objects, and the package of OpenTelemetry would bring protobuf along. In the JSON form of
protobuf 64-bit numbers are texts. A file has one request a line, as OpenTelemetry's file exporter has it.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from jsquared._version import __version__
from jsquared.errors import BadInputError, LabError
from jsquared.monitor.log_store.log_event import StoredLine
from jsquared.text import one_line

MOST_RECORDS = 1000
"""In one request."""
ANSWER_LIMIT_S = 10.0
LARGEST_ANSWER_BYTES = 1 << 20
SEVERITIES = {"debug": 5, "verbose": 9, "notice": 10, "warning": 13}
"""Levels of Redis as OpenTelemetry's SeverityNumber: DEBUG, INFO, INFO2, WARN."""


def export_request(lines: Sequence[StoredLine]) -> dict[str, Any]:
    """Return a request with these lines, those of each server below a resource of its own."""
    ordered = sorted(lines, key=lambda line: line.node)
    return {"resourceLogs": [_resource(node, of) for node, of in groupby(ordered, key=lambda line: line.node)]}


def encoded(lines: Sequence[StoredLine]) -> bytes:
    """Return a request as JSON on one line, in ASCII."""
    return json.dumps(export_request(lines), separators=(",", ":")).encode()


def send(url: str, lines: Sequence[StoredLine]) -> str:
    """Send a request; return what the receiver has to say about it, empty for a plain success.

    :raises LabError: it is not accepted.
    """
    request = urllib.request.Request(url, encoded(lines), {"Content-Type": "application/json"})  # noqa: S310 -- checked_url
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_LIMIT_S) as answer:  # noqa: S310 -- as above
            return _told(answer.read(LARGEST_ANSWER_BYTES))
    except (OSError, ValueError, urllib.error.URLError) as problem:
        where = f"--otlp {one_line(url)}"
        raise LabError(
            f"does not accept logs ({one_line(str(problem))})", where=where, hint="a running collector"
        ) from problem


def checked_url(url: str) -> str:
    """Return an address to which logs can be sent.

    :raises BadInputError: it is none of HTTP.
    """
    if not url.startswith(("http://", "https://")) or any(character <= " " or character > "~" for character in url):
        hint = "http://127.0.0.1:4318/v1/logs"
        raise BadInputError(
            f"'{one_line(url)[:100]}' is not a valid http:// or https:// address", where="--otlp", hint=hint
        )
    return url


def _told(answer: bytes) -> str:
    try:
        partial = json.loads(answer or b"{}").get("partialSuccess") or {}
        rejected, why = int(partial.get("rejectedLogRecords", 0)), str(partial.get("errorMessage", ""))
    except (ValueError, AttributeError, TypeError, RecursionError):
        return ""  # a success by its status; what else it says is no JSON of the protocol
    return one_line(f"{rejected} records rejected: {why}") if rejected else one_line(why)


def _resource(node: str, lines: Iterable[StoredLine]) -> dict[str, Any]:
    attributes = [_attribute("service.name", "redis"), _attribute("service.instance.id", node)]
    scope = {"scope": {"name": "jsquared", "version": __version__}, "logRecords": [_record(line) for line in lines]}
    return {"resource": {"attributes": attributes}, "scopeLogs": [scope]}


def _record(line: StoredLine) -> dict[str, Any]:
    record: dict[str, Any] = {
        "timeUnixNano": str(line.at_us * 1000),
        "observedTimeUnixNano": str(line.at_us * 1000),
        "body": {"stringValue": line.text},
        "attributes": [
            _attribute(name, value)
            for name, value in (
                ("redis.event", line.event), ("redis.sentinel.master_name", line.master), ("log.file.path", line.source),
            )
            if value
        ],
    }  # fmt: skip
    if line.level:
        record |= {"severityNumber": SEVERITIES.get(line.level, 0), "severityText": line.level}
    if line.event:
        record["eventName"] = line.event
    return record


def _attribute(name: str, value: str) -> dict[str, Any]:
    return {"key": name, "value": {"stringValue": value}}
