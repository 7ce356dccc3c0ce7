"""All that the process of a trial is told: the plan, and what it takes to place it on this machine. It comes through a pipe.

Nothing of it may come from a file: the plan in the run folder has marks in the place of secrets, and the user's files may be others by now.
The deployment has with it whatever was read for it.
"""

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jsquared.deployment.model.spec import Deployment
from jsquared.programs.find import Program
from jsquared.records.plan import Engine, Plan
from jsquared.rollout.changes import DirectiveChange
from jsquared.rollout.steps import Step


@dataclass(frozen=True, kw_only=True)
class MonitoringOrder:
    """The programs that monitor a trial, and the rule files that they go by: names to texts."""

    exporter: Program
    prometheus: Program
    alertmanager: Program
    rules: Mapping[str, str]

    @property
    def programs(self) -> tuple[Program, ...]:
        """All three."""
        return self.exporter, self.prometheus, self.alertmanager


@dataclass(frozen=True, kw_only=True)
class ChangeOrder:
    """Steps of a change that a trial plays under load; ``marks`` has the passwords that marks in them stand for."""

    steps: Sequence[Step]
    takes_back: bool
    """Whether they are all taken back afterwards, the last first."""
    directives: Sequence[DirectiveChange]
    marks: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class TrialOrder:
    """A trial to be run. ``engine`` and ``other_engines`` are the plan's, with their places on this machine."""

    plan: Plan
    deployment: Deployment
    engine: Engine
    other_engines: Mapping[str, Engine] = field(default_factory=dict)
    monitoring: MonitoringOrder | None = None
    """None where nothing monitors the trial."""
    change: ChangeOrder | None = None
    """None where the trial breaks something instead."""
    repeats: Sequence[str] = ()
    """Of each earlier attempt at this trial why it was run again: its own records tell of them too."""

    @property
    def keep(self) -> list[Path]:
        """What a sandbox must not hide from the trial: the servers' programs, and the folders that the user's files lie in."""
        engines = (self.engine, *self.other_engines.values())
        programs = [program.path for program in self.monitoring.programs] if self.monitoring else []
        return [*(Path(engine.path) for engine in engines), *programs, *map(Path, self.deployment.reach.visible)]

    def encoded(self) -> bytes:
        """The bytes for the pipe."""
        return pickle.dumps(self)

    @classmethod
    def decoded(cls, data: bytes) -> "TrialOrder":
        """The order in these bytes. Only for what the process that starts a trial says to it: that process may run anything anyway.

        :raises ValueError: they are none.
        """
        try:
            order = pickle.loads(data)  # noqa: S301 -- from nobody else, see above
        except (pickle.UnpicklingError, EOFError) as problem:
            raise ValueError("no order") from problem
        if not isinstance(order, cls):
            raise ValueError("no order")
        return order
