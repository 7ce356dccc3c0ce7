"""A run as Markdown, for a comment on a pull request or the summary of a CI job: causes first, passes folded.

Names and texts of others are in code spans or escaped, so that nothing in them becomes markup, a link or the mention of somebody.
What would not fit into a comment is left out and counted.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from jsquared.records.causes import Cause
from jsquared.records.private_files import make_private_folder, open_given
from jsquared.records.run_directory import explain_write_errors
from jsquared.records.verdict import Outcome, RunVerdict
from jsquared.report import cause_words, words
from jsquared.report.team_words import team_sentences
from jsquared.text import counted, duration, one_line, printable

MOST_CHARACTERS = 60_000
"""A comment on GitHub holds 65,536."""
MOST_ROWS = (100, 30, 10, 3)
"""Trials in a table: as many of these as leave the whole short enough."""
MOST_CAUSES = 20
LONGEST_TEXT = 400
LONGEST_CODE = 1_000
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~$&])")
_HEADINGS: dict[Outcome, str] = {"violated": "Violated", "inconclusive": "Inconclusive", "pass": "Passed"}


def write_markdown(run: RunVerdict, path: Path) -> None:
    """Write a run's verdicts as Markdown.

    :raises RecordError: the file cannot be written.
    """
    with explain_write_errors(path):
        make_private_folder(path.parent, exist_ok=True)
        with open_given(path, "wb") as file:
            file.write(markdown(run).encode("utf-8", "backslashreplace"))


def markdown(run: RunVerdict) -> str:
    """A run as Markdown, short enough for a comment."""
    whole = ("\n".join(_lines(run, rows)) + "\n" for rows in MOST_ROWS)
    return next((one for one in whole if len(one) <= MOST_CHARACTERS), "\n".join(_lines(run, 0)) + "\n")


def _lines(run: RunVerdict, most_rows: int) -> Iterator[str]:
    tally = words.tally([trial.outcome for trial in run.trials])
    yield f"## {words.OUTCOME_MARKS[run.outcome]} JSquared: {counted(len(run.trials), 'trial')}{f', {tally}' if tally else ''}"
    yield ""
    yield " · ".join(f"{label} {code(value)}" for label, value in cause_words.common(run) if value)
    if said := cause_words.headline(run.causes, run.unexplained):
        yield from ("", f"**{text(said[:1].upper() + said[1:])}**")
    for number, cause in enumerate(run.causes[:MOST_CAUSES], 1):
        yield from _cause(number, cause)
    if len(run.causes) > MOST_CAUSES:
        yield from ("", f"{counted(len(run.causes) - MOST_CAUSES, 'more line')} in the report.")
    if run.unexplained:
        names = ", ".join(code(name) for name in dict.fromkeys(one.scenario for one in run.unexplained))
        yield from ("", f"No line of the configuration explains: {names}")
    for finding in cause_words.unshown(run):
        yield from ("", f"Violated by the configuration's text: {code(finding.directive)} {text(finding.message)}")
    if rules := team_sentences(run):
        yield from ("", *(f"- {text(rule)}" for rule in rules[: most_rows or MOST_CAUSES]))
        if len(rules) > (most_rows or MOST_CAUSES):
            yield f"- {counted(len(rules) - (most_rows or MOST_CAUSES), 'more rule')} of the team in the report."
    for outcome in cause_words.ORDER:
        yield from _table(outcome, run, most_rows)
    if run.not_run:
        reasons = [f"- {text(one.reason)}" for one in run.not_run[:most_rows]]
        yield from _folded(f"{counted(len(run.not_run), 'scenario')} not run here", reasons)


def _cause(number: int, cause: Cause) -> Iterator[str]:
    yield from ("", f"### {number}. {code(cause.directive)} explains {counted(cause.violations, 'violation')}", "")
    yield f"- **Where:** {code(cause.where) if cause.where else cause_words.place(cause)}"
    yield f"- **What follows:** {text(cause.message)}"
    if cause.fix:
        yield f"- **Change:** {code(cause.fix)}"
        yield f"- **Predicted:** {text(cause_words.predicted(cause))}"
    yield from (f"- {text(note)}" for note in cause_words.notes(cause))
    if cause.command:
        yield from ("", *fenced(cause.command, "sh"))
    names = cause_words.folded(trial.scenario for trial in cause.trials)
    yield from _folded(f"{counted(cause.violations, 'trial')} explained", [text(names)])


def _table(outcome: Outcome, run: RunVerdict, most_rows: int) -> Iterator[str]:
    trials = [trial for trial in run.trials if trial.outcome == outcome]
    if not trials:
        return
    lines = cause_words.numbers(run.causes)
    rows = [
        "| scenario | failover | lost | what to look at |",
        "| --- | ---: | ---: | --- |",
        *(
            f"| {code(trial.label, in_table=True)} | {duration(trial.failover_ms)} | {words.lost(trial)} "
            f"| {text(cause_words.look_at(trial, lines.get(cause_words.key_of(trial), 0)))} |"
            for trial in trials[:most_rows]
        ),
    ]
    if len(trials) > most_rows:
        rows += ["", f"{counted(len(trials) - most_rows, 'more trial')} in the report."]
    heading = f"{_HEADINGS[outcome]} ({len(trials)})"
    if outcome == "pass":
        yield from _folded(heading, rows)
    else:
        yield from ("", f"### {heading}", "", *rows)


def _folded(summary: str, lines: Sequence[str]) -> Iterator[str]:
    yield from ("", f"<details><summary>{text(summary)}</summary>", "", *lines, "", "</details>")


def text(said: str) -> str:
    """A text in which nothing is markup, a link or a mention, no longer than fits."""
    escaped = _SPECIAL.sub(r"\\\1", _no_longer(one_line(said), LONGEST_TEXT))
    return escaped.replace("@", "@\N{ZERO WIDTH NON-JOINER}").replace("://", ":\\//").replace("www.", "www\\.")


def _no_longer(line: str, most: int) -> str:
    return line if len(line) <= most else f"{line[: most - 1]}…"


def code(said: str, *, in_table: bool = False) -> str:
    """A code span; its fence is longer than any run of backticks inside, and a bar does not end a table's cell."""
    line = _no_longer(one_line(said), LONGEST_CODE) or " "
    line = line.replace("|", "\\|") if in_table else line
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def fenced(said: str, language: str) -> list[str]:
    """A block of code whose fence is longer than any inside."""
    fence = "`" * max(3, max((len(run) for run in re.findall("`+", said)), default=0) + 1)
    return [f"{fence}{language}", printable(said), fence]
