"""A team's settings as they hold in a folder: every value, where it came from, and the rules for runs."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jsquared.records.exclusions import Exclusion
from jsquared.scenario.team_rules import OwnLimit, TeamRules
from jsquared.settings.entry import Entry
from jsquared.settings.option_keys import OPTION_KEYS, Value
from jsquared.settings.own_rules import check_suite, read_exclusions, read_limits, read_suites
from jsquared.settings.settings_file import read_settings_file

TABLES = ("objectives", "suites", "exclusions")
KEYS = (*(key.name for key in OPTION_KEYS), *TABLES)


@dataclass(frozen=True)
class SetValue:
    """A value that the file sets, and its file and line."""

    value: Value
    where: str


@dataclass(frozen=True, kw_only=True)
class TeamSettings:
    """The settings of a team; without a file, none."""

    file: str = ""
    """The file relative to the working folder; empty where there is none."""
    options: Mapping[str, SetValue] = field(default_factory=dict)
    """The keys that stand for options, as far as the file sets them."""
    limits: Sequence[OwnLimit] = ()
    suites: Mapping[str, Sequence[str]] = field(default_factory=dict)
    suite_lines: Mapping[str, str] = field(default_factory=dict)
    """The file and line of each suite."""
    exclusions: Sequence[Exclusion] = ()

    @property
    def rules(self) -> TeamRules:
        """The rules for runs."""
        return TeamRules(limits=self.limits, suites=self.suites, exclusions=self.exclusions)

    @property
    def usual_suite(self) -> str:
        """The suite to run where a command names nothing; empty where the file sets none."""
        found = self.options.get("suite")
        return str(found.value) if found else ""

    def defaults_of(self, command: str) -> dict[str, tuple[str, SetValue]]:
        """The parameters of a command that have a value here, each with its key."""
        return {
            key.parameters[command]: (key.name, self.options[key.name])
            for key in OPTION_KEYS
            if command in key.parameters and key.name in self.options
        }


def takes_settings(command: str) -> bool:
    """True if a command has options that settings can stand for."""
    return any(command in key.parameters for key in OPTION_KEYS)


def today_utc() -> datetime.date:
    """Return the day by which exclusions expire."""
    return datetime.datetime.now(datetime.UTC).date()


def settings_in(working: Path, today: datetime.date) -> TeamSettings:
    """Return the settings that hold in a folder.

    :raises BadInputError: the file cannot be read, or something in it is wrong; one line with file, line and key.
    """
    root = read_settings_file(working)
    if root is None:
        return TeamSettings()
    entries = root.table(KEYS)
    suites = read_suites(entries["suites"]) if "suites" in entries else {}
    return TeamSettings(
        file=root.source.shown,
        options=_options(entries, suites),
        limits=read_limits(entries["objectives"]) if "objectives" in entries else (),
        suites=suites,
        suite_lines={name: one.where for name, one in entries["suites"].table().items()} if suites else {},
        exclusions=read_exclusions(entries["exclusions"], today) if "exclusions" in entries else (),
    )


def settings_here() -> TeamSettings:
    """Return the settings that hold in the working folder today; none where that folder is gone.

    :raises BadInputError: as :func:`settings_in`.
    """
    try:
        working = Path.cwd()
    except OSError:
        return TeamSettings()
    return settings_in(working, today_utc())


def _options(entries: Mapping[str, Entry], suites: Mapping[str, Sequence[str]]) -> dict[str, SetValue]:
    found = {key.name: (key, entries[key.name]) for key in OPTION_KEYS if key.name in entries}
    return {
        name: SetValue(check_suite(entry, suites) if name == "suite" else key.read(entry), entry.where)
        for name, (key, entry) in found.items()
    }
