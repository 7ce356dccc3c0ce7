"""Every setting in force, as ``jsquared config`` shows it."""

from collections.abc import Iterator
from typing import Any

import msgspec

from jsquared.records.exclusions import Exclusion
from jsquared.scenario.limits import USUAL_LIMITS
from jsquared.settings.option_keys import OPTION_KEYS
from jsquared.settings.own_rules import LIMIT_KEYS
from jsquared.settings.team_settings import TeamSettings, settings_here
from jsquared.text import counted

DEFAULT = "default"


class SettingInForce(msgspec.Struct, kw_only=True):
    """A setting: its key, its value, and where that comes from."""

    key: str
    value: Any
    value_text: str
    """The value in words, for people."""
    source: str
    """``default``, or the file and line."""
    meaning: str
    option: str = ""
    """The option that wins over it; empty where there is none."""


class SettingsInForce(msgspec.Struct, kw_only=True):
    """All settings; ``file`` is relative to the working folder, and empty where there is none."""

    file: str
    settings: list[SettingInForce]
    exclusions: list[Exclusion]


def settings_in_force() -> SettingsInForce:
    """Return what holds in the working folder today.

    :raises BadInputError: the settings file is wrong; one line with file, line and key.
    """
    settings = settings_here()
    return SettingsInForce(
        file=settings.file,
        settings=[*_options(settings), *_limits(settings), *_suites(settings), *_exclusions(settings)],
        exclusions=list(settings.exclusions),
    )


def _options(settings: TeamSettings) -> Iterator[SettingInForce]:
    for key in OPTION_KEYS:
        found = settings.options.get(key.name)
        value = found.value if found else key.default
        yield SettingInForce(
            key=key.name,
            value=value,
            value_text=str(value),
            source=found.where if found else DEFAULT,
            meaning=key.meaning,
            option=key.option,
        )


def _limits(settings: TeamSettings) -> Iterator[SettingInForce]:
    own = {one.objective: one for one in settings.limits}
    for name, objective in LIMIT_KEYS.items():
        usual, found = USUAL_LIMITS[objective], own.get(objective)
        laxer = f", laxer than {usual}: {found.reason}" if found and found.limit > usual else ""
        value = found.limit if found else usual
        yield SettingInForce(
            key=f"objectives.{name}",
            value=value,
            value_text=f"{value}{laxer}",
            source=found.where if found else DEFAULT,
            meaning=f"The usual limit of the objective {objective}.",
        )


def _suites(settings: TeamSettings) -> Iterator[SettingInForce]:
    for name, scenarios in settings.suites.items():
        yield SettingInForce(
            key=f"suites.{name}",
            value=list(scenarios),
            value_text=f"{counted(len(scenarios), 'scenario')}: {', '.join(scenarios)}",
            source=settings.suite_lines[name],
            meaning="A suite of your own.",
            option=f"--suite {name}",
        )


def _exclusions(settings: TeamSettings) -> Iterator[SettingInForce]:
    for one in settings.exclusions:
        state = "expired after" if one.effect == "expired" else "until"
        yield SettingInForce(
            key=f"exclusions.{one.scenario}",
            value=one.until,
            value_text=f"{state} {one.until}: {one.reason}",
            source=one.where,
            meaning="A scenario that suites leave out for a while.",
        )
