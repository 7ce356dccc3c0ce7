"""Promotions of which no Sentinel's log tells: by hand, or by a Sentinel whose log is missing."""

from collections.abc import Sequence
from itertools import islice

from jsquared.monitor.logs import document as d
from jsquared.monitor.logs.failover_notes import moment, shown
from jsquared.monitor.logs.failover_steps import NEAR_S, lost_link, short
from jsquared.monitor.logs.happenings import Happening
from jsquared.monitor.logs.identify import Node, Roster

MOST_PROMOTIONS = 50
NOTE = "only the replica wrote of it: it was promoted by hand, or by a Sentinel whose log is missing"


def promotions_alone(roster: Roster, told_s: Sequence[float]) -> list[d.Failover]:
    """Every promotion that is not near one of those that the Sentinels tell of."""
    alone = (
        (node, one)
        for node in roster.data
        for one in (node.log.of("promoted") if node.log else ())
        if all(abs(one.unix_s - at_s) > NEAR_S for at_s in told_s)
    )
    return [_promotion(node, one, roster) for node, one in islice(alone, MOST_PROMOTIONS)]


def _promotion(node: Node, one: Happening, roster: Roster) -> d.Failover:
    before = [each for each in (node.log.happenings if node.log else ()) if each.unix_s <= one.unix_s]
    old = next((each.at() for each in reversed(before) if each.kind in ("connecting", "reconfigured")), "")
    lost = min((each.unix_s for other in roster.data for each in lost_link(other, old, one.unix_s)), default=None)
    began_s = one.unix_s if lost is None else lost
    took = round((one.unix_s - began_s) * 1000, 1)
    phase = d.Phase(name="promote", at=moment(one.unix_s), took_ms=took, node=node.name, line=shown(short(one.text)))
    return d.Failover(
        master="",
        outcome="promoted",
        kind="automatic",
        old=roster.named(old),
        new=node.name,
        leader="",
        epoch=None,
        quorum="",
        began=moment(began_s),
        fault="its replicas lost their links then" if lost is not None else "",
        last_sign="",
        ended=moment(one.unix_s),
        total_ms=took if lost is not None else None,
        phases=[phase] if lost is not None else [],
        attempts=[],
        sentinels=[],
        replicas={},
        returned=None,
        notes=[NOTE],
    )
