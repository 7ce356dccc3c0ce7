"""``jsquared check``: judge recorded runs again, from their folders alone."""

from pathlib import Path
from typing import Annotated

import typer

from jsquared.cli.options import JsonFlag
from jsquared.cli.output import explain_output_errors, print_json, stderr_console, stdout_console
from jsquared.records.verdict import EXIT_CODES
from jsquared.report.summary_text import print_summary
from jsquared.service import check as service


def check(
    folders: Annotated[
        list[Path], typer.Argument(metavar="RUN_DIR...", help="Run folders, including those of killed runs.")
    ],
    as_json: JsonFlag = False,
) -> int:
    """Judge a run again from its folder alone: no Redis, no sandbox, nothing is changed.

    Example:  jsquared check runs/20260101T120000-primary-crash-1
    """
    verdict = service.check(folders)
    if as_json:
        print_json(verdict)
    with explain_output_errors():
        print_summary(verdict, stderr_console() if as_json else stdout_console())
    return EXIT_CODES[verdict.outcome]
