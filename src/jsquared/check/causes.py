"""From the verdicts of a suite to its causes: which line to change first, and what no line explains.

A pure function of the verdicts. Every violated trial is in exactly one place: under one line, or among those that no line explains.
One whose advice names several lines is counted under the first, which its verdict holds to be the likeliest, and names the others.

A fix is held back where following it would lead in a circle: it is what the line says already, the run already had it from ``--with``,
or it contradicts the fix of a line that explains more.
"""

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from jsquared.check.advice import BY_ORDER
from jsquared.records.causes import Cause, ExplainedTrial, Unexplained
from jsquared.records.findings import SEVERITIES
from jsquared.records.verdict import Advice, RunVerdict, TrialVerdict

DEFAULT = " (default)"
TEXT_ONLY = "configuration"
"""The objective of static checks: a trial that runs shows more."""
WITH = "--with"
_ACK = re.compile(r"--ack (\S+?)(?=,|$)")


@dataclass
class _Line:
    """A line, with the violated trials that are counted under it and the advice that names it in them."""

    order: int
    trials: list[TrialVerdict] = field(default_factory=list)
    advice: list[Advice] = field(default_factory=list)

    @property
    def first(self) -> Advice:
        """The advice with the fix that most trials name."""
        counts = Counter((one.rule, one.fix, one.try_with) for one in self.advice)
        return max(self.advice, key=lambda one: counts[one.rule, one.fix, one.try_with])

    @property
    def severity(self) -> int:
        """The place of its worst severity, the worst first."""
        return min(SEVERITIES.index(one.severity) for one in self.advice)


def explain(document: RunVerdict) -> RunVerdict:
    """The document with its causes."""
    document.causes, document.unexplained = causes_of(document.trials)
    return document


def causes_of(trials: Sequence[TrialVerdict]) -> tuple[list[Cause], list[Unexplained]]:
    """The lines that explain the violated trials, and the trials that none explains.

    Lines come in the order of how many trials they explain, those that explain equally many in the order of their severity.
    """
    lines: dict[tuple[str, str, str], _Line] = {}
    unexplained: list[Unexplained] = []
    for trial in trials:
        if trial.outcome != "violated":
            continue
        named = [one for one in trial.advice if one.rule != BY_ORDER]
        if not named:
            unexplained.append(_unexplained(trial))
            continue
        line = lines.setdefault((trial.deployment, *_key(named[0])), _Line(len(lines)))
        line.trials.append(trial)
        line.advice += [one for one in named if _key(one) == _key(named[0])]
    ordered = sorted(lines.values(), key=lambda line: (-len(line.trials), line.severity, line.order))
    return list(_causes(ordered)), unexplained


def _key(advice: Advice) -> tuple[str, str]:
    return advice.directive, advice.where


def _unexplained(trial: TrialVerdict) -> Unexplained:
    return Unexplained(
        scenario=trial.label,
        seed=trial.seed,
        reason=trial.reasons[0] if trial.reasons else "violated",
        hint=next((one.fix for one in trial.advice if one.rule == BY_ORDER), ""),
        run_dir=trial.run_dir,
    )


def _causes(lines: Iterable[_Line]) -> Iterator[Cause]:
    """The lines as causes; a fix that contradicts an earlier one is held back."""
    settled_in: dict[str, dict[tuple[str, str, str], tuple[str, str]]] = {}
    for line in lines:
        advice = line.first
        settled = settled_in.setdefault(line.trials[0].deployment, {})
        held_back = _circle(advice, line.trials) or _contradiction(advice, settled)
        if not held_back:
            settled.update((_setting(one), (_value(one), advice.directive)) for one in advice.try_with)
        yield _cause(line, advice, held_back)


def _cause(line: _Line, advice: Advice, held_back: str) -> Cause:
    tried = () if held_back else advice.try_with
    command = "" if held_back or not advice.fix else _command(line, tried)
    return Cause(
        deployment=line.trials[0].deployment,
        directive=advice.directive,
        where=advice.where,
        rules=tuple(dict.fromkeys(one.rule for one in line.advice)),
        severity=SEVERITIES[line.severity],
        message=advice.message,
        fix="" if held_back else advice.fix,
        try_with=tried,
        effect="" if held_back else advice.effect,
        held_back=held_back,
        command=command,
        changes_line=bool(command and (tried or _ACK.match(advice.fix))),
        trials=tuple(_explained(trial, _key(advice)) for trial in line.trials),
    )


def _explained(trial: TrialVerdict, key: tuple[str, str]) -> ExplainedTrial:
    mine = _objectives(trial, key)
    missed = dict.fromkeys(one.name for one in trial.objectives if one.outcome == "violated")
    advised = {one.objective for one in trial.advice}
    return ExplainedTrial(
        scenario=trial.label,
        seed=trial.seed,
        objectives=tuple(mine),
        also=tuple(dict.fromkeys(one.directive for one in trial.advice if _key(one) != key)),
        left=tuple(name for name in missed if name not in advised),
        proven_by=trial.proven_by,
        run_dir=trial.run_dir,
    )


