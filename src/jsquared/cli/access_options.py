"""The options of every command that looks at a running deployment: where it is, and how to log in."""

from collections.abc import Callable
from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from jsquared.cli.option_groups import takes
from jsquared.service.access import AccessRequest

R = TypeVar("R")

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
PasswordVariableOption = Annotated[
    str, typer.Option("--password-env", metavar="VAR", help="The environment variable with the password at data nodes.")
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
SentinelPasswordVariableOption = Annotated[
    str,
    typer.Option(
        "--sentinel-password-env", metavar="VAR", help="The environment variable with the password at Sentinels."
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

_OPTIONS: dict[str, tuple[Any, Any]] = {
    "sentinels": (SentinelOption, None),
    "user": (UserOption, ""),
    "password_file": (PasswordFileOption, None),
    "password_variable": (PasswordVariableOption, ""),
    "sentinel_user": (SentinelUserOption, ""),
    "sentinel_password_file": (SentinelPasswordFileOption, None),
    "sentinel_password_variable": (SentinelPasswordVariableOption, ""),
    "tls": (TlsFlag, False),
    "authority": (AuthorityOption, None),
    "certificate": (CertificateOption, None),
    "key": (KeyOption, None),
}
"""Fields of :class:`AccessRequest` to the option that fills each of them, and its default."""


def takes_access() -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Give a command these options in the place of its keyword ``access``, which gets them as one object."""
    options = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=option)
        for name, (option, default) in _OPTIONS.items()
    ]
    return takes("access", options, _access)


def _access(sentinels: list[str] | None, **given: Any) -> AccessRequest:
    return AccessRequest(sentinels=sentinels or [], **given)
