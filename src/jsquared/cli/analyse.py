"""``jsquared analyse``: what the text of a deployment says by itself, before any server is started."""

from typing import Annotated

import typer

from jsquared.cli.options import (
    DEPLOYMENT_HELP,
    AckOption,
    AllowPathOption,
    EngineOption,
    EnvFileOption,
    EnvOption,
    FloatingOption,
    HostOption,
    JsonFlag,
    WithOption,
    allowed_by,
)
from jsquared.cli.output import print_json, print_table, print_text
from jsquared.records.findings import Finding
from jsquared.records.verdict import EXIT_CODES
from jsquared.service import analyse as service
from jsquared.service.request import DeploymentRequest


def analyse_deployment(
    deployment: Annotated[str, typer.Argument(help=DEPLOYMENT_HELP)] = "reference",
    engine: EngineOption = "auto",
    ack: AckOption = "auto",
    overrides: WithOption = None,
    allow_paths: AllowPathOption = None,
    env_files: EnvFileOption = None,
    env: EnvOption = None,
    floating: FloatingOption = None,
    hosts: HostOption = None,
    as_json: JsonFlag = False,
) -> int:
    """Read a deployment's configuration and say what it cannot keep, with the line responsible and the line to try.

    Exit code 1 when a finding is violated: an objective cannot be kept, which follows from the text alone.

    Example:  jsquared analyse ./my-config --ack wait:1
    """
    request = DeploymentRequest(
        deployment=deployment,
        overrides=overrides or [],
        allowed=allowed_by(allow_paths, env_files, env, floating=floating, hosts=hosts),
        engine=engine,
        ack=ack,
    )
    analysis = service.analyse(request)
    if as_json:
        print_json(analysis)
    else:
        print_table(["finding", "outcome", "why", "what to try"], [_row(finding) for finding in analysis.findings])
        print_text("".join(f"not read: {sentence}\n" for sentence in analysis.not_reproduced))
    return EXIT_CODES[analysis.outcome]


def _row(finding: Finding) -> list[str]:
    why = f"{finding.message} ({finding.directive}{', ' if finding.where else ''}{finding.where})"
    return [finding.rule, f"{finding.outcome}, {finding.severity}", why, finding.fix]
