"""``jsquared compare``: did an objective get worse between two runs, beyond noise?"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from jsquared.cli.options import JsonFlag
from jsquared.cli.output import print_json, print_table
from jsquared.errors import EXIT_PASS, EXIT_VIOLATED
from jsquared.report.words import objective_name, quantity
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
        print_table(["scenario and objective", "before", "now", "change", "why"], list(_rows(comparison)), whole=4)
    return EXIT_VIOLATED if comparison.outcome == "worse" else EXIT_PASS


def _rows(comparison: service.Comparison) -> Iterator[list[str]]:
    """A row with each scenario's name, and below it one for each objective: both in a column would leave none for the reason."""
    scenario = None
    for one in comparison.differences:
        if one.scenario != scenario:
            scenario = one.scenario
            yield [scenario]
        values = [quantity(value, one.unit) for value in (one.old, one.new)]
        yield [f"  {objective_name(one.objective)}", *values, one.change, one.reason]
