"""Answers questions about many run folders: which there are, how their figures change, what one is, and which may go."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from jsquared.errors import BadInputError
from jsquared.journal.fingerprint import effective_lines, input_texts
from jsquared.journal.period import Period
from jsquared.journal.retention import Pruned, Retention, prune
from jsquared.journal.run_facts import RunFacts, is_run_folder, read_facts
from jsquared.journal.run_index import run_folders, runs_in
from jsquared.journal.selection import Selection, parse_age, parse_since
from jsquared.journal.trend import Trend, trend_of
from jsquared.journal.trend_page import write_trend_page
from jsquared.records.reading import ANOTHER
from jsquared.service.outputs import check_writable
from jsquared.service.request import require_range
from jsquared.text import did_you_mean

MOST_FILES = 1_000


@dataclass(frozen=True, kw_only=True)
class RunsRequest:
    """The folder with run folders, and which of them; the texts are those of the options of the same names."""

    runs: Path = Path("runs")
    scenarios: list[str] = field(default_factory=list)
    deployments: list[str] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    since: str = ""
    rebuild: bool = False

    def selection(self, now: datetime) -> Selection:
        """Return the choice.

        :raises BadInputError: an outcome or a time is none.
        """
        since = parse_since(self.since, now) if self.since else None
        chosen = Selection(scenarios=self.scenarios, deployments=self.deployments, outcomes=self.outcomes, since=since)
        chosen.check()
        return chosen

    def find(self, now: datetime | None = None) -> list[RunFacts]:
        """Return the runs that are asked for, the newest first.

        :raises BadInputError: there is no such folder, or an option is wrong.
        """
        chosen = self.selection(now or datetime.now(UTC))
        return chosen.of(runs_in(self.runs, rebuild=self.rebuild))


class RunList(msgspec.Struct, kw_only=True):
    """The runs that were asked for, the newest first, and how many there are in all."""

    folder: str
    total: int
    runs: list[RunFacts]


class RunFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a run folder."""

    name: str
    size_bytes: int


class ShownRun(msgspec.Struct, kw_only=True):
    """All that is known of one run without judging it again."""

    folder: str
    facts: RunFacts
    configuration: dict[str, int]
    """The files of the configuration as given, with their lines that are neither empty nor comments."""
    files: list[RunFile]
    same_configuration: int
    """Other runs beside it with the same deployment and fingerprint."""
    same_kind: int
    """Other runs beside it of the same scenario on the same deployment."""


def list_runs(request: RunsRequest) -> RunList:
    """List run folders.

    :raises BadInputError: there is no such folder, or an option is wrong.
    """
    chosen = request.selection(datetime.now(UTC))
    every = runs_in(request.runs, rebuild=request.rebuild)
    return RunList(folder=str(request.runs), total=len(every), runs=chosen.of(every))


def trend(request: RunsRequest, period: Period, page: Path | None) -> Trend:
    """Compute the trend, and write its page where one is asked for.

    :raises BadInputError: there is no such folder, or an option is wrong.
    :raises RecordError: the page cannot be written.
    """
    if page is not None:
        check_writable(page)
    found = trend_of(request.find(), period)
    if page is not None:
        write_trend_page(found, page)
    return found


def show(root: Path, named: str) -> ShownRun:
    """Show one run.

    :param named: its folder, its name below the root, or a part of that which no other run has.
    :raises BadInputError: there is no such run, or it is damaged.
    """
    folder = find_run(root, named)
    facts = read_facts(folder)
    if facts.state == "damaged":
        raise BadInputError(f"damaged: {facts.problem}", where=str(folder), hint=ANOTHER)
    beside = [run for run in runs_in(folder.parent) if run.run != facts.run and run.deployment == facts.deployment]
    return ShownRun(
        folder=str(folder),
        facts=facts,
        configuration={name: len(effective_lines(text)) for name, text in input_texts(folder).items()},
        files=_files(folder),
        same_configuration=sum(run.fingerprint == facts.fingerprint for run in beside),
        same_kind=sum(run.label == facts.label for run in beside),
    )


def folder_of(root: Path, name: str) -> Path:
    """Return the folder of a run by its whole name, which is compared with those that are there and never opened as a path.

    :raises BadInputError: no run folder directly below the root is called so.
    """
    known = dict(run_folders(root))
    if name not in known:
        raise BadInputError(f"no run is called '{name[:100]}'", where=str(root), hint="jsquared runs list")
    return known[name]


def find_run(root: Path, named: str) -> Path:
    """Return the folder of a run by its path, its name, or a part of its name.

    :raises BadInputError: there is none, or more than one.
    """
    for given in (Path(named), root / named):
        try:
            if is_run_folder(given):
                return given
        except (OSError, ValueError):  # such as a name that is too long
            continue
    names = [run.run for run in runs_in(root)]
    fitting = [name for name in names if named and named in name]
    if len(fitting) == 1:
        return root / fitting[0]
    shown = named[:100]
    if fitting:
        raise BadInputError(
            f"'{shown}' is a part of the names of {len(fitting)} runs", where=str(root), hint=fitting[0]
        )
    hint = did_you_mean(shown, names, listed_by="jsquared runs list")
    raise BadInputError(f"no run is called '{shown}'", where=str(root), hint=hint)


def _files(folder: Path) -> list[RunFile]:
    """The regular files of a run folder, links left out."""
    found: list[RunFile] = []
    waiting = [folder]
    while waiting and len(found) < MOST_FILES:
        at = waiting.pop()
        for path in sorted(at.iterdir()):
            if path.is_symlink():
                continue
            if path.is_dir():
                waiting.append(path)
            elif path.is_file():
                found.append(RunFile(name=str(path.relative_to(folder)), size_bytes=path.stat().st_size))
    return sorted(found, key=lambda file: file.name)[:MOST_FILES]


def prune_runs(request: RunsRequest, *, keep: int | None, older_than: str, dry_run: bool) -> Pruned:
    """Remove run folders that nothing asks to keep.

    :raises BadInputError: an option is wrong, or none says what may go.
    :raises RecordError: a folder cannot be removed.
    """
    if keep is None and not older_than:
        raise BadInputError("says not what may go", where="jsquared runs prune", hint="--keep 10 or --older-than 30d")
    if keep is not None:
        require_range(keep, "--keep", least=1)
    retention = Retention(keep=keep, older_than=parse_age(older_than, "--older-than") if older_than else None)
    now = datetime.now(UTC)
    chosen = request.selection(now)
    every = runs_in(request.runs)
    selected = {run.run for run in chosen.of(every)}
    return prune(request.runs, every, retention, now, dry_run=dry_run, within=selected)
