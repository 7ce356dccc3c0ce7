"""Keeps a team's journal: starts one, writes its pages and records, and holds it against its rules."""

import datetime as dt
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from jsquared.campaign.planning import Request, plan_trials
from jsquared.errors import BadInputError
from jsquared.journal.architecture import Architecture, architecture_of
from jsquared.journal.architecture_page import written
from jsquared.journal.day_pages import (
    day_digest,
    day_file,
    day_page,
    lost_trials,
    page_before,
    week_digest,
    week_file,
    week_page,
)
from jsquared.journal.decision_records import decide as write_decision
from jsquared.journal.digest import Digest, drawn_from
from jsquared.journal.fingerprint import fingerprint
from jsquared.journal.front_matter import write_page
from jsquared.journal.journal_check import JournalCheck, check_journal
from jsquared.journal.journal_folder import SETTINGS, Journal, parse_day, read_journal, starter_files
from jsquared.journal.kept_trials import keep
from jsquared.journal.run_facts import RunFacts, read_facts
from jsquared.journal.run_index import runs_in
from jsquared.journal.run_pointers import RunPointer
from jsquared.records.shown import shown_input
from jsquared.service.outputs import write_new
from jsquared.service.runs import find_run

STATIC_CHECK = "config-quorum"
"""A scenario that every deployment can be planned for without starting anything."""
MOST_PLANS = 20


class Started(msgspec.Struct, kw_only=True):
    """A new journal and its files."""

    journal: str
    files: list[str]


class WrittenPages(msgspec.Struct, kw_only=True):
    """A page of a day or a week, what it says, and the files that were written with it."""

    page: str
    digest: Digest
    changed: list[str]
    """The files that were not so before."""
    stays: str = ""
    """Why the page was left as it is; empty where it was not."""
    not_drawn: str = ""
    """Why the architecture page was left as it is; empty where it was not."""


class WrittenRecord(msgspec.Struct, kw_only=True):
    """A record, and whether it is new."""

    file: str
    is_new: bool = True


@dataclass(frozen=True)
class _Drawn:
    """The architectures that pages show, the name and the fingerprint of the journal's deployment, and why it could not be drawn."""

    architectures: list[Architecture]
    proven_as: tuple[str, str] = ("", "")
    problem: str = ""


def start_journal(folder: Path, runs: Path, deployment: Path | None) -> Started:
    """Make a journal.

    :raises BadInputError: there is one already, or the deployment is not there.
    :raises RecordError: it cannot be written.
    """
    if deployment is not None and not deployment.exists():
        raise BadInputError(
            "no such file or folder", where=str(deployment), hint="--deployment with a folder or a file"
        )
    named = _from(folder, deployment) if deployment is not None else ""
    files = starter_files(folder, _from(folder, runs), named)
    write_new(files, for_all=list(files))
    return Started(journal=str(folder), files=[str(path) for path in files])


def _from(folder: Path, path: Path) -> str:
    """A path as it is named from a folder."""
    try:
        named = os.path.relpath(path.absolute(), folder.absolute())
    except (OSError, ValueError):
        return str(path)
    return named if named.startswith(".") else f"./{named}"


def write_day(folder: Path, date: str, today: dt.datetime | None = None) -> WrittenPages:
    """Write the page of a day, and the architecture pages.

    :param date: empty: today, in the journal's zone.
    :raises BadInputError: there is no journal, something in it is malformed, or the day is none.
    :raises RecordError: a page cannot be written.
    """
    journal = read_journal(folder)
    day = _day(journal, date, today)
    runs = runs_of(journal) or []
    path = day_file(journal, day)
    before = page_before(path)
    digest = day_digest(journal, runs, day)
    stays = lost_trials(digest, before)
    files = {} if stays else {path: day_page(digest, before)}
    drawn = _drawn(journal, runs)
    for one in drawn.architectures:
        files |= written(one, journal.architecture)
    changed = [str(file) for file, text in files.items() if write_page(file, text)]
    return WrittenPages(page=str(path), digest=digest, changed=changed, stays=stays, not_drawn=drawn.problem)


