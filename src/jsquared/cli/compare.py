"""``jsquared compare``: did an objective get worse between two runs, beyond noise?"""

from pathlib import Path
from typing import Annotated

import typer

from jsquared.campaign.compare import Difference, compare, read_run_document
from jsquared.cli.check import judge_folder
from jsquared.cli.options import JsonFlag
from jsquared.cli.output import print_json, print_table
from jsquared.errors import EXIT_PASS, EXIT_VIOLATED, BadInputError
from jsquared.records.verdict import RunVerdict, worst


def compare_runs(
    old: Annotated[Path, typer.Argument(help="The earlier run: a file with the output of run --json, or run folders.")],
    new: Annotated[Path, typer.Argument(help="The later run, in the same form.")],
    as_json: JsonFlag = False,
) -> int:
    """Compare two runs objective by objective; exit code 1 when one got worse beyond noise.

    Example:  jsquared compare before.json after.json
    """
    differences = compare(read_run(old), read_run(new))
    is_worse = any(difference.change == "worse" for difference in differences)
    if as_json:
        print_json({"outcome": "worse" if is_worse else "not worse", "differences": differences})
    else:
        rows = [_row(difference) for difference in differences]
        print_table(["scenario", "objective", "before", "now", "change", "why"], rows)
    return EXIT_VIOLATED if is_worse else EXIT_PASS


def _row(difference: Difference) -> list[str]:
    values = ["-" if value is None else f"{value:,.0f} {difference.unit}" for value in (difference.old, difference.new)]
    return [difference.scenario, difference.objective, *values, difference.change, difference.reason]


def read_run(path: Path) -> RunVerdict:
    """A run from the file that ``run --json`` printed, from one run folder, or from a folder of run folders.

    :raises BadInputError: none of these, or damaged.
    """
    if _is_folder(path):
        folders = [path] if (path / "plan.json").exists() else sorted(p.parent for p in path.glob("*/plan.json"))
        if not folders:
            raise BadInputError("no run folder in it", where=str(path), hint="a file from 'jsquared run --json'")
        verdicts = [judge_folder(folder) for folder in folders]
        return RunVerdict(outcome=worst(verdict.outcome for verdict in verdicts), trials=verdicts)
    return read_run_document(path)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # such as a name that is too long, or a folder that may not be entered
        return False
