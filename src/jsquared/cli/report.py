"""``jsquared report``: write the HTML report of recorded runs again, from their folders alone."""

from pathlib import Path
from typing import Annotated

import typer

from jsquared.cli.options import JsonFlag, MarkdownOption, OpenMetricsOption
from jsquared.cli.output import print_json, print_text
from jsquared.service import report as service


def report(
    folders: Annotated[
        list[Path], typer.Argument(metavar="RUN_DIR...", help="Run folders, including those of killed runs.")
    ],
    out: Annotated[Path | None, typer.Option(help="The HTML file (default: report.html in the first folder).")] = None,
    redact: Annotated[
        bool,
        typer.Option("--redact", help="Leave the configuration out, to pass the report on. Findings keep their lines."),
    ] = False,
    markdown: MarkdownOption = None,
    openmetrics: OpenMetricsOption = None,
    as_json: JsonFlag = False,
) -> int:
    """Write one HTML report of one or more runs from their folders alone; it opens from disk, without a network.

    Passwords and other secrets are marks such as <secret-1> in every report.

    Examples:

    jsquared report runs/20260101T120000-* --out all.html

    jsquared report RUN_DIR --redact --out to-pass-on.html
    """
    path = service.report(
        service.ReportRequest(folders=folders, out=out, redact=redact, markdown=markdown, openmetrics=openmetrics)
    )
    if as_json:
        print_json({"report": str(path), "runs": [str(folder) for folder in folders]})
    else:
        print_text(f"{path}\n")
    return 0