def write_week(folder: Path, date: str, today: dt.datetime | None = None) -> WrittenPages:
    """Write the page of a week until a day.

    :raises BadInputError: there is no journal, something in it is malformed, or the day is none.
    :raises RecordError: the page cannot be written.
    """
    journal = read_journal(folder)
    day = _day(journal, date, today)
    runs = runs_of(journal) or []
    path = week_file(journal, day)
    before = page_before(path)
    digest = week_digest(journal, runs, day)
    stays = lost_trials(digest, before)
    is_changed = not stays and write_page(path, week_page(journal, digest, runs, before))
    return WrittenPages(page=str(path), digest=digest, changed=[str(path)] if is_changed else [], stays=stays)


def decide(folder: Path, title: str, date: str, runs: Sequence[str], supersedes: str) -> WrittenRecord:
    """Write a new decision.

    :raises BadInputError: there is no journal, or a run or a decision that is named is none.
    :raises RecordError: it cannot be written.
    """
    journal = read_journal(folder)
    pointers = [RunPointer.of(read_facts(find_run(journal.runs, name))) for name in runs]
    path = write_decision(journal, title, _day(journal, date), pointers, supersedes)
    return WrittenRecord(file=str(path))


def keep_runs(folder: Path, names: Sequence[str], title: str, date: str) -> WrittenRecord:
    """Write a test record of runs, which no pruning removes from then on.

    :raises BadInputError: there is no journal, or a run that is named is none or has no verdict.
    :raises RecordError: it cannot be written.
    """
    journal = read_journal(folder)
    folders = list(dict.fromkeys(find_run(journal.runs, name) for name in names))
    runs = [read_facts(one) for one in folders]
    path, is_new = keep(journal, folders, runs, title, _day(journal, date))
    return WrittenRecord(file=str(path), is_new=is_new)


def check(folder: Path, today: dt.datetime | None = None) -> JournalCheck:
    """Hold a journal against its rules.

    :raises BadInputError: there is no journal, or its settings are wrong.
    """
    journal = read_journal(folder)
    runs = runs_of(journal)
    drawn = _drawn(journal, runs or [])
    found = check_journal(journal, runs, drawn.architectures, _day(journal, "", today), drawn.proven_as)
    if drawn.problem:
        raise BadInputError(drawn.problem, where=f"{folder / SETTINGS}, deployment", hint="jsquared analyse with it")
    return found


def _day(journal: Journal, text: str, today: dt.datetime | None = None) -> dt.date:
    return parse_day(text) if text else journal.day_of(today or dt.datetime.now(ZoneInfo("UTC")))


def runs_of(journal: Journal) -> list[RunFacts] | None:
    """The runs of a journal; None where there is no such folder, as in a fresh clone."""
    try:
        is_there = journal.runs.is_dir()
    except (OSError, ValueError):  # such as a name that is too long
        is_there = False
    return runs_in(journal.runs) if is_there else None


def _drawn(journal: Journal, runs: Sequence[RunFacts]) -> _Drawn:
    """What the architecture pages show: the journal's deployment, else those of the runs."""
    if not journal.deployment:
        return _Drawn(_of_runs(journal, runs))
    try:
        order = plan_trials(Request(names=(STATIC_CHECK,), deployment=journal.deployment, out=journal.runs)).orders[0]
    except BadInputError as problem:
        return _Drawn([], problem=f"cannot be read: {problem}")
    plan = order.plan
    name = fingerprint(plan, shown_input(plan))
    plans = [
        msgspec.structs.replace(
            plan,
            master_name=one.master_name,
            quorum=one.quorum,
            down_after_ms=one.down_after_ms,
            failover_timeout_ms=one.failover_timeout_ms,
        )
        for one in order.deployment.monitored
    ]
    return _Drawn([architecture_of(plans or [plan], name)], (plan.deployment, name))


def _of_runs(journal: Journal, runs: Sequence[RunFacts]) -> list[Architecture]:
    """The newest configuration of each deployment that was run as it is."""
    as_it_is = [run for run in runs if run.state != "damaged" and not run.changes]
    newest: dict[str, list[RunFacts]] = {}
    for run in sorted(as_it_is, key=lambda run: (run.started, run.run), reverse=True):
        same = newest.setdefault(run.deployment, [run])
        if run is not same[0] and run.fingerprint == same[0].fingerprint and len(same) < MOST_PLANS:
            same.append(run)
    drawn = [drawn_from(journal, same) for _, same in sorted(newest.items())]
    return [one for one in drawn if one is not None]
