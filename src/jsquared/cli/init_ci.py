"""``jsquared init ci``: a pipeline for CI, as files to commit."""

from pathlib import Path
from typing import Annotated

import typer

from jsquared.cli.options import JsonFlag
from jsquared.cli.output import print_json, print_text, stderr_console
from jsquared.service import ci_pipeline as service
from jsquared.service.ci_pipeline import PlatformName


def ci(
    platform: Annotated[PlatformName, typer.Option("--for", help="Where the pipeline runs.")],
    deployment: Annotated[
        Path, typer.Option(metavar="FOLDER|FILE", help="The deployment in the repository.", show_default=True)
    ] = Path("redis"),
    out: Annotated[Path, typer.Option(metavar="DIR", help="The repository's root.", show_default=True)] = Path(),
    as_json: JsonFlag = False,
) -> None:
    """Write a pipeline that analyses, audits, plans and tries every change of a deployment, and comments on the result.

    Its stages are analyse, audit, change plan between the branch's base and its head, and run --suite standard; the first that does not
    pass ends it, with its exit code. Reports are kept without the servers' passwords. One line says how JSquared gets there: fill it in,
    until then the pipeline fails at once. Nothing that is there already is overwritten.

    Examples:

    jsquared init ci --for github --deployment redis

    jsquared init ci --for gitlab --deployment ops/compose.yaml --out ~/infrastructure
    """
    written = service.write_pipeline(platform, deployment, out)
    if as_json:
        print_json(written)
        return
    print_text("".join(f"{file}\n" for file in written.files))
    for step in written.next:
        stderr_console().say(f"Next: {step}")
