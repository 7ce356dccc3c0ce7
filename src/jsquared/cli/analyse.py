"""``jsquared analyse``: what the text of a deployment says by itself, before any server is started."""

from enum import StrEnum
from typing import Annotated

import typer

from jsquared.cli.allowed_options import takes_allowed
from jsquared.cli.completion import complete_deployments
from jsquared.cli.options import (
    DEPLOYMENT_HELP,
    AckOption,
    EngineOption,
    WithOption,
)
from jsquared.cli.output import print_json, print_lines, print_text, terminal_columns
from jsquared.deployment.model.reach import Allowed
from jsquared.errors import BadInputError
from jsquared.records.verdict import EXIT_CODES
from jsquared.report.findings.github import as_commands
from jsquared.report.findings.markdown import as_markdown
from jsquared.report.findings.sarif import as_sarif
from jsquared.report.findings.text import as_lines
from jsquared.service import analyse as service
from jsquared.service.request import DeploymentRequest


class Format(StrEnum):
    """The forms in which findings are printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    MARKDOWN = "markdown"
    GITHUB = "github"


@takes_allowed()
def analyse_deployment(
    deployment: Annotated[str, typer.Argument(help=DEPLOYMENT_HELP, autocompletion=complete_deployments)] = "reference",
    engine: EngineOption = "auto",
    ack: AckOption = "auto",
    overrides: WithOption = None,
    *,
    allowed: Allowed,
    form: Annotated[
        Format | None,
        typer.Option(
            "--format",
            help="text (the default); json; sarif for code scanning; markdown, a table for a pull request; "
            "github, annotations of a workflow.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Short for --format json.")] = False,
) -> int:
    """Read a deployment's configuration and say what it cannot keep, with the line responsible and the line to try.

    Exit code 1 when a finding is violated: an objective cannot be kept, which follows from the text alone.

    Examples:

    jsquared analyse ./my-config --ack wait:1

    jsquared analyse ./my-config --format sarif > jsquared.sarif
    """
    chosen = _format(form, as_json=as_json)
    request = DeploymentRequest(
        deployment=deployment,
        overrides=overrides or [],
        allowed=allowed,
        engine=engine,
        ack=ack,
    )
    analysis = service.analyse(request)
    _print(analysis, chosen)
    return EXIT_CODES[analysis.outcome]


def _format(form: Format | None, *, as_json: bool) -> Format:
    if as_json and form not in (None, Format.JSON):
        raise BadInputError("is short for --format json", where="--json", hint=f"--format {form} alone")
    return Format.JSON if as_json else form or Format.TEXT


def _print(analysis: service.Analysis, form: Format) -> None:
    document = analysis.document()
    match form:
        case Format.TEXT:
            print_lines(as_lines(document, terminal_columns()))
        case Format.JSON:
            print_json(analysis)
        case Format.SARIF:
            print_json(as_sarif(document))
        case Format.MARKDOWN:
            print_text(as_markdown(document))
        case Format.GITHUB:
            print_text(as_commands(document))
