"""``jsquared analyse``: what the text of a deployment says by itself, before any server is started."""

from typing import Annotated

import typer

from jsquared.analysis.analysis import analyse
from jsquared.cli.options import (
    DEPLOYMENT_HELP,
    AckOption,
    AllowPathOption,
    EngineOption,
    EnvFileOption,
    EnvOption,
    FloatingOption,
    JsonFlag,
    WithOption,
    allowed_by,
    parse_ack,
)
from jsquared.cli.output import print_json, print_table, print_text
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.overrides import apply_overrides
from jsquared.deployment.render.not_reproduced import not_read
from jsquared.errors import EXIT_PASS, EXIT_VIOLATED
from jsquared.records.findings import Finding
from jsquared.running.engine import find_engine
from jsquared.trial.plan import check_ack


def analyse_deployment(
    deployment: Annotated[str, typer.Argument(help=DEPLOYMENT_HELP)] = "reference",
    engine: EngineOption = "auto",
    ack: AckOption = "auto",
    overrides: WithOption = None,
    allow_paths: AllowPathOption = None,
    env_files: EnvFileOption = None,
    env: EnvOption = None,
    floating: FloatingOption = None,
    as_json: JsonFlag = False,
) -> int:
    """Read a deployment's configuration and say what it cannot keep, with the line responsible and the line to try.

    Exit code 1 when a finding is violated: an objective cannot be kept, which follows from the text alone.

    Example:  jsquared analyse ./my-config --ack wait:1
    """
    allowed = allowed_by(allow_paths, env_files, env, floating=floating)
    under_test = apply_overrides(load_deployment(deployment, allowed), overrides or [])
    level = parse_ack(ack) or under_test.majority_ack
    check_ack(level, under_test)
    findings = analyse(under_test, find_engine(engine), level)
    is_violated = any(finding.outcome == "violated" for finding in findings)
    if as_json:
        document = {"outcome": "violated" if is_violated else "pass", "ack": str(level), "findings": findings}
        print_json({**document, "not_reproduced": not_read(under_test)})
    else:
        print_table(["finding", "outcome", "why", "what to try"], [_row(finding) for finding in findings])
        print_text("".join(f"not read: {sentence}\n" for sentence in not_read(under_test)))
    return EXIT_VIOLATED if is_violated else EXIT_PASS


def _row(finding: Finding) -> list[str]:
    why = f"{finding.message} ({finding.directive}{', ' if finding.where else ''}{finding.where})"
    return [finding.rule, f"{finding.outcome}, {finding.severity}", why, finding.fix]
