"""The picture of a trial's topology: who is on which side, who led before and after, and where acknowledged writes went.

A pure function of the records, so that it can be drawn for a run folder of any age: :func:`picture_of` returns a small model, and
``picture_svg.py`` draws it. Three moments matter: just before the first fault, the promotion of another primary, and just before the
faults are undone, when everything that they did can be seen. That last one is the moment that is drawn.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from jsquared.records.event_types import (
    AgreementChanged,
    FaultBit,
    FaultEvent,
    FaultHealed,
    FaultHealing,
    FaultStarted,
    Phase,
)
from jsquared.records.plan import PlannedNode
from jsquared.records.run_directory import TrialRecord
from jsquared.records.verdict import TrialVerdict, TwoPrimaries
from jsquared.report.lanes import data_changes, state_at
from jsquared.report.picture_sentinels import Watcher, watchers
from jsquared.report.picture_writes import Arrow, Period, arrows, refused_by, writes_by_node
from jsquared.text import duration, listed, seconds

IMPAIRED = ("delay", "loss", "bandwidth", "duplicate")
"""Faults of links that let packets through, if late or not all."""


@dataclass(frozen=True)
class DataNode:
    """A data node: its state (``primary``, ``replica``, ``detached``, ``down``, ``paused``, ``starting`` or empty) before the first fault
    and at the moment that is drawn, and its writes in each period of the picture, ``(acknowledged, lost)``.
    """

    name: str
    before: str
    after: str
    writes: tuple[tuple[int, int], ...] = ()
    refused: tuple[int, str] | None = None
    """How many writes it refused in the main period, and with which error (the most frequent one)."""
    master: str = ""
    """The monitored primary that it belongs to, where there are several."""
    own: bool = True
    """False for a data node of another monitored primary than the trial's."""
    faults: tuple[str, ...] = ()

    @property
    def lost(self) -> int:
        """Return how many of its acknowledged writes are lost."""
        return sum(lost for _, lost in self.writes)


