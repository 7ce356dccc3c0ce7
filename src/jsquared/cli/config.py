"""``jsquared config``: every setting in force, its value and where it comes from."""

from jsquared.cli.listing import print_rows
from jsquared.cli.options import JsonFlag
from jsquared.cli.output import note, print_json
from jsquared.service import settings_in_force as service


def config(as_json: JsonFlag = False) -> None:
    """Show every setting in force, its value and where it comes from; exit code 2 where the settings file is wrong.

    Settings stand in jsquared.toml, or in [tool.jsquared] of pyproject.toml, in the working folder or above it up to the root of its
    repository. What is typed on a command line wins over them. Exclusions that have expired are shown as such.

    Examples:

    jsquared config

    jsquared config --json
    """
    found = service.settings_in_force()
    if as_json:
        print_json(found)
        return
    print_rows(["key", "value", "from"], [[one.key, one.value_text, one.source] for one in found.settings])
    note(f"settings: {found.file}" if found.file else "settings: no jsquared.toml here, so every value is a default")
