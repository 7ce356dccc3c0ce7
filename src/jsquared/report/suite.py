"""The head of the HTML report of several trials: the causes, what holds for all of them, and a row for each trial."""

from collections.abc import Sequence
from typing import Any

from jsquared.records.causes import Cause
from jsquared.records.verdict import Outcome, RunVerdict
from jsquared.report import cause_words, words
from jsquared.report.team_words import team_sentences

GROUPS: dict[Outcome, str] = {"violated": "violated", "inconclusive": "inconclusive", "pass": "passed"}


def suite_data(run: RunVerdict, sections: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what the template of several trials shows.

    :param sections: the trials with a record, each with its ``number`` and ``verdict``.
    """
    lines = cause_words.numbers(run.causes)
    links = {cause_words.key_of(section["verdict"]): section["number"] for section in sections}
    rows = [_row(section, lines.get(cause_words.key_of(section["verdict"]), 0)) for section in sections]
    return {
        "common": [(label, value) for label, value in cause_words.common(run) if value],
        "tally": words.tally([trial.outcome for trial in run.trials]),
        "headline": _sentence(cause_words.headline(run.causes, run.unexplained)),
        "causes": [_cause(number, cause, links) for number, cause in enumerate(run.causes, 1)],
        "unexplained": [(one, links.get(cause_words.key_in(one))) for one in run.unexplained],
        "hints": list(dict.fromkeys(one.hint for one in run.unexplained if one.hint)),
        "groups": [
            (outcome, word, [row for row in rows if row["verdict"].outcome == outcome])
            for outcome, word in GROUPS.items()
        ],
        "repeated": len({trial.seed for trial in run.trials}) > 1,
        "deployments": len({trial.deployment for trial in run.trials}) > 1,
        "unrecorded": [trial.label for trial in run.trials if cause_words.key_of(trial) not in links],
        "findings": cause_words.unshown(run),
        "not_run": run.not_run,
        "team": team_sentences(run),
        "not_reproduced": run.not_reproduced,
    }


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _row(section: dict[str, Any], line: int) -> dict[str, Any]:
    return section | {"line": line, "look_at": cause_words.look_at(section["verdict"], line)}


def _cause(number: int, cause: Cause, links: dict[cause_words.Key, int]) -> dict[str, Any]:
    return {
        "number": number,
        "cause": cause,
        "place": cause_words.place(cause),
        "predicted": cause_words.predicted(cause),
        "notes": list(cause_words.notes(cause)),
        "short": cause_words.short_line(cause.directive),
        "trials": [(trial, links.get(cause_words.key_in(trial))) for trial in cause.trials],
    }
