"""The rules that a journal is held to, for CI: malformed pages, broken links, records that contradict their runs, stale pages.

Whatever a rule cannot look at, such as a run whose folder is elsewhere, is told as a note and never as a pass or an error.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, TypeVar
from urllib.parse import unquote

import msgspec

from jsquared.errors import BadInputError
from jsquared.journal.architecture import Architecture
from jsquared.journal.architecture_page import written
from jsquared.journal.day_pages import page_days
from jsquared.journal.decision_records import Decision, read_decision
from jsquared.journal.front_matter import Page, pages_in, read_page
from jsquared.journal.journal_folder import Journal
from jsquared.journal.kept_trials import KeptTrials, read_kept_trials
from jsquared.journal.run_facts import RunFacts
from jsquared.journal.run_pointers import RunPointer
from jsquared.journal.waivers import read_waivers

R = TypeVar("R")
HEADS = {
    "day": {"kind", "date", "zone", "since", "trials", "fingerprints"},
    "week": {"kind", "date", "zone", "since", "trials", "fingerprints"},
    "decision": {"kind", "id", "title", "status", "date", "deciders", "runs", "supersedes", "superseded-by"},
    "test": {"kind", "id", "title", "date", "outcome", "fingerprints", "runs"},
    "architecture": {"kind", "deployment", "fingerprint", "engine"},
}
"""What the head of each kind of page may hold."""
_LINK = re.compile(r"!?\[[^\]]*\]\((?!#|[a-z][a-z0-9+.-]*:)([^)\s#]+)[^)]*\)")
_CODE = re.compile(r"^(?:  )?```.*?^(?:  )?```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_OPTION = re.compile(r"^[-*] \S", re.MULTILINE)


class JournalProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong with a file of the journal, or (``note``) something that could not be looked at."""

    severity: Literal["error", "note"]
    file: str
    what: str
    hint: str = ""


class JournalCheck(msgspec.Struct, frozen=True, kw_only=True):
    """``violated`` where there is an error."""

    outcome: Literal["pass", "violated"]
    pages: int
    problems: list[JournalProblem]


def check_journal(
    journal: Journal,
    runs: Sequence[RunFacts] | None,
    drawn: Sequence[Architecture],
    day: dt.date,
    proven_as: tuple[str, str],
) -> JournalCheck:
    """Hold a journal against every rule.

    :param runs: the run folders that are here; None where there are none.
    :param drawn: the architectures that pages should show.
    :param day: today.
    :param proven_as: the deployment and the fingerprint that need a proof; empty words where the journal names no deployment.
    """
    checked = _Checked(journal)
    pages = {kind: checked.read(folder, kind) for kind, folder in _folders(journal).items()}
    checked.records(
        [page.path for page in pages["decision"]], [page.path for page in pages["test"]], journal.runs, runs
    )
    for page in [*(page for some in pages.values() for page in some)]:
        checked.links(page)
    checked.architecture(drawn)
    checked.days(runs)
    checked.waivers(day)
    checked.proof(proven_as, [*pages["day"], *pages["test"]], runs)
    problems = sorted(checked.problems, key=lambda one: (one.severity, one.file, one.what))
    is_violated = any(one.severity == "error" for one in problems)
    return JournalCheck(
        outcome="violated" if is_violated else "pass", pages=sum(map(len, pages.values())), problems=problems
    )


def _folders(journal: Journal) -> dict[str, Path]:
    return {
        "day": journal.days,
        "week": journal.weeks,
        "decision": journal.decisions,
        "test": journal.tests,
        "architecture": journal.architecture,
    }


