"""The schedule of faults: moments in words, and the conductor that acts on them.

A moment is ``N ms after ANCHOR``. Anchors: ``load`` (clients began to write), ``injection`` (this fault began; for healing),
``recovery`` (it was seen after the last fault, or the limit for that passed), or the id of another fault (it began).
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jsquared.errors import BadInputError, JSquaredError
from jsquared.faults.injection import Injection
from jsquared.records.event_types import Phase, Recovery
from jsquared.records.events import EventLog
from jsquared.records.plan import PlannedFault
from jsquared.records.plan import Recovery as RecoveryTest
from jsquared.running.deployment import RunningDeployment
from jsquared.scenario.moments import Moment

TICK_S = 0.02
"""So often it is asked whether the deployment has recovered, and whether a fault has ended by itself. Due moments are not waited past."""
LEAST_PAUSE_S = 0.002


@dataclass
class _Step:
    planned: PlannedFault
    start: Moment
    heal: Moment
    injection: Injection

    @property
    def started_s(self) -> float | None:
        return self.injection.started_s

    @property
    def finished(self) -> bool:
        return self.injection.is_over


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
        """:param recovered: the test of recovery since the last fault began; asked fifty times a second.

        :param recovery: what that test proves, for the record.
        """
        self._steps = [
            _Step(fault, Moment.parse(fault.start), Moment.parse(fault.heal), Injection(fault, deployment, events))
            for fault in faults
        ]
        self._check_anchors()
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
            time.sleep(self._pause_s())

    def _pause_s(self) -> float:
        """Return the time in which nothing is due, at most a tick: a wake-up costs more than the look that it is for."""
        now = time.monotonic()
        due = [at_s - now for step in self._steps if (at_s := self._next_s(step)) is not None]
        return min(TICK_S, max(LEAST_PAUSE_S, min(due, default=TICK_S)))

    def _next_s(self, step: _Step) -> float | None:
        """Return when a step begins or heals next; None for one that is over, or hangs on what has not come yet."""
        if step.finished:
            return None
        return self._moment_s(step.start if step.started_s is None else step.heal, step)

    def _advance(self, step: _Step) -> None:
        if step.started_s is None and self._due(step.start, step):
            self._inject(step)
        elif step.started_s is not None and not step.finished and self._due(step.heal, step):
            step.injection.heal()

    def _due(self, moment: Moment, step: _Step) -> bool:
        at_s = self._moment_s(moment, step)
        return at_s is not None and time.monotonic() >= at_s

    def _moment_s(self, moment: Moment, step: _Step) -> float | None:
        """``time.monotonic()`` at a moment; None while its anchor has not come."""
        anchor_s = step.started_s if moment.anchor == "injection" else self._anchors.get(moment.anchor)
        return None if anchor_s is None else anchor_s + moment.after_ms / 1000

    def _inject(self, step: _Step) -> None:
        if all(other.started_s is None for other in self._steps):
            self._events.add(Phase("break"))
        self._anchors.pop("recovery", None)
        try:
            step.injection.begin()
        except JSquaredError as problem:  # what depends on it goes on: the trial is inconclusive, and not lost
            step.injection.record_refusal(problem)
        assert step.started_s is not None
        self._anchors[step.planned.id] = step.started_s

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
