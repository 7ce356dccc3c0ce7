"""Hand-written trials: a small language for records, to try checkers and reports on histories that one wants to see.

Times are milliseconds on the trial's clock. Every acknowledged write is found on every data node unless :meth:`Story.missing` takes
it away; a record without :meth:`Story.finish` is that of a run which was killed. A primary's crash with one lost write::

    story = Story(objectives=[objective("lost_writes", 0, "writes")])
    story.load(0)
    story.writes("client-1", "redis-n1", 0, 2000)
    story.fault("crash", "kill", ["redis-n1"], start_ms=2000, heal_ms=6000)
    story.failover("redis-n1", "redis-n2", sdown_ms=3500)
    story.writes("client-1", "redis-n2", 5000, 8000)
    story.missing(1990, 1992)
    story.finish("redis-n2", settle_ms=6000, end_ms=8000)
    verdict = judge(story.record())
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jsquared.clock import TrialClock
from jsquared.records import history as h
from jsquared.records.contents import Contents, Entry
from jsquared.records.event import Event
from jsquared.records.event_types import (
    AgreementChanged,
    ClockZero,
    ContentsRead,
    Converged,
    DatasetRead,
    FaultBit,
    FaultHealed,
    FaultHealing,
    FaultStarted,
    Phase,
    ProcessChanged,
    RoleChanged,
    SentinelEvent,
)
from jsquared.records.events import EventLog
from jsquared.records.models.kept_replies import Reply, kept
from jsquared.records.operations import Operations, write_parquet
from jsquared.records.placement import Placement, as_planned
from jsquared.records.plan import (
    Ack,
    Engine,
    Plan,
    PlannedClient,
    PlannedFault,
    PlannedFloating,
    PlannedNode,
    PlannedObjective,
    Workload,
)
from jsquared.records.run_directory import RunDirectory, TrialRecord
from support.record_history import Finding, StoryHistory
from support.record_operations import StoryOperations, unique_contents
from support.record_plan import objective, story_clients, story_nodes

__all__ = ["ZERO", "Story", "objective"]

ENGINE = Engine(name="valkey", version="9.1.2")
ZERO = TrialClock(1_000_000_000_000, 1_750_000_000_000_000_000)


class Story:
    """One hand-written trial. Hosts are ``n1`` … with ``redis-nX`` and ``sentinel-nX`` on each; clients ``client-1`` … on ``c1`` …

    ``apart`` puts the Sentinels on hosts ``s1`` … of their own. ``redis-n1`` is the primary by plan. ``more`` holds further fields
    of :class:`~jsquared.records.plan.Plan` and of :class:`~jsquared.records.placement.Placement`.
    """

    def __init__(
        self,
        *,
        hosts: int = 3,
        clients: int = 1,
        ack: str = "async",
        apart: bool = False,
        objectives: Iterable[PlannedObjective] = (),
        **more: Any,
    ) -> None:
        self._hosts, self._clients, self._ack, self._apart = hosts, clients, Ack.parse(ack), apart
        self._objectives = tuple(objectives)
        self._more = more
        self._faults: list[PlannedFault] = []
        self._events: list[Event] = [
            ClockZero(zero_monotonic_ns=ZERO.zero_monotonic_ns, zero_unix_ns=ZERO.zero_unix_ns, t_ms=0.0)
        ]
        self._history = StoryHistory()
        self._modelled = StoryOperations()
        self._read: tuple[str, ...] = ()
        self._final: tuple[str, float] | None = None

    # -- events

    def event(self, event: Event) -> None:
        """Any event at all."""
        self._events.append(event)

    def phase(self, at_ms: float, phase: str) -> None:
        """A phase begins."""
        self.event(Phase(phase, t_ms=at_ms))

    def load(self, at_ms: float = 0.0) -> None:
        """Stand-up converged and clients begin to write."""
        self.phase(at_ms, "stand-up")
        self.event(Converged(stage="stand-up", ok=True, detail="", t_ms=at_ms))
        self.phase(at_ms, "load")

    def fault(
        self,
        id: str,  # noqa: A002 -- the plan's own word
        name: str,
        targets: Sequence[str],
        *,
        start_ms: float | None,
        heal_ms: float | None,
        bit: bool | None = True,
        healed: bool | None = True,
        **details: Any,
    ) -> None:
        """A planned fault with its events; None leaves an event out. A cut's ``details`` are ``sides``, ``links``, ``direction``."""
        self._faults.append(PlannedFault(id=id, name=name, targets=tuple(targets), start="", heal=""))
        if start_ms is None:
            return
        self.event(FaultStarted(id, name=name, targets=tuple(targets), **details, t_ms=start_ms))
        if bit is not None:
            self.event(FaultBit(id, ok=bit, evidence="probed", t_ms=start_ms + 20))
        if heal_ms is not None:
            self.event(FaultHealing(id, t_ms=heal_ms))
            if healed is not None:
                self.event(FaultHealed(id, ok=healed, evidence="probed again", t_ms=heal_ms + 10))

    def restart(self, node: str, exited_ms: float, started_ms: float) -> None:
        """A node's process goes away and comes back."""
        self.event(ProcessChanged(state="exited", pid=10, reason="fault", source=node, t_ms=exited_ms))
        self.event(ProcessChanged(state="started", pid=11, reason="fault", source=node, t_ms=started_ms))

    def role(self, at_ms: float, node: str, role: str, *, link: str = "", of: str = "", offset: int = 0) -> None:
        """A data node's view of itself changes."""
        self.event(RoleChanged(role=role, link=link, of=of, run_id="f" * 40, offset=offset, source=node, t_ms=at_ms))

    def sentinel(self, at_ms: float, sentinel: str, event: str, payload: str = "", via: str = "log") -> None:
        """One Sentinel's event."""
        self.event(SentinelEvent(event=event, payload=payload, via=via, source=sentinel, t_ms=at_ms))

    def failover(
        self,
        old: str,
        new: str,
        *,
        sdown_ms: float,
        leader: int = 1,
        steps_ms: Sequence[float] = (50, 60, 300, 700, 800),
    ) -> None:
        """A whole failover as a log shows it: every Sentinel's ``+sdown`` 10 ms apart, then, each after the first of those, the leader's
        ``+odown``, ``+elected-leader``, ``+promoted-slave``, the observers' ``+switch-master`` and the leader's."""
        names = [node.name for node in self.plan().sentinels()]
        chief = names[leader - 1]
        primary, replica, master = self._at(old), self._at(new), self.plan().node(old).master_name
        for number, name in enumerate(names):
            self.sentinel(sdown_ms + 10 * number, name, "+sdown", f"master {master} {primary}")
        odown, elected, promoted, observed, ended = (sdown_ms + step for step in steps_ms)
        self.sentinel(odown, chief, "+odown", f"master {master} {primary} #quorum 2/2")
        self.sentinel(elected, chief, "+elected-leader", f"master {master} {primary}")
        self.sentinel(
            promoted, chief, "+promoted-slave", f"slave {replica.replace(' ', ':')} {replica} @ {master} {primary}"
        )
        self.role(promoted, new, "primary")
        for name in names:
            at_ms = ended if name == chief else observed
            self.sentinel(at_ms, name, "+switch-master", f"{master} {primary} {replica}")
        if master == self.plan().data_nodes()[0].master_name:
            self.event(AgreementChanged(primary=new, votes=dict.fromkeys(names, new), t_ms=observed + 1))

    def _at(self, node: str) -> str:
        placed = self.placement().node(node)
        return f"{placed.address} {placed.port}"

    # -- operations

    def writes(
        self,
        client: str,
        node: str,
        from_ms: float,
        until_ms: float,
        *,
        every_ms: float = 2.0,
        outcome: int = h.OK,
        error: str = "",
        latency_ms: float = 1.0,
        replicas: int | None = None,
        found: int | None = None,
    ) -> None:
        """Writes intended from ``from_ms`` until just before ``until_ms``; ``node`` empty for none that was reached.

        ``found`` is what the read-back sees on every node: by default PRESENT for acknowledged ones, else ABSENT.
        """
        numbers = [planned.name for planned in self.plan().data_nodes()]
        self._history.add(
            client,
            np.arange(from_ms, until_ms, every_ms),
            outcome=outcome,
            error=h.ERROR_CODES[error],
            node=numbers.index(node) if node else h.NO_NODE,
            latency_ms=latency_ms,
            replicas=self._ack.replicas if replicas is None else replicas,
            found=found,
        )

    def gives(
        self,
        client: str,
        node: str,
        from_ms: float,
        until_ms: float,
        *,
        every_ms: float = 10.0,
        outcome: int = h.OK,
        error: str = "",
        applied: bool | None = None,
    ) -> None:
        """Operations with a model, given from ``from_ms`` until just before ``until_ms``.

        ``applied`` says whether the nodes hold what they do: by default acknowledged ones are, and no others.
        """
        numbers = [planned.name for planned in self.plan().data_nodes()]
        clients = [planned.name for planned in self.plan().clients]
        self._modelled.add(
            clients.index(client),
            np.arange(from_ms, until_ms, every_ms),
            outcome=outcome,
            error=h.ERROR_CODES[error],
            node=numbers.index(node) if node else h.NO_NODE,
            applied=outcome == h.OK if applied is None else applied,
        )

    def replied(self, client: str, slot: int, *replies: Reply) -> None:
        """What was said to an acknowledged operation, a reply a command without GET, whatever its keys held."""
        clients = [planned.name for planned in self.plan().clients]
        self._modelled.replied[clients.index(client), slot] = kept(
            [one.decode() if isinstance(one, bytes) else one for one in replies]
        )

    def holds(self, node: str, key: bytes, entry: Entry | None, *, database: int = 0) -> None:
        """What a node holds of a key at the end, whatever was given; None for nothing."""
        self._modelled.changed[node, database, key] = entry

    def held(self, key: bytes, *, database: int = 0) -> Entry | None:
        """What every node holds of a key where nothing is changed."""
        return self._modelled.applied().get((database, key))

    def missing(
        self,
        from_ms: float,
        until_ms: float,
        *,
        client: str = "",
        nodes: Sequence[str] = (),
        found: int = h.ABSENT,
    ) -> None:
        """Writes intended in that time are found otherwise (absent) on these nodes (all), of one client or of all."""
        self._history.findings.append(Finding(from_ms, until_ms, found, tuple(nodes), client))

    # -- the end

    def finish(
        self,
        primary: str,
        *,
        settle_ms: float,
        end_ms: float,
        converged: str | None = "",
        converged_ms: float | None = None,
        read: Sequence[str] | None = None,
        done: bool = True,
    ) -> None:
        """Settle, end the load, read back and be done. ``converged`` says what was not one (None: nobody looked);
        ``read`` names the nodes that were read back (all)."""
        self.phase(settle_ms, "settle")
        if converged is not None:
            at_ms = end_ms if converged_ms is None else converged_ms
            self.event(Converged(stage="settle", ok=not converged, detail=converged, t_ms=at_ms))
        self.phase(end_ms, "load-end")
        self.phase(end_ms + 1, "read-back")
        self._read = tuple(read) if read is not None else tuple(node.name for node in self.plan().data_nodes())
        self._final = (primary, end_ms + 100)
        if done:
            self.phase(end_ms + 200, "done")

    def plan(self) -> Plan:
        """The plan as told so far."""
        placement = self.placement()
        fields = {name: value for name, value in self._more.items() if name in Plan.__struct_fields__}
        return Plan(
            **{
                "jsquared": "0.1.0",
                "scenario": "story",
                "title": "A hand-written trial",
                "seed": 1,
                "deployment": "hand-written",
                "engine": ENGINE,
                "sandbox": "namespaces",
                "ack": self._ack,
                "quorum": self._hosts // 2 + 1,
                "down_after_ms": 1000,
                "failover_timeout_ms": 6000,
                "faults": tuple(self._faults),
                "objectives": self._objectives,
                "workload": Workload(),
                **fields,
                "nodes": tuple(as_planned(PlannedNode, node) for node in placement.nodes),
                "clients": tuple(as_planned(PlannedClient, client) for client in placement.clients),
                "floating": tuple(as_planned(PlannedFloating, one) for one in placement.floating),
            }
        )

    def placement(self) -> Placement:
        """Where its nodes and clients are."""
        fields = {name: value for name, value in self._more.items() if name in Placement.__struct_fields__}
        nodes = fields.pop("nodes", story_nodes(self._hosts, apart=self._apart))
        clients = story_clients(self._clients, nodes)
        return Placement(**{"engine": ENGINE, "clients": clients, **fields, "nodes": nodes})

    def operations(self) -> Operations:
        """The history as told so far, sorted by client and intended time."""
        return self._history.operations([client.name for client in self.plan().clients], self._read)

    def record(self, path: Path = Path("story")) -> TrialRecord:
        """The record that checkers get; nothing is written (``path`` is only named)."""
        operations = self.operations()
        contents = self._contents(operations)
        events = sorted([*self._events, *self._dataset(operations, contents)], key=lambda event: event.t_ms)
        modelled = self._modelled.operations()
        return TrialRecord(self.plan(), self.placement(), events, operations, ZERO, path, modelled, contents)

    def _contents(self, operations: Operations) -> dict[str, Contents]:
        """What the nodes held that were read back; nothing where no operation with a model was given."""
        if self._final is None or not self._modelled.blocks:
            return {}
        value_bytes, applied = self.plan().workload.value_bytes, self._modelled.applied()
        return {
            node: self._modelled.contents(node, unique_contents(operations, node, value_bytes), applied)
            for node in self._read
        }

    def _dataset(self, operations: Operations, read: dict[str, Contents]) -> list[Event]:
        if self._final is None:
            return []
        primary, at_ms = self._final
        contents: list[Event] = [
            ContentsRead(keys=len(held), attached=True, source=node, t_ms=at_ms) for node, held in read.items()
        ]
        datasets = [
            DatasetRead(keys=int((found != h.ABSENT).sum()), primary=node == primary, source=node, t_ms=at_ms)
            for node, found in operations.found.items()
        ]
        return [*datasets, *contents]

    def write(self, folder: Path) -> RunDirectory:
        """Write the record as a run folder (it must not exist) without a verdict.

        :raises RecordError: it cannot be written.
        """
        record = self.record(folder)
        run = RunDirectory.create(folder, record.plan)
        run.write_placement(record.plan, record.placement)
        log = EventLog(run.events_file, ZERO)
        for event in record.events:
            if not isinstance(event, ClockZero):
                log.add(event)
        log.close()
        write_parquet(record.operations, run.parquet_file)
        if len(record.modelled):
            write_parquet(record.modelled, run.modelled_parquet_file)
        for node, contents in record.contents.items():
            run.write_contents(node, contents)
        return run
