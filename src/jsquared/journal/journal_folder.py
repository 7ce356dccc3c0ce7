"""The folder of a journal: where its pages are, its settings in ``journal.yaml``, and the days that it counts.

::

    journal/
        journal.yaml        settings
        README.md           what the folder is
        days/               2026-03-02.md: what is new since the day page before it
        weeks/              2026-W10.md
        decisions/          0001-title.md
        tests/              0001-title.md: trials that are kept, with the hashes of their verdicts
        architecture/       DEPLOYMENT.md and .svg
        scorecard.md
        waivers.yaml, standups.yaml, forge/     kept by people or by other programs; none has to be there
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jsquared.deployment.model.directives import Source
from jsquared.deployment.read.yaml.yaml_items import Item, parse_yaml
from jsquared.errors import BadInputError
from jsquared.journal.objectives import FAILOVER_LIMIT_MS, LOST_LIMIT
from jsquared.records.reading import read_bounded

SETTINGS = "journal.yaml"
LARGEST_SETTINGS_BYTES = 64 << 10
MOST_DAYS = 3650
KEYS = ("format", "zone", "runs", "deployment", "objectives", "stale_after_days", "repository")
STALE_AFTER_DAYS = 14
"""A scenario that has not been run for longer proves nothing about today's configuration."""


@dataclass(frozen=True, kw_only=True)
class Journal:
    """A journal's folder with its settings; paths are resolved from the folder."""

    folder: Path
    zone_name: str = "UTC"
    runs: Path = Path("runs")
    deployment: str = ""
    """The deployment that the repository holds: a name, a file or a folder; empty: those of the runs."""
    failover_limit_ms: float = FAILOVER_LIMIT_MS
    lost_limit: int = LOST_LIMIT
    stale_after_days: int = STALE_AFTER_DAYS
    repository: Path = Path()
    """The folder whose git history says when documentation was changed."""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone whose days count."""
        return ZoneInfo(self.zone_name)

    @property
    def days(self) -> Path:
        """The folder of the day pages."""
        return self.folder / "days"

    @property
    def weeks(self) -> Path:
        """The folder of the week pages."""
        return self.folder / "weeks"

    @property
    def decisions(self) -> Path:
        """The folder of the decisions."""
        return self.folder / "decisions"

    @property
    def tests(self) -> Path:
        """The folder of the test records."""
        return self.folder / "tests"

    @property
    def architecture(self) -> Path:
        """The folder of the architecture pages."""
        return self.folder / "architecture"

    def day_of(self, moment: dt.datetime) -> dt.date:
        """The day of a moment in the journal's zone."""
        return moment.astimezone(self.zone).date()


def read_journal(folder: Path) -> Journal:
    """Return the journal of a folder.

    :raises BadInputError: there is none, or a setting is wrong; the line names it.
    """
    file = folder / SETTINGS
    if not file.is_file():
        raise BadInputError(f"is no journal (it has no {SETTINGS})", where=str(folder), hint="jsquared init journal")
    try:
        text = read_bounded(file, LARGEST_SETTINGS_BYTES).decode("utf-8")
    except UnicodeDecodeError as problem:
        raise BadInputError("is not UTF-8", where=str(file), hint="another encoding") from problem
    entries = parse_yaml(text, Source(SETTINGS, str(file))).mapping(KEYS)
    if "format" not in entries:
        raise BadInputError("names no format", where=str(file), hint="format: 1")
    entries["format"].word(["1"])
    objectives = entries["objectives"].mapping(("failover_ms", "lost_writes")) if "objectives" in entries else {}
    limit = objectives.get("failover_ms")
    lost = objectives.get("lost_writes")
    stale = entries.get("stale_after_days")
    return Journal(
        folder=folder,
        zone_name=_zone(entries.get("zone")),
        runs=folder / _text(entries.get("runs"), "../runs"),
        deployment=_deployment(folder, entries.get("deployment")),
        failover_limit_ms=float(limit.integer(1, 10**7)) if limit else FAILOVER_LIMIT_MS,
        lost_limit=lost.integer(0, 10**9) if lost else LOST_LIMIT,
        stale_after_days=stale.integer(1, MOST_DAYS) if stale else STALE_AFTER_DAYS,
        repository=folder / _text(entries.get("repository"), ".."),
    )


def _text(item: Item | None, default: str) -> str:
    return item.text() if item is not None and not item.is_empty else default


def _zone(item: Item | None) -> str:
    name = _text(item, "UTC")
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
        assert item is not None  # UTC is always there
        raise item.bad(f"'{name[:80]}' is not a time zone", "UTC, or a name such as Europe/Berlin") from problem
    return name


def _deployment(folder: Path, item: Item | None) -> str:
    """The name of a shipped deployment, or a path from the journal's folder."""
    named = _text(item, "")
    return str(folder / named) if "/" in named or named.startswith(".") else named


def parse_day(text: str, option: str = "--date") -> dt.date:
    """Return the day of an option.

    :raises BadInputError: it is none.
    """
    try:
        if len(text) != len("2026-03-02"):
            raise ValueError(text)
        return dt.date.fromisoformat(text)
    except ValueError as problem:
        raise BadInputError(f"'{text[:80]}' is not a day", where=option, hint="2026-03-02") from problem


STARTER_SETTINGS = """\
# Settings of the resilience journal. All but the format may be left out; the values here are the defaults.
format: 1

# The time zone whose days count.
zone: UTC

# The folder with run folders, from here.
runs: {runs}

# The deployment that this repository holds, from here: a folder of redis.conf and sentinel.conf files, a YAML file or a Compose file.
# It keeps the architecture page current; without it, that is drawn from the newest run.
{deployment}

# What measurements are held against.
objectives:
  failover_ms: 10000
  lost_writes: 0

# A scenario that has not been run for longer proves nothing about today's configuration.
stale_after_days: 14

# The folder whose git history says when documentation was changed.
repository: ..
"""

STARTER_README = """\
# Resilience journal

What is proven about this deployment, written down by the tool that proved it. Every page is plain Markdown with a head of values.

| folder | holds | written by |
| --- | --- | --- |
| `days/` | what is new since the page before: trials, findings, changes, what to do next | `jsquared journal day` |
| `weeks/` | a week in sum | `jsquared journal week` |
| `decisions/` | decisions, each with the alternatives and the runs that speak for it | `jsquared journal decide "TITLE"`, and you |
| `tests/` | trials that are kept, with the hashes of their verdicts | `jsquared journal keep RUN…` |
| `architecture/` | hosts, roles, margins | `jsquared journal day` |
| `scorecard.md` | objectives with their sources and trends | `jsquared scorecard` |
| `journal.yaml` | settings | you |
| `standups.yaml`, `waivers.yaml`, `forge/` | stand-ups, waivers, exports of issues and reviews; none has to be there | you |

Below `## Notes` a day or week page is yours: it is kept when the page is written again. `jsquared journal check` belongs in CI: broken
links, records that contradict their runs and stale pages are errors there.
"""


def starter_files(folder: Path, runs: str, deployment: str) -> dict[Path, str]:
    """Return the files of a new journal.

    :param runs: where the run folders are, from the journal's folder; likewise ``deployment``, empty for none.
    """
    line = f"deployment: {deployment}" if deployment else "# deployment: ../redis"
    return {
        folder / SETTINGS: STARTER_SETTINGS.format(runs=runs, deployment=line),
        folder / "README.md": STARTER_README,
    }
