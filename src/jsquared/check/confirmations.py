"""Confirmed writes that vanish: by the rules of Redis, or only because a server's word was not true."""

import itertools

from jsquared.check.timeline import Timeline

_CHANGES_PRIMARY = (
    "manual-failover",
    "failover-while-paused",
    "replicaof-by-hand",
    "set-priority",
    "sentinel-old-config",
)
"""Orders of an operator by which another node than the one that has most may become primary, or the old one goes on for a while."""


def may_vanish(timeline: Timeline, until_ms: float) -> bool:
    """True if something happened before a moment that lets a confirmed write vanish.

    That is a cut between data nodes, a data node that came back from its disk, an order of an operator, or a configuration that prefers
    one replica to another. It may vanish too where the old primary had not been stopped: it kept acknowledging with those that
    confirm, while another replica was promoted.
    """
    reign = [one for one in timeline.reigns if one.from_ms < until_ms][-1:]
    old = timeline.node(reign[0].node) if reign else None
    if old is None or not any(span.stops(old) and span.start_ms < until_ms for span in timeline.faults):
        return True
    data = timeline.data_nodes
    before = [span for span in timeline.faults if span.start_ms < until_ms]
    cut = any(span.separates(one, other) for span in before for one, other in itertools.combinations(data, 2))
    came_back = any(back.started_ms < until_ms for node in data for back in timeline.restarts(node.name))
    ordered = any(span.name in _CHANGES_PRIMARY for span in before)
    preferred = any(finding.rule == "priorities-differ" for finding in timeline.record.plan.findings)
    return cut or came_back or ordered or preferred
