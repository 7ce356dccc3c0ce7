"""A team's settings as the defaults of a command: what is typed always wins, and one line says which settings are used."""

from collections.abc import Sequence
from typing import Any

from jsquared.cli.output import note
from jsquared.settings.option_keys import OPTION_KEYS
from jsquared.settings.team_settings import TeamSettings, settings_here


def defaults_by_settings(command: str, words: Sequence[str]) -> dict[str, Any]:
    """Return the defaults of a command by the settings of the working folder, nested by the words that name it.

    Unless ``--quiet`` is among the words, a line on stderr names the settings that hold, so that nobody wonders about the deployment.

    :raises BadInputError: the settings file is wrong.
    """
    settings = settings_here()
    if settings.file and "--quiet" not in words and (used := _used(settings, command, words)):
        note(f"settings: {settings.file} ({', '.join(used)})")
    defaults: dict[str, Any] = {name: value.value for name, (_, value) in settings.defaults_of(command).items()}
    for word in reversed(command.split()):
        defaults = {word: defaults}
    return defaults


def _used(settings: TeamSettings, command: str, words: Sequence[str]) -> list[str]:
    """The keys that hold for a command line: those of options that it does not give itself, and the rules of runs."""
    typed = {word.partition("=")[0] for word in words if word.startswith("--")}
    options = {key.name: set(key.option.split(", ")) for key in OPTION_KEYS}
    used = [name for name, _ in settings.defaults_of(command).values() if not typed & options[name]]
    rules = {"objectives": settings.limits, "suites": settings.suites, "exclusions": settings.exclusions}
    return [*used, *(name for name, rule in rules.items() if rule)] if command == "run" else used
