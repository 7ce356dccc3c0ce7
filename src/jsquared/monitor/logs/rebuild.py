"""From log files to the timeline: who wrote what, how the clocks differ, every failover, and what cannot be known."""

import datetime
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from jsquared.monitor.logs import document as d
from jsquared.monitor.logs.attempts import Try, attempts_in
from jsquared.monitor.logs.cause_pairs import Pair, pairs_of
from jsquared.monitor.logs.changes import (
    BEFORE_S,
    Outage,
    Word,
    between,
    changes_in,
    last_alive_s,
    outages,
    words_by_master,
    words_of_all,
)
from jsquared.monitor.logs.clock_bounds import Clocks, compare_clocks, shifts
from jsquared.monitor.logs.clock_doubt import Doubt, Doubts, with_a_part
from jsquared.monitor.logs.event_list import events_of
from jsquared.monitor.logs.failover_notes import CONTRADICTS, clock_notes, end_s, moment, notes_on, shown
from jsquared.monitor.logs.failover_steps import Steps, steps_of
from jsquared.monitor.logs.failover_times import Took, in_order, span_of
from jsquared.monitor.logs.identify import Node, Roster, roster_of
from jsquared.monitor.logs.node_logs import NodeLog
from jsquared.monitor.logs.promotions_alone import promotions_alone
from jsquared.monitor.logs.unknowns import unknown
from jsquared.text import duration

MOST_FAILOVERS = 200
"""Of one primary, its outages counted too."""


@dataclass(frozen=True)
class Wanted:
    """What of the logs is wanted."""

    addresses: Mapping[str, str] = field(default_factory=dict)
    """By the names of logs, as the user has given them."""
    master: str = ""
    since_s: float = -math.inf
    until_s: float = math.inf
    align: bool = False


def rebuild(logs: Sequence[NodeLog], wanted: Wanted) -> d.LogTimeline:
    """Rebuild everything that these logs tell of.

    :raises BadInputError: an address is given for a log that there is not.
    """
    roster = roster_of(logs, wanted.addresses)
    mixed = {node.name: node.log.servers for node in roster.nodes if node.log and node.is_mixed}
    pairs = _comparable(pairs_of(roster), mixed)
    clocks = compare_clocks([node.name for node in roster.nodes if node.log and not node.is_mixed], pairs)
    moved = shifts(clocks.clocks) if wanted.align else {}
    for log in logs:
        log.shift(moved.get(log.name, 0.0))
    doubts = Doubts.of(clocks, moved, _comparable(pairs_of(roster), mixed) if moved else pairs, mixed)
    by_master = words_by_master(roster)
    failovers = [
        one
        for master, words in by_master.items()
        if wanted.master in ("", master)
        for one in _failovers(master, words, roster, wanted, doubts)
    ]
    if not wanted.master:
        told_s = [_unix(phase.at) for one in failovers for phase in one.phases if phase.name == "promote"]
        alone = promotions_alone(roster, told_s, by_master, doubts)
        failovers += [one for one in alone if wanted.since_s <= _unix(one.ended) <= wanted.until_s]
    for one in (each for each in failovers if not each.doubtful):
        involved = sorted({*(phase.node for phase in one.phases), *(each.sentinel for each in one.attempts)})
        one.notes += clock_notes(involved, clocks.clocks, moved)
    failovers.sort(key=lambda one: one.began)
    first_s = min((log.from_s for log in logs), default=0.0)
    names = [log.name for log in logs]
    is_bounded = math.isfinite(wanted.since_s) or math.isfinite(wanted.until_s)
    doubtful = any(one.doubtful for one in failovers) or (is_bounded and doubts.among(names) is not None)
    events, left_out = events_of(roster, first_s, wanted.since_s, wanted.until_s, wanted.master)
    return d.LogTimeline(
        cautions=doubts.cautions(names),
        inconclusive=_inconclusive(failovers, mixed, are_clocks_off=doubtful and doubts.of_clocks(names) is not None),
        doubtful=doubtful or bool(mixed),
        zone="UTC" if logs and all(log.is_zoned or log.zone_s is not None for log in logs) else "unknown",
        first=moment(first_s),
        last=moment(max((log.until_s for log in logs), default=0.0)),
        masters=list(by_master),
        failovers=failovers,
        nodes=[_node(node) for node in roster.nodes],
        reference=clocks.reference,
        clocks=_clocks(clocks, moved),
        impossible=[_impossible(pair) for pair in doubts.wrong],
        unknown=unknown(roster, clocks, by_master),
        events=events,
        left_out=left_out,
    )


