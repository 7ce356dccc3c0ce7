"""The faults of a trial as spans of time, read from its events, and what each of them separates or stops."""

import math
from dataclasses import dataclass

from jsquared.records.event_types import FaultBit, FaultEvent, FaultHealed, FaultHealing, FaultStarted
from jsquared.records.placement import PlacedNode
from jsquared.records.plan import Plan, PlannedNode
from jsquared.records.run_directory import TrialRecord

HANGING = ("pause", "busy-script", "slow-command")
"""Faults that keep a process from answering for a while, after which it continues as it was."""
STOPPING = (
    "kill",
    "restart",
    "restart-with-delay",
    "restart-empty",
    "new-address",
    "slow-loading",
    "upgrade",
    "failing-bgsave",
    *HANGING,
)
"""Faults that make a process stop answering, or answer nothing but refusals."""


@dataclass
class FaultSpan:
    """One fault as it was injected. Times are None while the event is missing; ``bit`` and ``healed`` are None unless proven or refuted.

    ``sides`` are host names (for a cut), ``links`` what was cut between them
    (all, replication, clients, sentinels, watch or votes), ``port`` the only port cut (0: every port).
    """

    id: str
    name: str
    targets: tuple[str, ...]
    started_ms: float | None = None
    sides: tuple[frozenset[str], ...] = ()
    links: str = "all"
    port: int = 0
    bit: bool | None = None
    evidence: str = ""
    proven_ms: float | None = None
    """When that it bit was measured, which is after it was done."""
    healing_ms: float | None = None
    healed_ms: float | None = None
    healed: bool | None = None
    heal_evidence: str = ""

    @property
    def called(self) -> str:
        """Its id and, where that says more, its name."""
        return self.name if self.id == self.name else f"{self.id} ({self.name})"

    @property
    def start_ms(self) -> float:
        """Return its start, infinity if it never started."""
        return math.inf if self.started_ms is None else self.started_ms

    @property
    def end_ms(self) -> float:
        """Return the proof of its healing, else the start of healing; infinity if it never healed."""
        for at in (self.healed_ms, self.healing_ms):
            if at is not None:
                return at
        return math.inf

    def stops(self, node: PlannedNode) -> bool:
        """True if it stops the node's process."""
        return self.name in STOPPING and (node.name in self.targets or node.host in self.targets)

    def separates(self, one: PlacedNode, other: PlacedNode) -> bool:
        """True if it cuts replication between two data nodes: any direction does, since TCP needs both."""
        passing = self.port not in (0, one.port, other.port)
        return self.links in ("all", "replication") and not passing and self._between(one.host, other.host)

    def blinds(self, node: PlannedNode, sentinels: tuple[PlannedNode, ...]) -> bool:
        """True if it keeps any Sentinel from a data node."""
        return self.links in ("all", "sentinels", "watch") and any(
            self._between(node.host, one.host) for one in sentinels
        )

    def _between(self, one: str, other: str) -> bool:
        where = [{index for index, side in enumerate(self.sides) if host in side} for host in (one, other)]
        return bool(where[0]) and bool(where[1]) and where[0].isdisjoint(where[1])


def fault_spans(record: TrialRecord) -> list[FaultSpan]:
    """Every fault that was planned or injected, planned ones first."""
    spans = {fault.id: FaultSpan(fault.id, fault.name, fault.targets) for fault in record.plan.faults}
    for event in record.of(FaultEvent):
        span = spans.setdefault(event.fault, FaultSpan(event.fault, event.fault, ()))
        match event:
            case FaultStarted():
                _started(span, event, record.plan)
            case FaultBit():
                span.bit, span.evidence, span.proven_ms = event.ok, event.evidence, event.t_ms
            case FaultHealing():
                span.healing_ms = event.t_ms
            case FaultHealed():
                span.healed_ms, span.healed, span.heal_evidence = event.t_ms, event.ok, event.evidence
    return list(spans.values())


def _started(span: FaultSpan, event: FaultStarted, plan: Plan) -> None:
    if span.started_ms is not None:
        return
    span.started_ms = event.t_ms
    span.name = event.name or span.name
    span.targets = event.targets
    span.links = str(event.links or event.parameters.get("links") or "all")
    port = event.parameters.get("port")
    span.port = port if isinstance(port, int) else 0
    if event.sides:
        span.sides = tuple(frozenset(side) for side in event.sides)
    elif span.name == "cut":
        span.sides = _isolated(span.targets, plan)


def _isolated(targets: tuple[str, ...], plan: Plan) -> tuple[frozenset[str], ...]:
    """A cut that names only targets cuts their hosts from all others."""
    hosts = {node.name: node.host for node in plan.nodes} | {client.name: client.host for client in plan.clients}
    inside = frozenset(hosts.get(target, target) for target in targets)
    return (inside, frozenset(hosts.values()) - inside)
