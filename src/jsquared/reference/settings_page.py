"""The reference of settings: every key of ``jsquared.toml``, made of the table that reads them."""

from collections.abc import Iterator

from jsquared.cli.command_table import COMMANDS
from jsquared.reference.cells import cell, table
from jsquared.scenario.limits import USUAL_LIMITS
from jsquared.settings.option_keys import OPTION_KEYS, OptionKey
from jsquared.settings.own_rules import LEAST_MS, LIMIT_KEYS, LONGEST_DAYS, MOST_ENTRIES, MOST_LOST, MOST_MS

INTRODUCTION = """# Settings

Settings stand in `jsquared.toml`, or in the table `[tool.jsquared]` of `pyproject.toml`. JSquared looks in the working folder and above
it, up to the root of its repository (where `.git` is); outside of a repository it looks in the working folder alone. The file nearest to
the working folder holds, and no other one is read. How to use them: [team settings](../guides/team-settings.md).

A command line wins over them. `jsquared config` shows what holds, and where it comes from. Every key is checked whenever a command reads
the file: what is wrong is one line with file, line and key, and exit code 2. Paths are relative to the file, and stay in its repository.

## Options

Each key stands for an option of the commands named, and takes the place of its default.
"""
OBJECTIVES = f"""## `[objectives]`

The team's own limits in `jsquared run`, each in the place of JSquared's usual one. The value is a number, or `{{ limit = 5000, reason =
"…" }}`. A limit that is laxer than usual needs a reason, and stands in every verdict (`laxer`). Times are {LEAST_MS} to {MOST_MS} ms,
counts 0 to {MOST_LOST}.

A scenario that grants more time than usual, such as 30 s of TILT, grants as much more beyond the team's limit. One that allows less than
usual keeps its limit where the team's is no stricter. The limits that a scenario file writes down itself stay as they are. The static
analysis keeps its own objective of 10 s.
"""
SUITES = f"""## `[suites]`

Suites of your own: a name (small letters, digits and `-`) to a list of 1 to {MOST_ENTRIES} scenarios, or scenario files (`.yaml`).
`jsquared run --suite NAME` and `jsquared alerts matrix --suite NAME` run them, also with shipped suites beside them: `--suite
quick,smoke`.
"""
EXCLUSIONS = f"""## `[exclusions]`

Scenarios that suites leave out for a while, each with both keys:

| key | value |
| --- | --- |
| `reason` | why, in a sentence |
| `until` | the last day (UTC) on which it holds, without quotes, at most {LONGEST_DAYS} days ahead |

An exclusion stands in the verdict of every trial, in the report, and in the terminal, Markdown and JUnit forms. One that has expired
excludes nothing any more, and is named as such. A scenario that is named on the command line runs all the same. The findings of the
static analysis count, whatever is excluded.
"""


def page() -> str:
    """Return the whole page."""
    return "\n".join(
        [INTRODUCTION, *_options(), "", OBJECTIVES, *_limits(), "", SUITES, EXCLUSIONS.rstrip(), ""],
    )


def _options() -> Iterator[str]:
    yield from table(["key", "meaning", "value", "default", "option", "commands"], [_row(key) for key in OPTION_KEYS])


def _row(key: OptionKey) -> list[str]:
    commands = [name for name in COMMANDS if name in key.parameters] or ["run"]
    return [
        f"`{key.name}`",
        cell(key.meaning),
        f"{cell(key.allowed)}; such as `{key.name} = {key.example}`",
        f"`{key.default}`",
        f"`{key.option}`",
        ", ".join(commands),
    ]


def _limits() -> Iterator[str]:
    rows = [
        [
            f"`{name}`",
            f"`{objective}`",
            "ms" if name.endswith("_ms") else objective.removeprefix("lost_"),
            str(USUAL_LIMITS[objective]),
        ]
        for name, objective in LIMIT_KEYS.items()
    ]
    yield from table(["key", "objective", "unit", "usual limit"], rows)