@dataclass(frozen=True)
class Writer:
    """A client, and whether a fault was about it."""

    name: str
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Host:
    """A host with all that runs on it."""

    name: str
    data: tuple[DataNode, ...] = ()
    sentinels: tuple[Watcher, ...] = ()
    clients: tuple[Writer, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Side:
    """Hosts that a cut leaves together; all of them where nothing was cut. ``primaries`` are those of the trial's own data nodes."""

    hosts: tuple[Host, ...]
    primaries: tuple[str, ...] = ()
    apart: bool = True
    """False for hosts that the cut does not concern."""


@dataclass(frozen=True)
class Border:
    """The line that separates the first two sides: in words, and whether packets are only late or lost in part."""

    words: str
    impaired: bool = False


@dataclass(frozen=True)
class Picture:
    """Everything that is drawn, and the sentences that say the same. Times are ms on the trial's clock."""

    sides: tuple[Side, ...]
    border: Border | None
    arrows: tuple[Arrow, ...]
    periods: tuple[Period, ...]
    main: int
    """The number of the period that arrows and refusals are about."""
    headline: str
    sentences: tuple[str, ...]
    split_brain: bool
    """Two nodes were primary at the moment that is drawn."""
    harmful: bool
    """And writes are lost by it."""

    @property
    def hosts(self) -> tuple[Host, ...]:
        """Every host."""
        return tuple(host for side in self.sides for host in side.hosts)

    @property
    def data(self) -> tuple[DataNode, ...]:
        """Every data node of the trial's own primary, in the order of the sides."""
        return tuple(node for host in self.hosts for node in host.data if node.own)

    @property
    def busy(self) -> tuple[DataNode, ...]:
        """The data nodes that acknowledged a write."""
        return tuple(node for node in self.data if any(acknowledged for acknowledged, _ in node.writes))


@dataclass(frozen=True)
class _Moments:
    """The moments of the first fault (None: there was none), of the promotion (None: there was none), and of what is drawn."""

    fault_ms: float | None
    promoted_ms: float | None
    drawn_ms: float
    until_ms: float
    """Until when the state that is drawn lasted: beyond the undo where two primaries outlived it."""


def picture_of(record: TrialRecord, verdict: TrialVerdict) -> Picture | None:
    """The picture of a trial, None of a static check, for which nothing ran."""
    if record.plan.rules:
        return None
    moments = _moments(record, verdict)
    before, after = _agreed(record, moments.fault_ms), _agreed(record, moments.drawn_ms)
    promoted = after if moments.promoted_ms is not None else ""
    periods, main = _periods(moments, promoted, _double(verdict, moments))
    hosts = _hosts(record, verdict, moments, periods, periods[main])
    border, groups = _border(record, moments, {host.name for host in hosts})
    sides = _sides(hosts, groups, before)
    double = _double(verdict, moments)
    return Picture(
        sides=sides,
        border=border,
        arrows=arrows(record, periods[0], periods[main]) if moments.fault_ms is not None else (),
        periods=periods,
        main=main,
        headline=_headline(verdict, moments, before, after),
        sentences=tuple(_sentences(verdict, moments, hosts, border)),
        split_brain=double,
        harmful=double and any(one.lost for one in verdict.two_primaries),
    )


def _moments(record: TrialRecord, verdict: TrialVerdict) -> _Moments:
    end_ms = record.events[-1].t_ms if record.events else 0.0
    starts = [event.t_ms for event in record.of(FaultStarted)]
    marks = verdict.phase_marks_ms
    promoted = marks.get("promote") if verdict.failover_ms is not None or "announce" in marks else None
    settled = min((event.t_ms for event in record.of(Phase) if event.phase in ("settle", "load-end")), default=end_ms)
    if not starts:
        return _Moments(None, None, settled, settled)
    after_ms = marks.get("announce", max(starts)) if promoted is not None else max(starts)
    healings = [event.t_ms for event in record.of(FaultEvent) if isinstance(event, FaultHealing | FaultHealed)]
    drawn = min((at for at in healings if at > after_ms), default=max(settled, after_ms))
    drawn = max(drawn, *_bitten(record, after_ms))
    overlaps = [one.until_ms for one in verdict.two_primaries if one.from_ms < drawn < one.until_ms]
    return _Moments(min(starts), promoted, drawn, max([drawn, *overlaps]))


def _bitten(record: TrialRecord, after_ms: float) -> tuple[float, float]:
    """Proofs that faults bit: not before them can their effect be seen."""
    proofs = [event.t_ms for event in record.of(FaultBit) if event.t_ms > after_ms]
    return (0.0, min(proofs, default=0.0))


def _double(verdict: TrialVerdict, moments: _Moments) -> bool:
    """True if two nodes were primary at the moment that is drawn."""
    return any(one.from_ms < moments.drawn_ms < one.until_ms for one in verdict.two_primaries)


def _agreed(record: TrialRecord, at_ms: float | None) -> str:
    """The primary that the Sentinels agreed on last before a moment; the planned one where no one had asked them."""
    said = [event.primary for event in record.of(AgreementChanged) if at_ms is None or event.t_ms < at_ms]
    planned = next((node.name for node in record.plan.data_nodes() if node.initial_primary), "")
    return next((name for name in reversed(said) if name), planned)


def _periods(moments: _Moments, promoted: str, double: bool) -> tuple[tuple[Period, ...], int]:
    """The periods that writes are counted in, and the number of the one that is drawn."""
    if moments.fault_ms is None:
        return (Period("in the whole trial", 0.0, None),), 0
    edges: list[tuple[str, float]] = [("before the fault", 0.0)]
    undone = "until the faults were undone" if not double else "while two nodes were primary"
    if moments.promoted_ms is not None and moments.fault_ms < moments.promoted_ms < moments.until_ms:
        edges += [(f"until {promoted} was promoted", moments.fault_ms), (undone, moments.promoted_ms)]
    else:
        edges += [(undone if double else "while the fault lasted", moments.fault_ms)]
    edges += [("afterwards", moments.until_ms)]
    spans = [Period(name, start, end) for (name, start), (_, end) in pairwise(edges)]
    return (*spans, Period(*edges[-1], None)), len(spans) - 1


def _hosts(
    record: TrialRecord, verdict: TrialVerdict, moments: _Moments, periods: tuple[Period, ...], main: Period
) -> list[Host]:
    plan = record.plan
    tags = _tags(record, moments)
    counts = writes_by_node(record, verdict, periods)
    own = {node.name for node in plan.data_nodes()}
    watching = watchers(record, moments.fault_ms, moments.drawn_ms, tags)
    names = dict.fromkeys([*(node.host for node in plan.nodes), *(client.host for client in plan.clients)])

    def node_of(node: PlannedNode) -> DataNode:
        changes = data_changes(record, node)
        start = "primary" if node.initial_primary else "replica"
        fault_ms = moments.drawn_ms if moments.fault_ms is None else moments.fault_ms
        before = state_at(changes, fault_ms) or start
        return DataNode(
            name=node.name,
            before=before,
            after=state_at(changes, moments.drawn_ms) or before,
            writes=counts.get(node.name, ()),
            refused=refused_by(record, node.name, main),
            master=node.master_name if len(plan.master_names) > 1 else "",
            own=node.name in own,
            faults=tags.get(node.name, ()),
        )

    return [
        Host(
            name=name,
            data=tuple(node_of(node) for node in plan.all_data_nodes() if node.host == name),
            sentinels=tuple(one for one in watching if plan.node(one.name).host == name),
            clients=tuple(Writer(one.name, tags.get(one.name, ())) for one in plan.clients if one.host == name),
            faults=tags.get(name, ()),
        )
        for name in names
    ]


def _tags(record: TrialRecord, moments: _Moments) -> dict[str, tuple[str, ...]]:
    """The faults of each host, node and client until the moment that is drawn, cuts and impairments aside: those are the border."""
    tags: dict[str, tuple[str, ...]] = {}
    for event in record.of(FaultStarted):
        if event.t_ms > moments.drawn_ms or _sides_of(event):
            continue
        for target in event.targets:
            tags[target] = tuple(dict.fromkeys([*tags.get(target, ()), event.name or event.fault]))
    return tags


def _sides_of(event: FaultStarted) -> list[list[str]]:
    """The hosts on each side of a cut or an impairment, empty of any other fault."""
    sides: Any = event.sides or (event.between if event.name in IMPAIRED else None)
    if not isinstance(sides, list | tuple):
        return []
    return [[str(host) for host in side] for side in sides if isinstance(side, list | tuple)]


def _border(record: TrialRecord, moments: _Moments, known: set[str]) -> tuple[Border | None, list[list[str]]]:
    """The border of the first cut (else impairment) until the moment that is drawn, with the hosts on each side of it."""
    found = [event for event in record.of(FaultStarted) if event.t_ms <= moments.drawn_ms and _sides_of(event)]
    found.sort(key=lambda event: event.sides is None)
    if not found:
        return None, []
    event, sides = found[0], _sides_of(found[0])
    impaired = event.sides is None
    if len(sides) != 2 or not all(known & set(side) for side in sides):
        return Border(f"{event.name} between any two hosts", impaired=True), []
    return Border(_border_words(event, impaired=impaired), impaired), sides


_KINDS = {
    "replication": "replication",
    "clients": "traffic of clients",
    "sentinels": "traffic of Sentinels",
    "watch": "the Sentinels' view of data nodes",
    "votes": "traffic between Sentinels",
}


def _border_words(event: FaultStarted, *, impaired: bool) -> str:
    kind = _KINDS.get(event.links or "", "")
    what = f"only {kind}" if kind else "all links"
    verb = event.name if impaired else "cut"
    one_way = event.direction if event.direction not in (None, "", "both") else ""
    way = {"outbound": ", only packets from", "inbound": ", only packets to"}.get(one_way, "")
    return f"{what} {verb}{f'{way} {listed(event.targets)}' if way else ''}"


def _sides(hosts: list[Host], groups: list[list[str]], before: str) -> tuple[Side, ...]:
    """The old primary's side first; hosts that the cut does not name come last."""
    if not groups:
        return (Side(tuple(hosts)),)
    parts = [[host for host in hosts if host.name in group] for group in groups]
    parts.sort(key=lambda part: all(node.name != before for host in part for node in host.data))
    named = {host.name for part in parts for host in part}
    rest = tuple(host for host in hosts if host.name not in named)
    sides = [Side(tuple(part), _primaries(part)) for part in parts]
    return (*sides, *([Side(rest, _primaries(rest), apart=False)] if rest else []))


def _primaries(hosts: Any) -> tuple[str, ...]:
    return tuple(node.name for host in hosts for node in host.data if node.own and node.after == "primary")


def _headline(verdict: TrialVerdict, moments: _Moments, before: str, after: str) -> str:
    double = next((one for one in verdict.two_primaries if one.from_ms < moments.drawn_ms < one.until_ms), None)
    if double:
        return _of_two(double)
    if moments.fault_ms is None:
        return f"Nothing was broken; {before} was the primary." if before else "Nothing was broken."
    if moments.promoted_ms is not None and after:
        took = duration(moments.promoted_ms - moments.fault_ms)
        promoted = f"{before or 'No one'} led before the fault; {after} was promoted {took} after it."
        return promoted if after != before else f"{after} is the primary again at {seconds(moments.drawn_ms)}."
    stayed = f"{before} was the primary before the fault, and the Sentinels promoted no one else."
    return stayed if before else "No primary is known."


def _of_two(one: TwoPrimaries) -> str:
    took = duration(one.until_ms - one.from_ms)
    if one.lost:
        return f"Two primaries: {one.node} stayed primary beside {one.beside} for {took}, and what it acknowledged is lost."
    kept = f"what {one.node} acknowledged was kept" if one.acknowledged else f"{one.node} acknowledged nothing"
    came_of_it = kept if one.lost == 0 else "it is unknown whether anything was lost"
    return f"{one.beside} was promoted while {one.node} stayed primary for {took} more; {came_of_it}."


def _sentences(verdict: TrialVerdict, moments: _Moments, hosts: list[Host], border: Border | None) -> list[str]:
    """Say what the picture shows, for those who do not see it, and what it leaves out."""
    seen = [watcher for host in hosts for watcher in host.sentinels]
    said = []
    if moments.fault_ms is not None:
        said.append(
            f"The picture shows {seconds(moments.drawn_ms)}, the first fault began at {seconds(moments.fault_ms)}."
        )
        said += [f"Between the sides: {border.words}."] if border else []
        doubted = [one.name for one in seen if one.doubted]
        led = [one.name for one in seen if one.led]
        agreed = f"{len(doubted)} of {len(seen)} Sentinels considered the primary down ({listed(doubted)})"
        said.append(
            f"{agreed if doubted else 'No Sentinel considered the primary down'}{f'; {listed(led)} led the failover' if led else ''}."
        )
    said += [f"{one.name} gave up a failover: {one.reason}." for one in seen if one.reason]
    said += [f"{one.explanation}." for one in verdict.two_primaries]
    return said
