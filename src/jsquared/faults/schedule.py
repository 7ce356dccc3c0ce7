"""The schedule of faults: moments in words, and the conductor that acts on them.

A moment is ``N ms after ANCHOR``. Anchors: ``load`` (clients began to write), ``injection`` (this fault began; for healing),
``recovery`` (it was seen after the last fault, or the limit for that passed), or the id of another fault (it began).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jsquared.errors import BadInputError, JSquaredError
from jsquared.faults.catalogue import complete, fault_named
from jsquared.faults.fault import ActiveFault, Evidence
from jsquared.records.event_types import FaultBit, FaultHealed, FaultHealing, FaultProof, FaultStarted, Phase, Recovery
from jsquared.records.events import EventLog
from jsquared.records.plan import PlannedFault
from jsquared.records.plan import Recovery as RecoveryTest
from jsquared.running.deployment import RunningDeployment
from jsquared.scenario.moments import Moment

TICK_S = 0.005


@dataclass
class _Step:
    planned: PlannedFault
    start: Moment
    heal: Moment
    active: ActiveFault | None = None
    started_s: float | None = None
    finished: bool = False


class Conductor:
    """Injects and heals the faults of a plan at their moments, proving and recording each."""

    def __init__(
        self,
        faults: Sequence[PlannedFault],
        deployment: RunningDeployment,
        events: EventLog,
        *,
        recovered: Callable[[], bool],
        recovery_limit_s: float,
        recovery: RecoveryTest | None = None,
    ) -> None:
        """:param recovered: the test of recovery since the last fault began; asked every few milliseconds.

        :param recovery: what that test proves, for the record.
        """
        self._steps = [_Step(fault, Moment.parse(fault.start), Moment.parse(fault.heal)) for fault in faults]
        self._check_anchors()
        self._deployment = deployment
        self._events = events
        self._recovered = recovered
        self._recovery_limit_s = recovery_limit_s
        self._recovery = recovery
        self._anchors: dict[str, float] = {}

    def _check_anchors(self) -> None:
        """Every anchor must come, or the trial would wait for it forever."""
        begun = self._anchors_that_come()
        for step in self._steps:
            for moment, allowed in ((step.start, begun), (step.heal, begun | {"injection"})):
                if moment.anchor not in allowed:
                    raise BadInputError(
                        f"waits for '{moment.anchor}', which never comes",
                        where=f"fault '{step.planned.id}'",
                        hint=", ".join(sorted(allowed)),
                    )

    def _anchors_that_come(self) -> set[str]:
        come = {"load"}
        before_recovery = {step.planned.id for step in self._steps_before_recovery()}
        for _ in range(len(self._steps) + 1):
            come |= {step.planned.id for step in self._steps if step.start.anchor in come}
            if before_recovery and before_recovery <= come:
                come.add("recovery")
        return come

    def run(self, load_began_s: float) -> None:
        """Play the whole schedule; returns when every fault has healed (or was found not to).

        :param load_began_s: ``time.monotonic()`` when clients began to write.
        """
        self._anchors["load"] = load_began_s
        while not all(step.finished for step in self._steps):
            for step in self._steps:
                self._advance(step)
            self._watch_recovery()
            time.sleep(TICK_S)

    def _advance(self, step: _Step) -> None:
        if step.active is None and not step.finished and self._due(step.start, step):
            self._inject(step)
        elif step.active is not None and not step.finished and self._due(step.heal, step):
            self._heal(step)

    def _due(self, moment: Moment, step: _Step) -> bool:
        anchor_s = step.started_s if moment.anchor == "injection" else self._anchors.get(moment.anchor)
        return anchor_s is not None and time.monotonic() >= anchor_s + moment.after_ms / 1000

    def _inject(self, step: _Step) -> None:
        planned = step.planned
        fault = fault_named(planned.name)
        parameters = complete(fault, planned.parameters)
        if all(other.started_s is None for other in self._steps):
            self._events.add(Phase("break"))
        step.started_s = self._anchors[planned.id] = time.monotonic()
        self._anchors.pop("recovery", None)
        t_ms = self._events.clock.now_ms()
        try:
            step.active = active = fault.inject(self._deployment, planned.targets, parameters)
        except JSquaredError as problem:
            self._refused(step, t_ms, parameters, problem)
            return
        self._events.add(
            FaultStarted(
                planned.id,
                name=planned.name,
                requested=planned.targets,
                targets=tuple(active.targets),
                parameters=dict(parameters),
                t_ms=t_ms,
                **active.details,
            )
        )
        if not active.proven_at_end:
            self._record(FaultBit, planned.id, active.bit)

    def _refused(self, step: _Step, t_ms: float, parameters: Mapping[str, Any], problem: JSquaredError) -> None:
        """A fault that could not be injected did not bite, and what depends on it goes on: the trial is inconclusive, and not lost."""
        planned = step.planned
        step.finished = True
        self._events.add(
            FaultStarted(
                planned.id, name=planned.name, requested=planned.targets, parameters=dict(parameters), t_ms=t_ms
            )
        )
        self._events.add(FaultBit(planned.id, ok=False, evidence=f"could not be injected: {problem}"))
        self._events.add(FaultHealing(planned.id))
        self._events.add(FaultHealed(planned.id, ok=True, evidence="there was nothing to undo"))

    def _heal(self, step: _Step) -> None:
        assert step.active is not None
        planned, active = step.planned, step.active
        if active.proven_at_end:
            self._record(FaultBit, planned.id, active.bit)
        self._events.add(FaultHealing(planned.id))
        step.finished = True
        try:
            active.heal()
        except JSquaredError as problem:
            self._events.add(FaultHealed(planned.id, ok=False, evidence=str(problem)))
            return
        self._record(FaultHealed, planned.id, active.healed)

    def _record(self, kind: type[FaultProof], fault: str, prove: Callable[[], Evidence]) -> None:
        t_ms = self._events.clock.now_ms()
        try:
            evidence = prove()
        except JSquaredError as problem:
            evidence = Evidence(False, f"could not be measured: {problem}")
        self._events.add(kind(fault, ok=evidence.ok, evidence=evidence.sentence, t_ms=t_ms))

    def _watch_recovery(self) -> None:
        started = [step.started_s for step in self._steps if step.started_s is not None]
        if "recovery" in self._anchors or len(started) < len(self._steps_before_recovery()) or not started:
            return
        now = time.monotonic()
        if self._recovered():
            self._anchors["recovery"] = now
            self._events.add(Recovery(ok=True, test=self._recovery))
        elif now - max(started) > self._recovery_limit_s:
            self._anchors["recovery"] = now
            waited_ms = round(self._recovery_limit_s * 1000)
            self._events.add(Recovery(ok=False, waited_ms=waited_ms, test=self._recovery))

    def _steps_before_recovery(self) -> list[_Step]:
        """Those that begin without it; what hangs on a fault that begins after it, begins after it too."""
        late: set[str] = set()
        for _ in self._steps:
            late |= {step.planned.id for step in self._steps if step.start.anchor in late | {"recovery"}}
        return [step for step in self._steps if step.planned.id not in late]
