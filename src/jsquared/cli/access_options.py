"""The options of every command that looks at a running deployment: where it is, and how to log in."""

from pathlib import Path
from typing import Annotated

import typer

SentinelOption = Annotated[
    list[str] | None,
    typer.Option(
        "--sentinel", metavar="HOST[:PORT]", help="A Sentinel of the deployment; one is enough. May be repeated."
    ),
]
UserOption = Annotated[str, typer.Option("--user", metavar="NAME", help="The user at data nodes.")]
PasswordFileOption = Annotated[
    Path | None,
    typer.Option("--password-file", metavar="FILE", help="The password at data nodes; default: $JSQUARED_PASSWORD."),
]
SentinelUserOption = Annotated[str, typer.Option("--sentinel-user", metavar="NAME", help="The user at Sentinels.")]
SentinelPasswordFileOption = Annotated[
    Path | None,
    typer.Option(
        "--sentinel-password-file",
        metavar="FILE",
        help="The password at Sentinels; default: $JSQUARED_SENTINEL_PASSWORD.",
    ),
]
TlsFlag = Annotated[
    bool, typer.Option("--tls", help="Servers speak TLS; without --tls-ca nobody's certificate is checked.")
]
AuthorityOption = Annotated[
    Path | None, typer.Option("--tls-ca", metavar="FILE", help="The authority that servers' certificates must be of.")
]
CertificateOption = Annotated[Path | None, typer.Option("--tls-cert", metavar="FILE", help="The certificate to show.")]
KeyOption = Annotated[Path | None, typer.Option("--tls-key", metavar="FILE", help="Its key.")]
