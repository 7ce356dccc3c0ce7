"""``jsquared harden``: a hardened copy of a deployment as native files."""

from pathlib import Path
from typing import Annotated

import typer

from jsquared.audit.hardening.hardened_copy import HardeningChoices
from jsquared.cli.allowed_options import takes_allowed
from jsquared.cli.completion import complete_deployments
from jsquared.cli.options import DEPLOYMENT_HELP, EngineOption, JsonFlag, WithOption
from jsquared.cli.output import print_json, print_table, print_text, stderr_console
from jsquared.deployment.model.reach import Allowed
from jsquared.records.verdict import EXIT_CODES
from jsquared.service import harden as service
from jsquared.text import one_line


@takes_allowed()
def harden(
    target: Annotated[str, typer.Argument(help=DEPLOYMENT_HELP, autocompletion=complete_deployments, metavar="TARGET")],
    *,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="The folder to write, which must be new or empty.")],
    engine: EngineOption = "auto",
    certificates: Annotated[
        Path | None,
        typer.Option(
            "--tls-cert-dir",
            metavar="DIR",
            help="Certificates in PEM form: ca.crt, and HOST.crt and HOST.key for each host, or node.crt and node.key for all.",
        ),
    ] = None,
    keys: Annotated[
        list[str] | None,
        typer.Option(metavar="PATTERN", help="Keys that the application may reach, e.g. 'shop:*'; default: all."),
    ] = None,
    channels: Annotated[
        list[str] | None,
        typer.Option(metavar="PATTERN", help="Channels that the application may use, e.g. 'shop:*'; default: none."),
    ] = None,
    overrides: WithOption = None,
    allowed: Allowed,
    as_json: JsonFlag = False,
) -> int:
    """Write a hardened copy of a deployment as native files, show what changed, and audit the result.

    A user for each purpose with a password of its own, the default user off, protected settings, and TLS where you give certificates. The
    passwords are in one private file, and are shown nowhere. A deployment that has users, renamed commands, modules or TLS already is
    refused, since their meaning would have to be guessed.

    Exit code 1 when a rule of severity high still fails that needs nothing of you, 3 when one could not be judged.

    Examples:

    jsquared harden ./my-config --out ./hardened

    jsquared harden ./my-config --out ./hardened --tls-cert-dir ./certificates --keys 'shop:*' --engine redis
    """
    choices = HardeningChoices(keys=keys or [], channels=channels or [], certificates=certificates)
    request = service.HardenRequest(
        deployment=target, overrides=overrides or [], allowed=allowed, engine=engine, out=out, choices=choices
    )
    result = service.harden(request)
    if as_json:
        print_json(result)
    else:
        _show(result)
    return EXIT_CODES[result.outcome]


def _show(result: service.Hardening) -> None:
    print_text(result.diff)
    rows = [
        [one.rule, one.severity, one_line(one.title), one_line(", ".join(one.targets)), one.needs or "see the audit"]
        for one in result.remaining
    ]
    if rows:
        print_table(["still open", "severity", "finding", "target", "needs"], rows, whole=2)
    console = stderr_console()
    for sentence in result.worse:
        console.say(f"worse than before: {one_line(sentence)}")
    for sentence in result.notes:
        console.say(f"not read: {one_line(sentence)}")
    print_text(
        f"written for {result.engine.name} {result.engine.version}: {one_line(result.out)}\n"
        f"passwords: {one_line(result.passwords_file)} (for its owner alone)\n"
        f"{result.outcome}; next: {result.next_command}\n"
    )
