"""The metrics that redis_exporter has, version by version, read from its source; or those that a running one shows.

``exporter_metrics.json`` has the names with their labels: ``labels_now`` where the newer version has others, ``only`` where one version
alone has the metric, ``option`` where the exporter must be told to show it, and ``labels_with`` where a label takes something of the
kind. Metrics of modules (search, Bloom filters, JSON) and of other servers are left out.
"""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from jsquared.errors import BadInputError
from jsquared.text import one_line

PREFIX = "redis_"
OLD, CURRENT = "1.45", "1.88"
OPEN_PREFIXES: Mapping[str, str] = {
    "redis_cluster_": "",
    "redis_config_": "",
    "redis_connected_client_": "-export-client-list",
    "redis_search_index_": "-include-search-indexes-metrics",
    "redis_search_": "-include-modules-metrics",
    "redis_bf_": "-include-modules-metrics",
    "redis_json_": "-include-modules-metrics",
    "redis_tile38_": "-is-tile38",
}
"""Metrics that depend on the server: all that begin so may be there, some with an option of the exporter alone."""
ROLE_OPTION = "-append-instance-role-label"
ROLE_LABEL = "instance_role"
"""A label of all metrics alike, which the newer version adds with the option."""
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
    options: Mapping[str, str] = field(default_factory=dict)
    """Metrics to the option that each takes."""
    label_options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Metrics to the labels that take something, and what: an option, a version or a server."""
    adds_role: bool = False

    def may_have(self, metric: str) -> bool:
        """True if there is such a metric, or if it depends on more than the version."""
        return metric in self.metrics or metric.startswith(tuple(OPEN_PREFIXES))

    def option(self, metric: str) -> str:
        """Return the option of the exporter without which a metric is not there; empty where there is none."""
        if metric in self.metrics:
            return self.options.get(metric, "")
        return next((option for prefix, option in OPEN_PREFIXES.items() if metric.startswith(prefix)), "")

    def labels_with(self, metric: str) -> Mapping[str, str]:
        """Return the labels that a metric has only with something, and with what."""
        own = self.label_options.get(metric, {})
        return {**own, ROLE_LABEL: ROLE_OPTION} if self.adds_role else own


@cache
def known_exporter(version: str) -> Exporter:
    """Return the metrics of version 1.45 or 1.88, ``current``."""
    written: dict[str, dict[str, Any]] = json.loads((files("jsquared.monitor") / "exporter_metrics.json").read_text())
    metrics = {
        name: frozenset(entry.get("labels_now" if version == CURRENT else "labels", entry.get("labels", ())))
        for name, entry in written.items()
        if entry.get("only", version) == version
    }
    return Exporter(
        f"redis_exporter {version}",
        metrics,
        {name: entry["option"] for name, entry in written.items() if name in metrics and "option" in entry},
        {name: entry["labels_with"] for name, entry in written.items() if name in metrics and "labels_with" in entry},
        adds_role=version == CURRENT,
    )


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
    """The version's own metrics with those that the page shows: an error counter is not there before the first error.

    A version between the two that are known, or after them, may have what either has.
    """
    page = _page(url)
    shown: dict[str, frozenset[str]] = {}
    for line in page.splitlines():
        if match := _SAMPLE.match(line):
            shown[match[1]] = shown.get(match[1], frozenset()) | frozenset(_LABEL.findall(match[2] or ""))
    if not any(name.startswith(PREFIX) for name in shown):
        hint = "the page of one target, such as http://HOST:9121/scrape?target=redis://HOST:6379"
        raise BadInputError("shows no metric of redis_exporter", where=one_line(url), hint=hint)
    found = _VERSION.search(page)
    version = f"{found[1]}.{found[2]}" if found else ""
    versions = [known_exporter(one) for one in ((version,) if version in (OLD, CURRENT) else (OLD, CURRENT))]
    metrics = {**_united([one.metrics for one in versions]), **shown}
    options = {name: option for one in versions for name, option in one.options.items() if name not in shown}
    label_options = {
        name: {label: what for label, what in labels.items() if label not in metrics[name]}
        for one in versions
        for name, labels in one.label_options.items()
    }
    adds_role = any(one.adds_role for one in versions)
    return Exporter(f"redis_exporter at {one_line(url)}", metrics, options, label_options, adds_role)


def _united(all_metrics: list[Mapping[str, frozenset[str]]]) -> dict[str, frozenset[str]]:
    """The metrics of several, each with the labels that it has in any."""
    names = {name for metrics in all_metrics for name in metrics}
    return {name: frozenset().union(*(metrics.get(name, ()) for metrics in all_metrics)) for name in names}


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
