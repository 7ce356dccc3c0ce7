"""Runs the attempts of a hunt as ordinary trials of a campaign."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from jsquared.campaign.campaign import Campaign
from jsquared.campaign.executors.executor import Executor
from jsquared.campaign.executors.local import LocalExecutor
from jsquared.campaign.result import TrialResult
from jsquared.deployment.model.spec import Deployment
from jsquared.hunt.attempt import Attempt, AttemptResult
from jsquared.hunt.draw import Schedule
from jsquared.hunt.words import faults_in_words
from jsquared.records.event import Event
from jsquared.records.plan import Ack, Engine, Plan, Workload
from jsquared.sandbox.sandbox import SandboxKind
from jsquared.scenario.impact import recovery_objectives
from jsquared.scenarios.scenario_file import ReadScenario, ScenarioFile
from jsquared.trial.order import TrialOrder
from jsquared.trial.plan import assemble

WHY = "Whatever breaks, no acknowledged write may be lost, and once everything has healed the deployment must converge and serve."


def scenario_of(schedule: Schedule, deployment: Deployment, name: str, ack: Ack, title: str = "") -> ScenarioFile:
    """A schedule as a scenario, with the limits of a hunt."""
    return ScenarioFile(
        name=name,
        title=title or "Drawn by a hunt",
        description=f"{faults_in_words(schedule)}.",
        why=WHY,
        ack=ack,
        faults=schedule,
        objectives=tuple(recovery_objectives(deployment)),
    )


class _EnoughError(Exception):
    """Nobody waits for the trials that still run."""


@dataclass(frozen=True)
class TrialLab:
    """Runs attempts on a deployment, ``jobs`` side by side, each with its own seed: ``seed`` and the attempt's number."""

    deployment: Deployment
    engine: Engine
    sandbox: SandboxKind
    workload: Workload
    out: Path
    jobs: int
    seed: int
    command: tuple[str, ...]
    executor: Executor = field(default_factory=LocalExecutor)
    jobs_are_estimated: bool = False

    def run(
        self, attempts: Iterable[Attempt], ended: Callable[[AttemptResult], None], enough: Callable[[], bool]
    ) -> None:
        """Run them.

        :raises InterruptedTrialError: the user stopped it.
        :raises RecordError: a run folder cannot be written.
        """
        listener = _Listener(ended, enough)
        try:
            Campaign(
                self._orders(attempts, listener),
                self.out,
                self.jobs,
                listener,
                self.executor,
                jobs_are_estimated=self.jobs_are_estimated,
            ).run()
        except _EnoughError:
            return

    def _orders(self, attempts: Iterable[Attempt], listener: "_Listener") -> Iterator[TrialOrder]:
        for attempt in attempts:
            plan = self.plan(attempt)
            listener.attempts[plan.seed] = attempt
            yield TrialOrder(plan=plan, deployment=self.deployment, engine=self.engine)

    def plan(self, attempt: Attempt) -> Plan:
        """The trial of an attempt."""
        name = f"hunt-{attempt.phase}" if attempt.drawn < 0 else f"hunt-{attempt.drawn}"
        file = scenario_of(attempt.schedule, self.deployment, name, attempt.ack)
        return assemble(
            ReadScenario(file, "").scenario(self.deployment),
            deployment=self.deployment,
            engine=self.engine,
            sandbox=self.sandbox,
            ack=attempt.ack,
            workload=self.workload,
            seed=self.seed + attempt.number,
            command=self.command,
        )


@dataclass
class _Listener:
    """Hears of the campaign's trials. ``attempts`` maps the seeds of those that were begun to what they try."""

    ended: Callable[[AttemptResult], None]
    enough: Callable[[], bool]
    attempts: dict[int, Attempt] = field(default_factory=dict)

    def started(self, plan: Plan, path: Path) -> None:
        """A trial began; that was told when it was drawn."""

    def event(self, plan: Plan, path: Path, event: Event) -> None:
        """A trial recorded an event; only its end matters here."""

    def repeated(self, result: TrialResult) -> None:
        """A trial was disturbed by the machine, and will be run again."""

    def finished(self, result: TrialResult) -> None:
        """Pass on what a trial amounts to."""
        self.ended(AttemptResult(self.attempts[result.plan.seed], result.verdict, result.error))

    def stopping(self, running: int, after: TrialResult | None) -> None:
        """The user stopped it; the hunt tells so when it has ended."""

    def tick(self) -> None:
        """Stop everything once no one waits for it."""
        if self.enough():
            raise _EnoughError