def _objectives(trial: TrialVerdict, key: tuple[str, str]) -> list[str]:
    """The objectives of a trial that a line explains."""
    return list(dict.fromkeys(one.objective for one in trial.advice if _key(one) == key))


# --- Circles.


def _circle(advice: Advice, trials: Sequence[TrialVerdict]) -> str:
    """Say how following the advice would change nothing; empty where it would."""
    if advice.fix and advice.fix == advice.directive.removesuffix(DEFAULT):
        return "the line says so already"
    if advice.try_with and all(set(_given(trial.command)).issuperset(advice.try_with) for trial in trials):
        return f"this run had it already ({WITH} {f' {WITH} '.join(advice.try_with)}), and it is not enough"
    return ""


def _contradiction(advice: Advice, settled: dict[tuple[str, str, str], tuple[str, str]]) -> str:
    """Name the line whose fix sets the same to something else; empty where none does."""
    for one in advice.try_with:
        section, host, name = _setting(one)
        for (other_section, other_host, other_name), (value, directive) in settled.items():
            same = (section, name) == (other_section, other_name) and (host == other_host or "" in (host, other_host))
            if same and value != _value(one):
                return f"'{one}' contradicts the change of '{directive}', which explains more: make that one first"
    return ""


def _setting(argument: str) -> tuple[str, str, str]:
    """The section, host (empty: all) and name that an argument of ``--with`` sets."""
    scope, _, name = argument.partition("=")[0].rpartition(".")
    section, _, host = scope.partition("@")
    return section, host, name


def _value(argument: str) -> str:
    return argument.partition("=")[2]


def _given(command: Sequence[str]) -> Iterator[str]:
    """The arguments of ``--with`` in a command line."""
    return (after for word, after in pairwise(command) if word == WITH)


# --- The command that shows the effect.


def _command(line: _Line, tried: Sequence[str]) -> str:
    """Return the command that runs the smallest set of the line's scenarios, changed; empty where no trial has a command."""
    able = [trial for trial in line.trials if trial.command[:2] == ["jsquared", "run"] and len(trial.command) > 2]
    if not able:
        return ""
    chosen = _smallest_set(able, _key(line.first))
    first = chosen[0].command
    options = list(_without(first[3:], {_setting(one) for one in tried}))
    if len({trial.master_name for trial in chosen if trial.master_name}) > 1:
        options = list(_without_option(options, "--master"))
    names = dict.fromkeys(trial.command[2] for trial in chosen)
    if level := _ACK.match(line.first.fix):
        options = [*_without_option(options, "--ack"), "--ack", level[1]]
    words = [*first[:2], *names, *options, *(word for one in tried for word in (WITH, one))]
    return shlex.join(words)


def _smallest_set(trials: Sequence[TrialVerdict], key: tuple[str, str]) -> list[TrialVerdict]:
    """Few trials of the same options that together miss every objective that the line explains.

    Trials that no other line has to do with come first, then those that take least time. Static checks are left to lines that nothing
    else shows.
    """
    left = _asked(trials, key)
    first = min(trials, key=lambda trial: _rank(trial, key, left))
    alike = [trial for trial in trials if _options(trial) == _options(first)]
    left = _asked(alike, key)
    chosen: list[TrialVerdict] = []
    while left:
        best = min(alike, key=lambda trial: _rank(trial, key, left))
        left -= set(_objectives(best, key))
        chosen.append(best)
    return chosen


def _asked(trials: Sequence[TrialVerdict], key: tuple[str, str]) -> set[str]:
    """The objectives that the line explains; that of static checks only where there is no other."""
    asked = {name for trial in trials for name in _objectives(trial, key)}
    return asked - {TEXT_ONLY} or asked


def _options(trial: TrialVerdict) -> list[str]:
    """The options of a trial's command that are the same for all trials of a suite."""
    return list(_without_option(list(_without_option(trial.command[3:], "--seed")), "--master"))


def _rank(trial: TrialVerdict, key: tuple[str, str], left: set[str]) -> tuple[int, bool, float]:
    firsts = {one.objective: _key(one) for one in reversed(trial.advice)}
    missed = {one.name for one in trial.objectives if one.outcome == "violated"}
    alone = set(firsts.values()) == {key} and missed <= set(firsts)
    return -len(left.intersection(_objectives(trial, key))), not alone, trial.duration_ms


def _without(options: Sequence[str], settings: set[tuple[str, str, str]]) -> Iterator[str]:
    """Options without the arguments of ``--with`` that set the same."""
    words = iter(options)
    for word in words:
        if word != WITH:
            yield word
            continue
        argument = next(words, "")
        if _setting(argument) not in settings:
            yield from (word, argument)


def _without_option(options: Sequence[str], option: str) -> Iterator[str]:
    """Options without one that has a value."""
    words = iter(options)
    for word in words:
        if word == option:
            next(words, None)
        else:
            yield word
