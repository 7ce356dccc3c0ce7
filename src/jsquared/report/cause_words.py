"""Sentences about the causes of a suite's violations, which every report says alike."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from jsquared.records.causes import Cause, ExplainedTrial, Unexplained
from jsquared.records.findings import Finding
from jsquared.records.verdict import Outcome, RunVerdict, TrialVerdict
from jsquared.report import words
from jsquared.report.words import objective_name
from jsquared.text import counted, listed

DEFAULT = " (default)"
LONGEST_LINE = 60
ORDER: tuple[Outcome, ...] = ("violated", "inconclusive", "pass")
_STAMP = re.compile(r"(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})\d{2}-", re.ASCII)
_MARK = re.compile(r"<secret(?:-\d+)?>")


def headline(causes: Sequence[Cause], unexplained: Sequence[Unexplained]) -> str:
    """``2 lines explain 29 violations: down-after-milliseconds 30000 (27), appendonly no (2)``; empty where nothing is violated."""
    explained = sum(cause.violations for cause in causes)
    every = explained + len(unexplained)
    if not every:
        return ""
    if not causes:
        return f"no line of the configuration explains {_the(every)}"
    lines = ", ".join(f"{short_line(cause.directive)} ({cause.violations})" for cause in causes)
    of = f"{explained} of {counted(every, 'violation')}" if unexplained else counted(explained, "violation")
    return f"{counted(len(causes), 'line')} {'explains' if len(causes) == 1 else 'explain'} {of}: {lines}"


def _the(violations: int) -> str:
    return "the violation" if violations == 1 else f"the {counted(violations, 'violation')}"


def short_line(directive: str) -> str:
    """A line without the words that are the same for every setting of a primary: ``down-after-milliseconds 30000``."""
    line = directive.removesuffix(DEFAULT)
    tokens = line.split(" ")
    if tokens[0] == "sentinel" and len(tokens) > 3 and tokens[1] != "monitor" and "," not in line:
        line = " ".join((tokens[1], *tokens[3:]))
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1]}…"


def place(cause: Cause) -> str:
    """``file:line``, or that the line is in no file."""
    if cause.directive.startswith("--"):
        return "an option of the run, in no file"
    return cause.where or "written in no file: the default holds"


def predicted(cause: Cause) -> str:
    """Return the predicted effect of the change, in one sentence without a final stop."""
    if cause.effect:
        return cause.effect
    objectives = list(dict.fromkeys(objective_name(name) for trial in cause.trials for name in trial.objectives))
    return f"no figure is predicted; what the line explains should be met: {listed(objectives)}"


def notes(cause: Cause) -> Iterator[str]:
    """Yield what has to be said besides about a cause, a sentence each."""
    if cause.held_back:
        yield f"No change is advised: {cause.held_back}."
    elif not cause.fix:
        yield "No line is known that fixes it."
    elif cause.command and not cause.changes_line:
        yield "No --with expresses this change: make it in the file first, then run the command."
    if marks := list(dict.fromkeys(_MARK.findall(cause.command))):
        yield f"Put the secret in the place of {listed(marks)} in the command."
    several = [trial for trial in cause.trials if trial.also]
    if several:
        others = list(dict.fromkeys(short_line(line) for trial in several for line in trial.also))
        yield (
            f"{_of(several, cause)} {'names' if len(several) == 1 else 'name'} other lines too ({', '.join(others)}), "
            "and each is counted here alone, under the line that explains it best."
        )
    left = [trial for trial in cause.trials if trial.left]
    if left:
        names = list(dict.fromkeys(objective_name(name) for trial in left for name in trial.left))
        yield f"{_of(left, cause)} also {'misses' if len(left) == 1 else 'miss'} what no line explains: {listed(names)}."
    unrun = [trial for trial in cause.trials if trial.proven_by]
    if unrun:
        rules = list(dict.fromkeys(trial.proven_by for trial in unrun))
        yield f"{_of(unrun, cause)} {'was' if len(unrun) == 1 else 'were'} not run: violated by analysis ({', '.join(rules)})."


def _of(trials: Sequence[ExplainedTrial], cause: Cause) -> str:
    if len(trials) == cause.violations:
        return "All of these trials" if len(trials) > 1 else "This trial"
    return f"{len(trials)} of these trials"


def folded(scenarios: Iterable[str], most: int = 0) -> str:
    """Scenarios in order, each once with how often it is there: ``primary-crash (3 times), primary-hang``.

    :param most: name no more than this; 0: all.
    """
    counts = Counter(scenarios)
    names = [name if number == 1 else f"{name} ({number} times)" for name, number in counts.items()]
    if not most or len(names) <= most + 1:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


Key = tuple[str, int, str]
"""A trial: its label, seed and run folder."""


def key_of(trial: TrialVerdict) -> Key:
    """The key of a verdict's trial."""
    return trial.label, trial.seed, trial.run_dir


