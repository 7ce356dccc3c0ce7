"""The causes of a suite's violations: lines of the configuration, and the trials that each explains. Plain data, as documents have it."""

import msgspec

from jsquared.records.findings import Severity


class ExplainedTrial(msgspec.Struct, frozen=True, kw_only=True):
    """A violated trial that a line explains."""

    scenario: str
    """With the monitored primary's name where there are several."""
    seed: int
    objectives: tuple[str, ...]
    """The violated objectives that the line explains."""
    also: tuple[str, ...] = ()
    """Other lines that explain something in this trial: it is counted here alone, since this line comes first."""
    left: tuple[str, ...] = ()
    """Violated objectives of this trial that no line explains."""
    proven_by: str = ""
    """The rule that proves the violation, where the trial was therefore not run."""
    run_dir: str = ""


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the configuration with the violated trials that it explains: what to change first."""

    deployment: str
    directive: str
    """The line as it is, or the default that holds instead."""
    where: str
    """``file:line`` of each, separated by commas; empty where nothing is written."""
    rules: tuple[str, ...]
    """The rules of the static analysis that name the line."""
    severity: Severity
    message: str
    fix: str
    """The line to try; empty where none is known, or where it would not help."""
    try_with: tuple[str, ...]
    effect: str
    """What the change is predicted to do; empty where nothing is predicted in figures."""
    held_back: str = ""
    """Why a fix that a rule names is not advised."""
    command: str = ""
    """For a shell: runs the smallest set of scenarios that shows the effect."""
    changes_line: bool = False
    """Whether the command makes the change itself, with ``--with``; else the line has to be changed first."""
    trials: tuple[ExplainedTrial, ...]

    @property
    def violations(self) -> int:
        """Return the number of violated trials that it explains."""
        return len(self.trials)


class Unexplained(msgspec.Struct, frozen=True, kw_only=True):
    """A violated trial that no line of the configuration explains."""

    scenario: str
    seed: int
    reason: str
    hint: str = ""
    """What to do about it, where it is no line that is to be changed."""
    run_dir: str = ""
