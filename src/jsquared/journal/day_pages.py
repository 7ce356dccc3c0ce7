"""The pages of days and weeks: which days each covers, and their text, which the same facts always give alike.

A day page covers the time since the day page before it, so that a missed day loses nothing. What a person wrote below ``## Notes`` stays.
"""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from jsquared.errors import BadInputError
from jsquared.journal.digest import Digest, digest_of
from jsquared.journal.digest_text import in_one_line, sections, tally
from jsquared.journal.front_matter import Page, page_text, pages_in, read_page
from jsquared.journal.journal_folder import Journal
from jsquared.journal.run_facts import RunFacts
from jsquared.journal.trend import tallied
from jsquared.text import counted, whole_number

NOTES = "## Notes"
_WEEK = "%G-W%V"


def day_file(journal: Journal, day: dt.date) -> Path:
    """The file of a day's page."""
    return journal.days / f"{day.isoformat()}.md"


def week_file(journal: Journal, day: dt.date) -> Path:
    """The file of the page of a day's week."""
    return journal.weeks / f"{day.strftime(_WEEK)}.md"


def page_days(journal: Journal) -> list[dt.date]:
    """Return the days that have a page, the oldest first.

    :raises BadInputError: a page there is not called like a day.
    """
    found = []
    for path in pages_in(journal.days):
        try:
            found.append(dt.date.fromisoformat(path.stem))
        except ValueError as problem:
            raise BadInputError(
                "is not called like a day", where=str(path), hint="2026-03-02.md, or another folder"
            ) from problem
    return sorted(found)


def day_digest(journal: Journal, runs: Sequence[RunFacts], day: dt.date) -> Digest:
    """Return what a day's page says: all since the last page before it.

    :raises BadInputError: a page or a file of the journal is malformed.
    """
    return digest_of(journal, runs, max((one for one in page_days(journal) if one < day), default=None), day)


def week_digest(journal: Journal, runs: Sequence[RunFacts], day: dt.date) -> Digest:
    """Return what the page of a week says: all from its Monday until this day.

    :raises BadInputError: a page or a file of the journal is malformed.
    """
    return digest_of(journal, runs, day - dt.timedelta(days=day.weekday() + 1), day)


def day_page(digest: Digest, before: Page | None) -> str:
    """Return the page of a day.

    :param before: the page that is there, whose notes stay.
    """
    day = digest.until
    return _page("day", f"# {_long(day)}", digest, list(sections(digest)) if not digest.is_empty else [], before)


def week_page(journal: Journal, digest: Digest, runs: Sequence[RunFacts], before: Page | None) -> str:
    """Return the page of a week: a row for each day until the digest's last, and all that is new since Monday."""
    monday = digest.until - dt.timedelta(days=digest.until.weekday())
    with_pages = set(page_days(journal))
    days = [monday + dt.timedelta(days=number) for number in range(digest.until.weekday() + 1)]
    rows = ["## Days", "", "| day | trials | outcomes |", "| --- | ---: | --- |"]
    for day in days:
        digest_of_day = [run for run in runs if run.state != "damaged" and journal.day_of(run.started) == day]
        name = f"[{day:%a} {day}](../days/{day}.md)" if day in with_pages else f"{day:%a} {day} (no page)"
        rows.append(f"| {name} | {len(digest_of_day)} | {_outcomes(digest_of_day)} |")
    return _page("week", f"# Week {digest.until.strftime(_WEEK)}", digest, [*rows, "", *sections(digest)], before)


def _outcomes(runs: Sequence[RunFacts]) -> str:
    return tally(tallied(runs)) or "none"


def _page(kind: str, title: str, digest: Digest, lines: Sequence[str], before: Page | None) -> str:
    head: dict[str, str | list[str]] = {
        "kind": kind,
        "date": digest.until.isoformat(),
        "zone": digest.zone,
        "since": digest.since.isoformat() if digest.since else "",
        "trials": str(digest.trials),
        "fingerprints": [f"{name} {one}" for name, one in sorted(digest.fingerprints.items())],
    }
    body = "\n".join([title, "", in_one_line(digest), "", *lines])
    return page_text(head, f"{body.rstrip()}\n\n{_notes(before)}")


def _long(day: dt.date) -> str:
    return f"{day:%A}, {day.day} {day:%B %Y}"


def _notes(before: Page | None) -> str:
    """The notes of the page that is there; their heading alone where there is none."""
    body = f"\n{before.body}" if before else ""
    _, found, written = body.partition(f"\n{NOTES}\n")
    return f"{NOTES}\n{written}".rstrip() if found else NOTES


def page_before(path: Path) -> Page | None:
    """Return the page that is there; None where none is.

    :raises BadInputError: it is malformed, so that its notes might be lost.
    """
    return read_page(path) if path.exists() or path.is_symlink() else None


def lost_trials(digest: Digest, before: Page | None) -> str:
    """Say why a page must not be written again: it knows trials whose folders are gone. Empty where it may be."""
    known = whole_number(before.text("trials")) if before else 0
    since = digest.since.isoformat() if digest.since else ""
    if before is None or known is None or known <= digest.trials or before.text("since") != since:
        return ""
    gone = counted(known - digest.trials, "trial")
    return (
        f"stays as it is: {gone} of it {'is' if known - digest.trials == 1 else 'are'} no longer among the run folders"
    )
