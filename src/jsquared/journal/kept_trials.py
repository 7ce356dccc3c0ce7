"""Test records: trials that are kept as a proof, with what they showed and the hashes of their verdicts."""

import datetime as dt
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jsquared.errors import BadInputError
from jsquared.journal.blocks import block
from jsquared.journal.decision_records import date_of, new_record, number_of
from jsquared.journal.front_matter import page_text, pages_in, read_page, write_page
from jsquared.journal.journal_folder import Journal
from jsquared.journal.run_facts import KEPT, KeptMark, RunFacts
from jsquared.journal.run_pointers import RunPointer, parse_pointers
from jsquared.records.plan_files import write_atomically
from jsquared.records.run_directory import explain_write_errors
from jsquared.records.verdict import Outcome, worst
from jsquared.report.markdown import code, text
from jsquared.report.words import objective_name, quantity
from jsquared.text import NONE, count, counted, duration, encode_json


@dataclass(frozen=True, kw_only=True)
class KeptTrials:
    """The head of a test record."""

    path: Path
    number: str
    title: str
    date: dt.date
    outcome: str
    runs: tuple[RunPointer, ...]
    fingerprints: tuple[str, ...]


def kept_trials_of(journal: Journal) -> list[KeptTrials]:
    """Return the test records of a journal, by number.

    :raises BadInputError: one of them is malformed.
    """
    return [read_kept_trials(path) for path in pages_in(journal.tests)]


def read_kept_trials(path: Path) -> KeptTrials:
    """Return the test record of a file.

    :raises BadInputError: its head is malformed.
    """
    page = read_page(path)
    return KeptTrials(
        path=path,
        number=number_of(page),
        title=page.text("title"),
        date=date_of(page),
        outcome=page.text("outcome"),
        runs=tuple(parse_pointers(page.list("runs"), str(path))),
        fingerprints=tuple(page.list("fingerprints")),
    )


def keep(
    journal: Journal, folders: Sequence[Path], runs: Sequence[RunFacts], title: str, day: dt.date
) -> tuple[Path, bool]:
    """Write a test record of these runs, and mark their folders so that nothing removes them; return it, and whether it is new.

    Where a record of just these runs is there already, it stays as it is.

    :param folders: those of the runs, in the same order.
    :raises BadInputError: there is none, or one has no verdict.
    :raises RecordError: the record or a mark cannot be written.
    """
    if not runs:
        raise BadInputError("names no run", where="jsquared journal keep", hint="jsquared runs list")
    pointers = [RunPointer.of(run) for run in runs]
    there = next((one for one in kept_trials_of(journal) if set(one.runs) == set(pointers)), None)
    path = there.path if there else _write(journal, runs, pointers, title, day)
    for folder in folders:
        with explain_write_errors(folder):
            write_atomically(folder / KEPT, encode_json(KeptMark(record=f"tests/{path.name}")))
    return path, there is None


def _write(
    journal: Journal, runs: Sequence[RunFacts], pointers: Sequence[RunPointer], title: str, day: dt.date
) -> Path:
    outcomes: list[Outcome] = [run.state for run in runs if run.state in ("pass", "violated", "inconclusive")]
    number, path = new_record(journal.tests, title or _title(runs))
    words = " ".join((title or _title(runs)).split())
    head: dict[str, str | list[str]] = {
        "kind": "test",
        "id": number,
        "title": words,
        "date": day.isoformat(),
        "outcome": worst(outcomes),
        "fingerprints": sorted({f"{run.deployment} {run.fingerprint}" for run in runs}),
        "runs": [str(pointer) for pointer in pointers],
    }
    write_page(path, page_text(head, "\n".join(_body(number, words, runs))))
    return path


def _title(runs: Sequence[RunFacts]) -> str:
    scenarios = list(dict.fromkeys(run.label for run in runs))
    about = scenarios[0] if len(scenarios) == 1 else counted(len(scenarios), "scenario")
    return f"{about} on {', '.join(sorted({run.deployment for run in runs}))}"[:150]


def _body(number: str, title: str, runs: Sequence[RunFacts]) -> list[str]:
    rows = [
        f"| {code(run.run, in_table=True)} | {run.state} | {duration(run.failover_ms)} | {count(run.lost) if run.was_run else NONE} "
        f"| {text(run.deployment)} {code(run.fingerprint)} | {text(run.engine)} | {run.ack} |"
        for run in runs
    ]
    reasons = [f"- {code(run.run)}: {text(reason)}" for run in runs for reason in run.reasons]
    objectives = [
        f"| {code(run.label, in_table=True)}, seed {run.seed} | {objective_name(one.name)} | {quantity(one.limit, one.unit)} "
        f"| {quantity(one.value, one.unit)} | {one.outcome} |"
        for run in runs
        for one in run.objectives
    ]
    return [
        f"# {number}. {text(title)}",
        "",
        "| run | outcome | failover | lost | configuration | engine | acknowledgement |",
        "| --- | --- | ---: | ---: | --- | --- | --- |",
        *rows,
        "",
        *(["## Reasons", "", *reasons, ""] if reasons else []),
        "## Objectives",
        "",
        "| trial | objective | limit | measured | outcome |",
        "| --- | --- | ---: | ---: | --- |",
        *objectives,
        "",
        "## To run it again",
        "",
        *block(list(dict.fromkeys(shlex.join(_shown(run)) for run in runs)), "sh"),
    ]


def _shown(run: RunFacts) -> tuple[str, ...]:
    return run.command or ("jsquared", "run", run.scenario)
