"""One fault from its injection to its healing: each step done, proven and recorded."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from jsquared.errors import JSquaredError
from jsquared.faults.catalogue import complete, fault_named
from jsquared.faults.fault import ActiveFault, Evidence
from jsquared.records.event_types import FaultBit, FaultHealed, FaultHealing, FaultProof, FaultStarted
from jsquared.records.events import EventLog
from jsquared.records.plan import PlannedFault
from jsquared.running.deployment import RunningDeployment


class Injection:
    """A planned fault in a running deployment. ``bit`` and ``healed`` are None until they were measured."""

    def __init__(self, planned: PlannedFault, deployment: RunningDeployment, events: EventLog) -> None:
        self.planned = planned
        self.active: ActiveFault | None = None
        self.started_s: float | None = None
        """``time.monotonic()`` when it began."""
        self.is_over = False
        """It was healed, or could not be injected."""
        self.bit: Evidence | None = None
        self.healed: Evidence | None = None
        self._deployment = deployment
        self._events = events
        self._began_ms = 0.0

    def begin(self) -> None:
        """Inject it, and prove that it bit unless that is proven at its end.

        :raises JSquaredError: it could not be injected, of which nothing is recorded; see :meth:`record_refusal`.
        """
        planned = self.planned
        parameters = self._parameters()
        self.started_s = time.monotonic()
        self._began_ms = self._events.clock.now_ms()
        self.active = active = fault_named(planned.name).inject(self._deployment, planned.targets, parameters)
        self._events.add(
            FaultStarted(
                planned.id,
                name=planned.name,
                requested=planned.targets,
                targets=tuple(active.targets),
                parameters=dict(parameters),
                t_ms=self._began_ms,
                **active.details,
            )
        )
        if not active.proven_at_end:
            self.bit = self._record(FaultBit, active.bit)

    def record_refusal(self, problem: JSquaredError) -> None:
        """Record a fault that could not be injected: it did not bite, and what depends on it goes on."""
        planned = self.planned
        self.is_over = True
        self._events.add(
            FaultStarted(
                planned.id,
                name=planned.name,
                requested=planned.targets,
                parameters=dict(self._parameters()),
                t_ms=self._began_ms,
            )
        )
        self._events.add(FaultBit(planned.id, ok=False, evidence=f"could not be injected: {problem}"))
        self._events.add(FaultHealing(planned.id))
        self._events.add(FaultHealed(planned.id, ok=True, evidence="there was nothing to undo"))

    def heal(self) -> None:
        """Undo it and prove that; that it bit is proven first where that is not known yet. A second call does nothing."""
        if self.is_over:
            return
        assert self.active is not None
        planned, active = self.planned, self.active
        if active.proven_at_end:
            self.bit = self._record(FaultBit, active.bit)
        self._events.add(FaultHealing(planned.id))
        self.is_over = True
        try:
            active.heal()
        except JSquaredError as problem:
            self.healed = Evidence(False, str(problem))
            self._events.add(FaultHealed(planned.id, ok=False, evidence=str(problem)))
            return
        self.healed = self._record(FaultHealed, active.healed)

    def _parameters(self) -> Mapping[str, Any]:
        return complete(fault_named(self.planned.name), self.planned.parameters)

    def _record(self, kind: type[FaultProof], prove: Callable[[], Evidence]) -> Evidence:
        t_ms = self._events.clock.now_ms()
        try:
            evidence = prove()
        except JSquaredError as problem:
            evidence = Evidence(False, f"could not be measured: {problem}")
        self._events.add(kind(self.planned.id, ok=evidence.ok, evidence=evidence.sentence, t_ms=t_ms))
        return evidence
