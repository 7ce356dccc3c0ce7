"""Sentences on a team's own rules, for every form of a report: limits that are laxer than a scenario's, and excluded scenarios."""

from jsquared.records.exclusions import Exclusion
from jsquared.records.verdict import ObjectiveResult, RunVerdict
from jsquared.report.words import quantity


def team_sentences(run: RunVerdict) -> list[str]:
    """Return each laxer limit and each exclusion in one sentence."""
    return [*laxer(run), *map(excluded, run.exclusions)]


def laxer(run: RunVerdict) -> list[str]:
    """Return the limits of all trials that are laxer than the scenarios', each once."""
    return list(dict.fromkeys(sentence for trial in run.trials for sentence in trial.laxer))


def excluded(exclusion: Exclusion) -> str:
    """Return an exclusion in one sentence."""
    return f"exclusion: {exclusion}"


def own_limit(objective: ObjectiveResult) -> str:
    """Return who asks for a limit, and what the scenario allows; empty where the scenario does."""
    if objective.standard_limit is None:
        return ""
    kind = "laxer" if objective.is_laxer else "stricter"
    return f"{kind} than the scenario's {quantity(objective.standard_limit, objective.unit)}, set by {objective.set_by}"