def key_in(trial: ExplainedTrial | Unexplained) -> Key:
    """The key of a trial that the causes name."""
    return trial.scenario, trial.seed, trial.run_dir


def numbers(causes: Sequence[Cause]) -> dict[Key, int]:
    """Trials to the number of the line that each is counted under, from 1."""
    return {key_in(trial): number for number, cause in enumerate(causes, 1) for trial in cause.trials}


def look_at(trial: TrialVerdict, number: int = 0) -> str:
    """Return the first thing to look at in a trial; one that was not run refers to the line above, by its number, that says it all."""
    if trial.proven_by:
        return f"violated by analysis: {trial.proven_by}, not run{f'; line {number} above' if number else ''}"
    if trial.is_static and trial.outcome == "violated" and number:
        more = len(trial.reasons) - 1
        return f"line {number} above" + (f", and {counted(more, 'more finding')}" if more > 0 else "")
    return words.look_at(trial)


def unshown(run: RunVerdict) -> list[Finding]:
    """The violations of the configuration's text that neither a static check nor a cause names."""
    lines = {(cause.directive, cause.where) for cause in run.causes}
    return [finding for finding in run.unreported() if (finding.directive, finding.where) not in lines]


def by_outcome(trials: Sequence[TrialVerdict]) -> list[TrialVerdict]:
    """The trials with the violated ones first, then the inconclusive ones, then those that passed; else in their order."""
    return sorted(trials, key=lambda trial: ORDER.index(trial.outcome))


def common(run: RunVerdict) -> list[tuple[str, str]]:
    """Return what repeats in all trials, said once: labels and values."""
    trials = run.trials
    seeds = sorted({trial.seed for trial in trials})
    return [
        ("deployment", _once(trial.deployment for trial in trials)),
        ("engine", _once(f"{trial.engine.name} {trial.engine.version}" for trial in trials)),
        ("ack", _once(trial.ack for trial in trials)),
        ("sandbox", _once(trial.sandbox for trial in trials if trial.was_run) or "none: nothing was started"),
        ("seed" if len(seeds) == 1 else "seeds", _seeds(seeds)),
        ("date", _date(trials)),
    ]


def _date(trials: Sequence[TrialVerdict]) -> str:
    """Return the day and minute when the run began, by the names of its folders; empty where they say something else."""
    stamps = [found for trial in trials if (found := _STAMP.match(Path(trial.run_dir).name))]
    first = min(stamps, key=lambda found: found[0], default=None)
    return "" if first is None else "{}-{}-{} {}:{}".format(*first.groups())


def _once(values: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(values))


def _seeds(seeds: Sequence[int]) -> str:
    consecutive = len(seeds) > 2 and seeds[-1] - seeds[0] == len(seeds) - 1
    return f"{seeds[0]} to {seeds[-1]}" if consecutive else ", ".join(map(str, seeds))
