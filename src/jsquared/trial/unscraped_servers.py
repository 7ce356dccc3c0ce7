"""Names the servers that a trial's Prometheus has not seen answer, each with what Prometheus says of its last scrape."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable

from jsquared.text import listed, one_line
from jsquared.trial.monitoring_health import UNREADABLE, answering, targets

LONGEST_REASON = 200
NO_TARGET = "Prometheus has not been told of it, or has not read that yet"
NOT_YET = "Prometheus has not scraped it yet"
NOT_REACHED = "the exporter answers, and does not reach it"
_REQUEST = re.compile(r'^Get "[^"]*": ')
"""What comes before the reason, the same for every server but for its address."""


def unscraped(port: int, nodes: Iterable[str], node_of: Callable[[str], str]) -> str:
    """Return the servers with the reasons, those of one reason together: ``redis-n1 and redis-n2 (connection refused)``.

    :param node_of: the node that an instance means; empty for none.
    """
    try:
        seen = {node_of(instance) for instance in answering(port)}
        reasons = {node_of(one.labels.get("instance", "")): _reason(one.health, one.error) for one in targets(port)}
    except UNREADABLE:
        return "Prometheus does not say which"
    grouped: dict[str, list[str]] = defaultdict(list)
    for node in nodes:
        if node not in seen:
            grouped[reasons.get(node, NO_TARGET)].append(node)
    return "; ".join(f"{listed(names)} ({reason})" for reason, names in grouped.items())


def _reason(health: str, error: str) -> str:
    if error:
        return one_line(_REQUEST.sub("", error))[:LONGEST_REASON]
    return NOT_REACHED if health == "up" else NOT_YET
