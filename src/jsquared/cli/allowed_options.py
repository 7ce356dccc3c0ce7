"""The options of every command that reads a deployment: what its configuration may do, and settings that are in none of its files."""

from collections.abc import Callable
from inspect import Parameter
from typing import Annotated, Any, TypeVar

import typer

from jsquared.cli.option_groups import takes
from jsquared.deployment.model.reach import Allowed

R = TypeVar("R")

OPTIONS: dict[str, Any] = {
    "paths": Annotated[
        list[str] | None,
        typer.Option(
            "--allow-path",
            metavar="DIR",
            help="An additional folder that the configuration may read; may be repeated.",
        ),
    ],
    "env_files": Annotated[
        list[str] | None,
        typer.Option(
            "--env-file",
            metavar="FILE",
            help="A file with variables for a Compose file, instead of its .env; may be repeated.",
        ),
    ],
    "env": Annotated[
        list[str] | None,
        typer.Option(
            "--env",
            metavar="NAME[=VALUE]",
            help="A variable for a Compose file; without =VALUE, its value here. May be repeated.",
        ),
    ],
    "scale": Annotated[
        list[str] | None,
        typer.Option(
            "--scale",
            metavar="SERVICE=N",
            help="The number of containers of a Compose file's service; may be repeated.",
        ),
    ],
    "profiles": Annotated[
        list[str] | None,
        typer.Option(
            "--profile",
            metavar="NAME",
            help="A profile of a Compose file whose services are started too, * for all; may be repeated.",
        ),
    ],
    "compose_files": Annotated[
        list[str] | None,
        typer.Option(
            "--compose-file",
            metavar="FILE",
            help="A Compose file to lay over the first, as docker compose -f does; may be repeated.",
        ),
    ],
    "modules": Annotated[
        bool, typer.Option("--allow-modules", help="Load the modules that the configuration names; modules run code.")
    ],
    "floating": Annotated[
        list[str] | None,
        typer.Option(
            "--floating",
            metavar="ADDRESS=RULE",
            help="A floating address and its rule: primary, host or manual; may be repeated.",
        ),
    ],
    "hosts": Annotated[
        list[str] | None,
        typer.Option(
            "--host",
            metavar="FILE=NAME",
            help="The host that a file of the folder is for; without NAME the file is left out. May be repeated.",
        ),
    ],
}
"""Fields of :class:`Allowed` to the option that fills each of them."""


def takes_allowed(*, modules: bool = False) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Give a command these options in the place of its keyword ``allowed``, which gets them as one object.

    :param modules: whether the command runs servers, so that modules may be allowed.
    """
    options = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=False if name == "modules" else None, annotation=option)
        for name, option in OPTIONS.items()
        if modules or name != "modules"
    ]

    return takes("allowed", options, _allowed)


def _allowed(**given: Any) -> Allowed:
    return Allowed(**{name: value for name, value in given.items() if value is not None})