def _unix(at: str) -> float:
    return datetime.datetime.fromisoformat(at).replace(tzinfo=datetime.UTC).timestamp()


def _comparable(pairs: Sequence[Pair], mixed: Collection[str]) -> list[Pair]:
    return [pair for pair in pairs if pair.cause not in mixed and pair.effect not in mixed]


def _inconclusive(failovers: Sequence[d.Failover], mixed: Collection[str], *, are_clocks_off: bool) -> list[str]:
    return [
        *(["mixed"] if mixed else []),
        *(["clocks"] if are_clocks_off else []),
        *(["contradiction"] if any(CONTRADICTS in note for one in failovers for note in one.notes) else []),
    ]


def _impossible(pair: Pair) -> str:
    before = duration(-pair.after_s * 1000)
    return f"{pair.what}: {pair.effect} has the effect at {moment(pair.effect_s)}, {before} before its cause at {pair.cause}"


def _node(node: Node) -> d.KnownNode:
    log = node.log
    return d.KnownNode(
        name=node.name,
        role=node.role,
        address=node.address,
        known_by=node.known_by if node.address else "",
        id=node.id,
        engine=node.engine,
        has_log=log is not None,
        files=log.files if log else [],
        forms=log.forms if log else [],
        lines=log.lines if log else 0,
        first=moment(log.from_s) if log else "",
        last=moment(log.until_s) if log else "",
    )


def _clocks(clocks: Clocks, moved: Mapping[str, float]) -> list[d.NodeClock]:
    return [
        d.NodeClock(
            node=one.node,
            ahead_ms=_ms(one.ahead_s),
            least_ms=_ms(one.least_s),
            most_ms=_ms(one.most_s),
            differs=one.is_off,
            moved_ms=_ms(moved.get(one.node, 0.0)) or 0.0,
        )
        for one in clocks.clocks.values()
    ]


def _ms(value_s: float | None) -> float | None:
    return None if value_s is None or math.isinf(value_s) else round(value_s * 1000, 1) + 0.0


# -- failovers


def _failovers(master: str, words: Sequence[Word], roster: Roster, wanted: Wanted, doubts: Doubts) -> list[d.Failover]:
    of_all = words_of_all(roster)
    doubt = doubts.among(with_a_part(master, words, roster))
    mixed = [node.name for node in roster.sentinels if node.is_mixed]
    found = outages(words, changes_in(words, mixed, is_timed=doubt is None), mixed)
    described: list[d.Failover] = []
    for index, outage in enumerate(found):
        next_s = next((later.from_s for later in found[index + 1 :] if later.from_s > outage.from_s), math.inf)
        is_wanted = outage.until_s >= wanted.since_s and outage.from_s <= wanted.until_s
        if is_wanted and len(described) < MOST_FAILOVERS:
            described.append(_failover(master, outage, words, of_all, roster, next_s, doubt))
        elif is_wanted and len(described) == MOST_FAILOVERS:
            described[-1].notes.append(
                f"{master} has more than {MOST_FAILOVERS} failovers and outages: --since shows later ones"
            )
            break
    return described