class _Checked:
    """The problems that were found so far."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.problems: list[JournalProblem] = []

    def _add(
        self, file: Path | str, what: str, hint: str = "", *, severity: Literal["error", "note"] = "error"
    ) -> None:
        try:
            name = str(Path(file).relative_to(self._journal.folder))
        except ValueError:
            name = str(file)
        self.problems.append(JournalProblem(severity=severity, file=name, what=what, hint=hint))

    def _refused(self, file: Path, problem: BadInputError) -> None:
        self._add(file, f"{problem.where.removeprefix(str(file)).lstrip(':, ')} {problem.what}".strip(), problem.hint)

    def read(self, folder: Path, kind: str) -> list[Page]:
        """Return the pages of a folder; what else lies there, or cannot be read, is an error."""
        pages = []
        for path in pages_in(folder):
            try:
                page = read_page(path)
            except BadInputError as problem:
                self._refused(path, problem)
                continue
            pages.append(page)
            if page.text("kind") != kind:
                self._add(path, f"its kind is '{page.text('kind')[:40]}' and not {kind}", f"kind: {kind}")
            for key in sorted(set(page.head) - HEADS[kind]):
                self._add(path, f"unknown key '{key[:40]}' in its head", ", ".join(sorted(HEADS[kind])))
        known = {".md", ".svg"} if kind == "architecture" else {".md"}
        if folder.is_dir() and not folder.is_symlink():
            for path in sorted(folder.iterdir()):
                if path.suffix not in known and not path.name.startswith("."):
                    self._add(
                        path,
                        f"is no page of a {kind}",
                        f"another folder, or a name that ends in {' or '.join(sorted(known))}",
                    )
        return pages

    def records(
        self, decisions: Sequence[Path], tests: Sequence[Path], root: Path, runs: Sequence[RunFacts] | None
    ) -> None:
        """Check numbers, states and the runs that records name."""
        read = list(self._each(decisions, read_decision))
        kept = list(self._each(tests, read_kept_trials))
        self._numbers([(one.path, one.number) for one in read])
        self._numbers([(one.path, one.number) for one in kept])
        for one in read:
            self._superseded(one, {each.number: each for each in read})
            if one.status == "accepted" and _options(one.path) < 2:
                self._add(
                    one.path,
                    "is accepted and names no alternative",
                    "the rejected options below '## Considered options'",
                )
        records: list[Decision | KeptTrials] = [*read, *kept]
        for record in records:
            self._pointers(record, root, has_runs=runs is not None)

    def _each(self, paths: Sequence[Path], read: Callable[[Path], R]) -> Iterator[R]:
        for path in paths:
            try:
                yield read(path)
            except BadInputError as problem:
                self._refused(path, problem)

    def _numbers(self, numbered: Sequence[tuple[Path, str]]) -> None:
        seen: dict[str, Path] = {}
        for path, number in numbered:
            if number in seen:
                self._add(path, f"has the number of {seen[number].name}", "the next number that is free")
            seen.setdefault(number, path)

    def _superseded(self, one: Decision, known: dict[str, Decision]) -> None:
        for here, there, other in (
            ("supersedes", "superseded-by", known.get(one.supersedes)),
            ("superseded-by", "supersedes", known.get(one.superseded_by)),
        ):
            number = one.supersedes if here == "supersedes" else one.superseded_by
            if not number:
                continue
            back = (other.superseded_by if there == "superseded-by" else other.supersedes) if other else ""
            if back != one.number:
                self._add(one.path, f"{here} {number}, which does not say {there} {one.number}", "one of the two heads")
        if bool(one.superseded_by) != (one.status == "superseded"):
            self._add(
                one.path,
                "status and superseded-by contradict each other",
                "status: superseded with superseded-by: NNNN",
            )

    def _pointers(self, record: "Decision | KeptTrials", root: Path, *, has_runs: bool) -> None:
        missing = []
        for pointer in record.runs:
            found = pointer.found_in(root) if has_runs else "missing"
            if found == "changed":
                self._add(
                    record.path, f"the verdict of {pointer.run} is no longer the one that it names", "a new record"
                )
            elif found == "missing":
                missing.append(pointer)
        if missing:
            self._add(record.path, _not_here(missing), severity="note")

    def links(self, page: Page) -> None:
        """Check that every link to a file leads to one."""
        for link in dict.fromkeys(_LINK.findall(_CODE.sub("", page.body))):
            if not _is_there(page.path.parent / unquote(link)):
                self._add(page.path, f"links to {link[:200]}, which is not there", "the link, or the file")

    def architecture(self, drawn: Sequence[Architecture]) -> None:
        """Check that each architecture page shows the deployment as it is."""
        for one in drawn:
            for path, text in written(one, self._journal.architecture).items():
                if path.is_symlink() or not path.is_file():
                    self._add(path, "is missing", "jsquared journal day")
                elif path.read_text(encoding="utf-8", errors="replace") != text:
                    self._add(
                        path, f"is stale: {one.deployment} is {one.fingerprint} on {one.engine}", "jsquared journal day"
                    )

    def days(self, runs: Sequence[RunFacts] | None) -> None:
        """Check that every run is on a page."""
        try:
            days = page_days(self._journal)
        except BadInputError as problem:
            self._refused(self._journal.days, problem)
            return
        newest = max((self._journal.day_of(run.started) for run in runs or ()), default=None)
        if newest is not None and (not days or newest > days[-1]):
            after = f"after {days[-1]}" if days else "at all"
            self._add(
                self._journal.days,
                f"has no page {after}, but runs until {newest}",
                f"jsquared journal day --date {newest}",
            )

    def waivers(self, day: dt.date) -> None:
        """Check that no waiver has ended."""
        try:
            for one in read_waivers(self._journal.folder):
                if one.expires < day:
                    self._add(
                        "waivers.yaml",
                        f"the waiver of {one.rule} ended on {one.expires}",
                        "a new decision, or its removal",
                    )
        except BadInputError as problem:
            self._refused(self._journal.folder / "waivers.yaml", problem)

    def proof(self, proven_as: tuple[str, str], pages: Sequence[Page], runs: Sequence[RunFacts] | None) -> None:
        """Check that the deployment's configuration has been run: on a page, in a record, or here."""
        deployment, fingerprint = proven_as
        if not fingerprint:
            return
        named = f"{deployment} {fingerprint}"
        here = {run.fingerprint for run in runs or () if not run.changes and run.state in ("pass", "violated")}
        if fingerprint not in here and not any(named in page.list("fingerprints") for page in pages):
            command = f"jsquared run --suite standard --deployment {self._journal.deployment}"
            self._add(deployment, f"its configuration {fingerprint} has no proof: no run of it is recorded", command)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # such as a name that is too long
        return False


def _options(path: Path) -> int:
    """How many options a decision names."""
    _, _, after = read_page(path).body.partition("## Considered options")
    return len(_OPTION.findall(after.partition("\n## ")[0]))


def _not_here(pointers: Sequence[RunPointer]) -> str:
    names = ", ".join(pointer.run for pointer in pointers[:3])
    return f"not compared, since their folders are not here: {names}{' …' if len(pointers) > 3 else ''}"
