"""``jsquared journal`` and ``jsquared init journal``: the records of a team, as Markdown in its own repository."""

from pathlib import Path
from typing import Annotated

import typer

from jsquared.cli.options import JsonFlag
from jsquared.cli.output import print_json, print_text, stderr_console
from jsquared.errors import EXIT_PASS, EXIT_VIOLATED
from jsquared.journal.digest_text import in_one_line
from jsquared.service import journal as service
from jsquared.text import counted

JournalOption = Annotated[Path, typer.Option("--journal", metavar="DIR", help="The folder of the journal.")]
DateOption = Annotated[
    str, typer.Option("--date", metavar="DAY", help="The day, such as 2026-03-02; default: today in its zone.")
]


def start(
    folder: Annotated[Path, typer.Argument(metavar="[FOLDER]", help="The folder to make.", show_default=True)] = Path(
        "journal"
    ),
    runs: Annotated[Path, typer.Option(metavar="DIR", help="The folder with run folders.")] = Path("runs"),
    deployment: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE|FOLDER",
            help="The deployment that this repository holds; it keeps the architecture page current.",
        ),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Start a journal: a folder of Markdown for days, decisions, kept trials and the architecture, with its settings.

    Commit it: nothing in it is a secret. Nothing that is there already is overwritten.

    Examples:

    jsquared init journal

    jsquared init journal docs/resilience --deployment ./redis
    """
    made = service.start_journal(folder, runs, deployment)
    if as_json:
        print_json(made)
        return
    print_text("".join(f"{file}\n" for file in made.files))
    where = "" if folder == Path("journal") else f" --journal {folder}"
    stderr_console().say(f"Next: jsquared journal day{where}")


def day(date: DateOption = "", journal: JournalOption = Path("journal"), as_json: JsonFlag = False) -> None:
    """Write the page of a day: what is new since the page before, and what to do next; and keep the architecture page current.

    Trials and outcomes, objectives against the days before, new and mended findings, changes of the configuration with the lines that
    differ, changes of the architecture, decisions, waivers that end. An empty day says so in one line. The same runs and files give the
    same page, and what you wrote below its heading Notes stays.

    Examples:

    jsquared journal day

    jsquared journal day --date 2026-03-02 --journal docs/resilience
    """
    _say(service.write_day(journal, date), as_json=as_json)


def week(date: DateOption = "", journal: JournalOption = Path("journal"), as_json: JsonFlag = False) -> None:
    """Write the page of a week: its days in a table, and all that is new since Monday.

    Example:  jsquared journal week --date 2026-03-08
    """
    _say(service.write_week(journal, date), as_json=as_json)


def _say(done: service.WrittenPages, *, as_json: bool) -> None:
    if as_json:
        print_json(done)
    else:
        print_text(f"{done.page}: {done.stays or in_one_line(done.digest)}\n")
        for step in done.digest.next:
            print_text(f"  next: {step}\n")
    if done.not_drawn:
        stderr_console().say(f"the architecture page stays as it is: {done.not_drawn}")


def decide(
    title: Annotated[str, typer.Argument(metavar="TITLE", help="The decision in a few words.")],
    run: Annotated[
        list[str] | None, typer.Option(metavar="RUN", help="A run that speaks for it; may be repeated.")
    ] = None,
    supersedes: Annotated[str, typer.Option(metavar="NUMBER", help="The decision that it replaces.")] = "",
    date: DateOption = "",
    journal: JournalOption = Path("journal"),
    as_json: JsonFlag = False,
) -> None:
    """Write a new decision in the form of MADR, numbered and proposed, for you to fill in.

    Runs are named with the hash of their verdict, so that the journal's check says when they no longer show what the record claims.

    Examples:

    jsquared journal decide "Three Sentinels, one on each data host"

    jsquared journal decide "Detect after 2 s" --run primary-crash-1 --supersedes 1
    """
    _tell(service.decide(journal, title, date, run or [], supersedes), as_json=as_json)


def keep(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Run folders, their names, or parts of them.")],
    title: Annotated[str, typer.Option(help="The record's title; default: the scenarios and the deployment.")] = "",
    date: DateOption = "",
    journal: JournalOption = Path("journal"),
    as_json: JsonFlag = False,
) -> None:
    """Write a test record of runs, with the hashes of their verdicts, and keep their folders from being removed.

    Example:  jsquared journal keep 20260302T120000-primary-crash-1 20260302T120000-primary-hang-1 --title "Before the upgrade"
    """
    _tell(service.keep_runs(journal, runs, title, date), as_json=as_json)


def _tell(record: service.WrittenRecord, *, as_json: bool) -> None:
    if as_json:
        print_json(record)
        return
    print_text(f"{record.file}\n")
    if not record.is_new:
        stderr_console().say("is there already, and stays as it is")


def check(journal: JournalOption = Path("journal"), as_json: JsonFlag = False) -> int:
    """Hold the journal against its rules; exit code 1 for a malformed or stale page, a broken link, a record that its runs contradict.

    Further errors: a configuration that no run has proven, a waiver that has ended, a decision that was accepted without an alternative.
    What cannot be looked at, such as a run whose folder is elsewhere, is told as a note.

    Example:  jsquared journal check --journal docs/resilience
    """
    found = service.check(journal)
    if as_json:
        print_json(found)
    else:
        for one in found.problems:
            hint = f". Try: {one.hint}" if one.hint else ""
            print_text(f"{one.severity}: {one.file}: {one.what}{hint}\n")
        errors = sum(one.severity == "error" for one in found.problems)
        stderr_console().say(f"{counted(found.pages, 'page')}, {counted(errors, 'error')}")
    return EXIT_VIOLATED if found.outcome == "violated" else EXIT_PASS