def _failover(
    master: str,
    outage: Outage,
    words: Sequence[Word],
    of_all: Sequence[Word],
    roster: Roster,
    next_s: float,
    doubt: Doubt | None,
) -> d.Failover:
    until_s = max(next_s, end_s(outage))
    near = between(words, outage.from_s - 1, until_s)
    of_all = between(of_all, outage.from_s - BEFORE_S, until_s + BEFORE_S)
    steps = steps_of(outage, near, roster, last_alive_s(words, outage))
    if doubt is not None:
        steps.without_others_times()
    tries = attempts_in([word for word in near if word.said.primary in ("", outage.primary)], of_all, roster)
    change = outage.change
    is_mixed = doubt is not None and doubt.is_mixed
    if is_mixed:
        tries, steps.leader = [], ""
    span = span_of(steps, doubt, is_announced=change is not None)
    new = change.new if change else steps.promoted
    began_s = steps.fault.at_s if steps.fault else outage.from_s
    done_s = steps.marks["announce"].at_s if "announce" in steps.marks else change.first_s if change else None
    won = next((one for one in reversed(tries) if one.sentinel == steps.leader), None)
    return d.Failover(
        master=master,
        outcome=_outcome(outage, steps, tries, doubt),
        doubtful=doubt is not None,
        kind=_kind(outage, steps, doubt),
        old=roster.named(outage.primary),
        new=roster.named(new) if new else "",
        leader=steps.leader,
        epoch=won.epoch if won else None,
        quorum=steps.quorum,
        began=moment(began_s),
        fault=steps.fault_words,
        last_sign=f"{moment(steps.last_sign.at_s)} {shown(steps.last_sign.text)}" if steps.last_sign else "",
        ended=moment(done_s) if done_s is not None else "" if math.isinf(outage.until_s) else moment(outage.until_s),
        total_ms=span.total_ms,
        at_least_ms=span.at_least_ms,
        counted_from=span.counted_from,
        counted_to=span.counted_to,
        not_known=span.not_known,
        phases=[_phase(one) for one in in_order(steps, doubt)],
        attempts=[_attempt(one) for one in tries],
        sentinels=[] if is_mixed else _sentinels(outage, steps, roster),
        replicas={name: moment(at_s) for name, at_s in steps.replicas_s.items()},
        returned=_returned(outage, near, roster, next_s) if change and doubt is None else None,
        notes=notes_on(outage, steps, tries, of_all, near, roster, doubt),
    )


def _kind(outage: Outage, steps: Steps, doubt: Doubt | None) -> str:
    is_known = steps.is_manual or outage.down_s or steps.odown_s
    return "unknown" if doubt is not None or not is_known else "manual" if steps.is_manual else "automatic"


def _phase(one: Took) -> d.Phase:
    return d.Phase(
        name=one.phase,
        at=moment(one.mark.at_s),
        took_ms=None if one.ms is None else round(one.ms, 1),
        node=one.mark.node,
        line=shown(one.mark.text),
    )


def _outcome(outage: Outage, steps: Steps, tries: Sequence[Try], doubt: Doubt | None) -> str:
    if outage.change:
        return "failed over"
    if doubt is not None:
        return "unknown"  # the change of primary may be hours away, by another Sentinel's clock
    if steps.promoted:
        return "unfinished"
    if any(one.outcome == "aborted" for one in tries):
        return "aborted"
    return "recovered" if outage.is_over and outage.is_up_again and not steps.is_elected else "unfinished"


def _attempt(one: Try) -> d.Attempt:
    return d.Attempt(
        sentinel=one.sentinel,
        at=moment(one.at_s),
        epoch=one.epoch,
        votes=one.votes,
        outcome=one.outcome,
        reason=one.reason,
    )


def _sentinels(outage: Outage, steps: Steps, roster: Roster) -> list[d.SentinelPart]:
    switched = outage.change.switched_s if outage.change else {}

    def said(times: Mapping[str, float], name: str) -> str | None:
        return moment(times[name]) if name in times else None

    return [
        d.SentinelPart(
            sentinel=node.name,
            sdown=said(outage.down_s, node.name),
            odown=said(steps.odown_s, node.name),
            switched=said(switched, node.name),
        )
        for node in roster.sentinels
        if node.log
    ]


def _returned(outage: Outage, near: Sequence[Word], roster: Roster, until_s: float) -> d.Return | None:
    """The old primary's way back before the next failover."""
    assert outage.change is not None
    after_s = outage.change.first_s
    node = next((one for one in roster.data if one.address == outage.primary), None)
    log = [one for one in (node.log.happenings if node and node.log else ()) if outage.from_s <= one.unix_s < until_s]
    started = next((one.unix_s for one in log if one.kind == "ready"), None)
    told = [word.at_s for word in near if word.kind == "+convert-to-slave" and word.said.subject == outage.primary]
    told += [one.unix_s for one in log if one.kind in ("reconfigured", "demoted") and one.unix_s >= after_s - 1]
    synced = next(
        (one.unix_s for one in log if one.kind in ("sync-done", "partial-done") and one.unix_s >= after_s - 1), None
    )
    if started is None and not told and synced is None:
        return None
    return d.Return(
        started=moment(started) if started is not None else None,
        converted=moment(min(told)) if told else None,
        synced=moment(synced) if synced is not None else None,
    )
