"""The progress of a request: typed notices, for whoever waits for its result. None of them holds a secret."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from jsquared.campaign.result import TrialResult
from jsquared.records.event import Event
from jsquared.records.plan import Plan
from jsquared.records.verdict import TrialVerdict


@dataclass(frozen=True)
class Trial:
    """A trial as everyone may see it; a plan may not be shown, since it holds the secrets of servers."""

    path: Path
    label: str
    """The scenario, with the primary's name where several are monitored."""
    seed: int
    deployment: str
    ack: str
    engine: str
    """Its name and version."""
    is_static: bool
    """True for a check of the configuration's text, which starts no server."""


@dataclass(frozen=True)
class CampaignBegan:
    """All trials are planned, and the first ones begin."""

    trials: int
    engine_before: str = ""
    """Name and version of the engine of the last run in the same folder, where ``--engine auto`` has now chosen another one."""


@dataclass(frozen=True)
class TrialBegan:
    """A trial began."""

    trial: Trial


@dataclass(frozen=True)
class TrialRecorded:
    """A trial recorded an event."""

    trial: Trial
    event: Event


@dataclass(frozen=True)
class TrialRepeated:
    """The machine itself disturbed a trial; it will be run again."""

    trial: Trial
    verdict: TrialVerdict


@dataclass(frozen=True)
class TrialEnded:
    """A trial ended for good. Static checks end without having begun, and so do trials of a deployment that does not come up."""

    trial: Trial
    verdict: TrialVerdict


@dataclass(frozen=True)
class CampaignStopping:
    """No more trials begin, and those that run are about to be ended."""

    running: int
    after: str = ""
    """The violated trial after which ``--fail-fast`` stops; empty: the user asked."""


@dataclass(frozen=True)
class TimePassed:
    """Trials are running. Told several times a second, for those who show the time."""


@dataclass(frozen=True)
class HuntBegan:
    """A hunt is about to draw its first schedule."""

    deployment: str
    ack: str
    seed: int
    split: str
    """The split of the hosts that is tried first, since the static analysis says that it breaks this level; empty: none."""
    left_s: float


@dataclass(frozen=True)
class HuntWent:
    """A step of a hunt, in a phrase for people."""

    words: str
    left_s: float


Notice = (
    CampaignBegan
    | TrialBegan
    | TrialRecorded
    | TrialRepeated
    | TrialEnded
    | CampaignStopping
    | TimePassed
    | HuntBegan
    | HuntWent
)


class Progress(Protocol):
    """Receives the notices of one request, in order.

    A KeyboardInterrupt that it raises stops the request as Ctrl-C does: every trial is asked to end, and its records are kept.
    """

    def tell(self, notice: Notice) -> None:
        """Receive the next one."""
        ...


class CampaignNotices:
    """Turns what a campaign tells into notices."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def started(self, plan: Plan, path: Path) -> None:
        """A trial began."""
        self._progress.tell(TrialBegan(trial_of(plan, path)))

    def event(self, plan: Plan, path: Path, event: Event) -> None:
        """A trial recorded an event."""
        self._progress.tell(TrialRecorded(trial_of(plan, path), event))

    def finished(self, result: TrialResult) -> None:
        """A trial ended."""
        self._progress.tell(TrialEnded(trial_of(result.plan, result.path), result.verdict))

    def repeated(self, result: TrialResult) -> None:
        """A trial was disturbed by the machine itself and will be run again."""
        self._progress.tell(TrialRepeated(trial_of(result.plan, result.path), result.verdict))

    def stopping(self, running: int, after: TrialResult | None) -> None:
        """The campaign is about to end early."""
        self._progress.tell(CampaignStopping(running, "" if after is None else after.plan.label))

    def tick(self) -> None:
        """Time passed."""
        self._progress.tell(TimePassed())


def trial_of(plan: Plan, path: Path) -> Trial:
    """The part of a plan that may be shown."""
    return Trial(
        path=path,
        label=plan.label,
        seed=plan.seed,
        deployment=plan.deployment,
        ack=str(plan.ack),
        engine=f"{plan.engine.name} {plan.engine.version}",
        is_static=bool(plan.rules),
    )
