"""Promotions of which no Sentinel's log tells: by hand, or by a Sentinel whose log is missing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice

from jsquared.monitor.logs import document as d
from jsquared.monitor.logs.changes import Word, changes_in
from jsquared.monitor.logs.clock_doubt import Doubt, Doubts, with_a_part
from jsquared.monitor.logs.failover_notes import moment, shown
from jsquared.monitor.logs.failover_steps import NEAR_S, lost_link, short
from jsquared.monitor.logs.failover_times import FAULT, NO_END, PROMOTION
from jsquared.monitor.logs.happenings import Happening
from jsquared.monitor.logs.identify import Node, Roster, masters_by_address

MOST_PROMOTIONS = 50
NOTE = "only the replica wrote of it: it was promoted by hand, or by a Sentinel whose log is missing"


def promotions_alone(
    roster: Roster, told_s: Sequence[float], by_master: Mapping[str, Sequence[Word]], doubts: Doubts
) -> list[d.Failover]:
    """Every promotion that is not near one of those that the Sentinels tell of.

    Where clocks differ, nearness says nothing: a node that was promoted as often as Sentinels announced it has no promotion of its own.
    """
    announced = Counter(change.new for words in by_master.values() for change in changes_in(words))
    found = []
    for node in roster.data:
        promoted = list(node.log.of("promoted")) if node.log else []
        alone = [one for one in promoted if all(abs(one.unix_s - at_s) > NEAR_S for at_s in told_s)]
        doubt = doubts.among(_with_a_part(node, roster, by_master)) if alone else None
        if doubt is None or announced[node.address] != len(promoted):
            found += [(node, one, doubt) for one in alone if doubt is None or not doubt.is_mixed]
    return [_promotion(node, one, roster, doubt) for node, one, doubt in islice(found, MOST_PROMOTIONS)]


def _with_a_part(node: Node, roster: Roster, by_master: Mapping[str, Sequence[Word]]) -> set[str]:
    """Whose lines may tell why a node was promoted: those about its primary; all where that is not known."""
    master = masters_by_address(roster.sentinels).get(node.address, "")
    if master in by_master:
        return {node.name, *with_a_part(master, by_master[master], roster)}
    return {one.name for one in roster.nodes if one.log}


def _promotion(node: Node, one: Happening, roster: Roster, doubt: Doubt | None) -> d.Failover:
    before = [each for each in (node.log.happenings if node.log else ()) if each.unix_s <= one.unix_s]
    old = next((each.at() for each in reversed(before) if each.kind in ("connecting", "reconfigured")), "")
    links = [each.unix_s for other in roster.data for each in lost_link(other, old, one.unix_s)]
    lost = min(links, default=None) if doubt is None else None
    began_s = one.unix_s if lost is None else lost
    took = round((one.unix_s - began_s) * 1000, 1)
    phase = d.Phase(name="promote", at=moment(one.unix_s), took_ms=None, node=node.name, line=shown(short(one.text)))
    return d.Failover(
        master="",
        outcome="promoted" if doubt is None else "unknown",
        doubtful=doubt is not None,
        kind="unknown",
        old=roster.named(old),
        new=node.name,
        leader="",
        epoch=None,
        quorum="",
        began=moment(began_s),
        fault="its replicas lost their links then" if lost is not None else "",
        last_sign="",
        ended=moment(one.unix_s),
        total_ms=None,
        at_least_ms=took if lost is not None else None,
        counted_from=FAULT if lost is not None else "",
        counted_to=PROMOTION if lost is not None else "",
        not_known=NO_END if doubt is None else f"since {doubt.since}",
        phases=[phase] if lost is not None else [],
        attempts=[],
        sentinels=[],
        replicas={},
        returned=None,
        notes=[NOTE if doubt is None else doubt.note],
    )
