"""The metrics that redis_exporter has, version by version, read from its source; or those that a running one shows.

``exporter_metrics.json`` has the names with their labels: ``labels_now`` where the newer version has others, ``only`` where one version
alone has the metric. Metrics of modules (search, Bloom filters, JSON) and of other servers are left out.
"""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jsquared.errors import BadInputError
from jsquared.text import one_line

PREFIX = "redis_"
OLD, CURRENT = "1.45", "1.88"
OPEN_PREFIXES = (
    "redis_cluster_",
    "redis_search_",
    "redis_bf_",
    "redis_json_",
    "redis_connected_client_",
    "redis_config_",
)
"""Metrics that depend on the server or on the exporter's options: all that begin so may be there."""
LARGEST_PAGE_BYTES = 16 << 20
ANSWER_LIMIT_S = 10.0
_SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="')
_VERSION = re.compile(r'redis_exporter_build_info\{[^}]*version="v?([0-9]{1,4})\.([0-9]{1,4})')


@dataclass(frozen=True)
class Exporter:
    """One version: its metrics with the labels of each, beside those that a target brings along."""

    name: str
    metrics: Mapping[str, frozenset[str]]

    def may_have(self, metric: str) -> bool:
        """True if there is such a metric, or if it depends on more than the version."""
        return metric in self.metrics or metric.startswith(OPEN_PREFIXES)


@cache
def known_exporter(version: str) -> Exporter:
    """Return the metrics of version 1.45 or 1.88, ``current``."""
    written: dict[str, dict[str, Any]] = json.loads((files("jsquared.monitor") / "exporter_metrics.json").read_text())
    metrics = {
        name: frozenset(entry.get("labels_now" if version == CURRENT else "labels", entry.get("labels", ())))
        for name, entry in written.items()
        if entry.get("only", version) == version
    }
    return Exporter(f"redis_exporter {version}", metrics)


def exporter_named(text: str) -> Exporter:
    """Return the exporter of ``--exporter``: ``1.45``, ``current``, or the address of a page of metrics.

    :raises BadInputError: it is none of these, or the page cannot be had.
    """
    if text in (OLD, "current", CURRENT):
        return known_exporter(OLD if text == OLD else CURRENT)
    if not text.startswith(("http://", "https://")):
        hint = f"{OLD}, current, or http://HOST:9121/scrape?target=redis://HOST:6379"
        raise BadInputError(f"'{one_line(text)[:100]}' is no version that is known", where="--exporter", hint=hint)
    return _running(text)


def _running(url: str) -> Exporter:
    """The version's own metrics with those that the page shows: an error counter is not there before the first error."""
    page = _page(url)
    shown = {
        match[1]: frozenset(_LABEL.findall(match[2] or ""))
        for line in page.splitlines()
        if (match := _SAMPLE.match(line))
    }
    if not any(name.startswith(PREFIX) for name in shown):
        hint = "the page of one target, such as http://HOST:9121/scrape?target=redis://HOST:6379"
        raise BadInputError("shows no metric of redis_exporter", where=one_line(url), hint=hint)
    found = _VERSION.search(page)
    version = CURRENT if found and (int(found[1]), int(found[2])) > (1, 45) else OLD
    return Exporter(f"redis_exporter at {one_line(url)}", {**known_exporter(version).metrics, **shown})


def _page(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_LIMIT_S) as answer:  # noqa: S310 -- http and https alone come here
            data: bytes = answer.read(LARGEST_PAGE_BYTES + 1)
    except (OSError, ValueError, urllib.error.URLError) as problem:
        hint = "the address of a running exporter's page, or --exporter current"
        raise BadInputError(f"does not answer ({one_line(str(problem))})", where=one_line(url), hint=hint) from problem
    if len(data) > LARGEST_PAGE_BYTES:
        raise BadInputError("its page is too long", where=one_line(url), hint="the page of one target")
    return data.decode(errors="replace")
