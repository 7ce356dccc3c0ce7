"""The trials that prove the plan of a change: all of its steps, then, each in a trial of its own, the way back from every step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from jsquared.records.plan import Ack, Engine, PlannedObjective, Workload
from jsquared.records.secrets import Secrets
from jsquared.rollout.changes import DirectiveChange
from jsquared.rollout.differences import Sides
from jsquared.rollout.marks import marks_of
from jsquared.rollout.steps import Step
from jsquared.sandbox.sandbox import SandboxKind
from jsquared.scenario.limits import FAILOVER_LIMIT_MS, convergence, lost_writes, write_gap
from jsquared.scenario.scenario import PROCESS, Scenario
from jsquared.trial.order import ChangeOrder, TrialOrder
from jsquared.trial.plan import assemble

STEP_MS = 20_000
"""Clients live so much longer for each step that is played or taken back."""
FAIR = (
    "a change is made at a quiet hour that someone has chosen: nothing breaks, and every step waits until all is well"
)


@dataclass(frozen=True, kw_only=True)
class ProofPlanning:
    """All that the trials of a proof have in common."""

    sides: Sides
    steps: Sequence[Step]
    directives: Sequence[DirectiveChange]
    sandbox: SandboxKind
    ack: Ack | None
    workload: Workload
    seed: int
    command: tuple[str, ...]
    other_engines: Mapping[str, Engine] = field(default_factory=dict)
    write_gap_limit_ms: int = FAILOVER_LIMIT_MS

    def orders(self) -> list[tuple[TrialOrder, int | None]]:
        """Every trial, with the step that it goes back from: None where it goes all the way and not back."""
        ways: list[int | None] = [None, *(step.number for step in self.steps if step.actions)]
        names = self.sides.before.master_names
        return [(self._order(name, way), way) for name in names for way in ways]

    def _order(self, master_name: str, back_from: int | None) -> TrialOrder:
        steps = tuple(self.steps[: back_from or len(self.steps)])
        deployment = self.sides.before.about(master_name)
        secrets = self.sides.secrets
        plan = assemble(
            self._scenario(back_from),
            deployment=deployment,
            engine=self.sides.engine,
            sandbox=self.sandbox,
            ack=self.ack,
            workload=self.workload,
            seed=self.seed,
            command=self.command,
            other_engines=self.other_engines,
        )
        longer_ms = STEP_MS * len(steps) * (1 if back_from is None else 2)
        plan = replace(
            plan,
            recovery_limit_ms=plan.recovery_limit_ms + longer_ms,
            secrets=Secrets(plan.secrets).and_also(secrets.values).values,
        )
        change = ChangeOrder(
            steps=steps, takes_back=back_from is not None, directives=self.directives, marks=marks_of(secrets)
        )
        return TrialOrder(
            plan=plan,
            deployment=deployment,
            engine=self.sides.engine,
            other_engines=self.other_engines,
            change=change,
        )

    def _scenario(self, back_from: int | None) -> Scenario:
        is_back = back_from is not None
        name = f"change-back-from-{back_from}" if is_back else "change"
        what = f"Steps 1 to {back_from} of a change are played, then taken back" if is_back else "A change is made"
        return Scenario(
            name=name,
            title=what,
            description=f"{what}, step by step, under load.",
            why_fair=FAIR,
            tags=("change",),
            needs=PROCESS,
            faults=lambda _: (),
            objectives=lambda _: self._objectives(),
            fails_over=lambda _: False,
        )

    def _objectives(self) -> list[PlannedObjective]:
        return [
            lost_writes("a change that is planned may lose nothing that was acknowledged"),
            write_gap(FAIR, self.write_gap_limit_ms),
            PlannedObjective(
                name="failed_steps",
                limit=0,
                unit="steps",
                reason="after each step all that the plan promises holds, and taken back it leaves what was before",
            ),
            convergence(),
        ]
