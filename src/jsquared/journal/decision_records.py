"""Decisions as numbered Markdown files in the form of MADR, each with the runs that speak for it."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jsquared.errors import BadInputError
from jsquared.journal.front_matter import Page, page_text, pages_in, read_page, write_page
from jsquared.journal.journal_folder import Journal
from jsquared.journal.run_pointers import RunPointer, parse_pointers
from jsquared.report.markdown import code, text

STATUSES = ("proposed", "accepted", "rejected", "deprecated", "superseded")
LONGEST_TITLE = 150
MOST_RECORDS = 9999
_NUMBERED = re.compile(r"(\d{4})-[^/]+\.md")


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A decision's head."""

    path: Path
    number: str
    title: str
    status: str
    date: dt.date
    runs: tuple[RunPointer, ...]
    supersedes: str
    superseded_by: str


def decisions_of(journal: Journal) -> list[Decision]:
    """Return the decisions of a journal, by number.

    :raises BadInputError: one of them is malformed.
    """
    return [read_decision(path) for path in pages_in(journal.decisions)]


def read_decision(path: Path) -> Decision:
    """Return the decision of a file.

    :raises BadInputError: its head is malformed.
    """
    page = read_page(path)
    status = page.text("status")
    if status not in STATUSES:
        raise BadInputError(f"'{status[:40]}' is not a status", where=str(path), hint=", ".join(STATUSES))
    return Decision(
        path=path,
        number=number_of(page),
        title=page.text("title"),
        status=status,
        date=date_of(page),
        runs=tuple(parse_pointers(page.list("runs"), str(path))),
        supersedes=page.text("supersedes"),
        superseded_by=page.text("superseded-by"),
    )


def number_of(page: Page) -> str:
    """Return the number of a record, which its name and its head both have.

    :raises BadInputError: they differ, or one has none.
    """
    found = _NUMBERED.fullmatch(page.path.name)
    if not found or found[1] != page.text("id"):
        raise BadInputError(
            "the number in its name is not its id", where=str(page.path), hint="NNNN-title.md with id: NNNN"
        )
    return found[1]


def date_of(page: Page) -> dt.date:
    """Return the day of a page.

    :raises BadInputError: it has none.
    """
    try:
        return dt.date.fromisoformat(page.text("date"))
    except ValueError as problem:
        raise BadInputError("has no date", where=str(page.path), hint="date: 2026-03-02") from problem


def new_record(folder: Path, title: str) -> tuple[str, Path]:
    """Return the next number of a folder of records, and the file of a record with this title.

    :raises BadInputError: the title is empty or too long, or there are too many records.
    """
    words = " ".join(title.split())
    if not words or len(words) > LONGEST_TITLE:
        raise BadInputError(f"a title has 1 to {LONGEST_TITLE} characters", where="TITLE", hint="a shorter one")
    numbers = [int(found[1]) for path in pages_in(folder) if (found := _NUMBERED.fullmatch(path.name))]
    number = max(numbers, default=0) + 1
    if number > MOST_RECORDS:
        raise BadInputError(f"more than {MOST_RECORDS:,} records", where=str(folder), hint="another journal")
    slug = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")[:60].strip("-") or "record"
    return f"{number:04d}", folder / f"{number:04d}-{slug}.md"


def decide(journal: Journal, title: str, day: dt.date, runs: Sequence[RunPointer] = (), supersedes: str = "") -> Path:
    """Write a new decision, proposed, and return its file; one that it supersedes says so from now on.

    :raises BadInputError: the title is no title, or there is no decision to supersede.
    :raises RecordError: it cannot be written.
    """
    number, path = new_record(journal.decisions, title)
    words = " ".join(title.split())
    old = _named(journal, supersedes) if supersedes else None
    head: dict[str, str | list[str]] = {
        "kind": "decision",
        "id": number,
        "title": words,
        "status": "proposed",
        "date": day.isoformat(),
        "runs": [str(run) for run in runs],
        "supersedes": old.number if old else "",
        "superseded-by": "",
    }
    write_page(path, page_text(head, _body(number, words, runs, old)))
    if old:
        page = read_page(old.path)
        write_page(old.path, page_text({**page.head, "status": "superseded", "superseded-by": number}, page.body))
    return path


def _named(journal: Journal, number: str) -> Decision:
    wanted = number.zfill(4)
    for one in decisions_of(journal):
        if one.number == wanted:
            return one
    raise BadInputError(f"there is no decision {number[:20]}", where="--supersedes", hint=str(journal.decisions))


def _body(number: str, title: str, runs: Sequence[RunPointer], old: Decision | None) -> str:
    evidence = [f"- {code(run.run)}: {run.outcome}" for run in runs] or [
        "None yet: `jsquared journal decide --run RUN` names runs."
    ]
    replaces = [f"Supersedes [{old.number}]({old.path.name}): {text(old.title)}.", ""] if old else []
    return "\n".join(
        [
            f"# {number}. {text(title)}",
            "",
            *replaces,
            "## Context and problem statement",
            "",
            "_What is the case, and what has to be decided?_",
            "",
            "## Considered options",
            "",
            "- _One option._",
            "- _Another one, and why it was rejected._",
            "",
            "## Decision outcome",
            "",
            "_Which option, and because of what? Then set the status in the head to accepted or rejected._",
            "",
            "## Consequences",
            "",
            "- _What gets better, and what gets worse._",
            "",
            "## Confirmation",
            "",
            "Runs that speak for it:",
            "",
            *evidence,
        ]
    )
