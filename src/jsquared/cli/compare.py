"""``jsquared compare``: did an objective get worse between two runs, beyond noise?"""

from pathlib import Path
from typing import Annotated

import typer

from jsquared.cli.options import JsonFlag
from jsquared.cli.output import print_json, print_table
from jsquared.errors import EXIT_PASS, EXIT_VIOLATED
from jsquared.service import compare as service


def compare_runs(
    old: Annotated[Path, typer.Argument(help="The earlier run: a file with the output of run --json, or run folders.")],
    new: Annotated[Path, typer.Argument(help="The later run, in the same form.")],
    as_json: JsonFlag = False,
) -> int:
    """Compare two runs objective by objective; exit code 1 when one got worse beyond noise.

    Example:  jsquared compare before.json after.json
    """
    comparison = service.compare(old, new)
    if as_json:
        print_json(comparison)
    else:
        print_table(["scenario", "objective", "before", "now", "change", "why"], _rows(comparison), whole=2)
    return EXIT_VIOLATED if comparison.outcome == "worse" else EXIT_PASS


def _rows(comparison: service.Comparison) -> list[list[str]]:
    return [
        [one.scenario, one.objective, _value(one.old, one.unit), _value(one.new, one.unit), one.change, one.reason]
        for one in comparison.differences
    ]


def _value(value: float | None, unit: str) -> str:
    return "-" if value is None else f"{value:,.0f} {unit}"
