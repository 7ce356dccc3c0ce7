"""The options with which trials are monitored, the same for every command that runs some."""

from pathlib import Path
from typing import Annotated

import typer

from jsquared.cli.options import Interval

ScrapeOption = Annotated[Interval, typer.Option("--scrape", help="How often Prometheus scrapes: 1s, 5s or 15s.")]
RulesOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--rules",
        metavar="FILE",
        help="Rule files of your own in the place of JSquared's; may be repeated. They are not judged.",
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", help="Fetch programs that are missing without asking.")]
ExporterOption = Annotated[
    str, typer.Option("--exporter", metavar="PATH", help="The redis_exporter; default: on PATH, or a fetched one.")
]
PrometheusOption = Annotated[
    str, typer.Option("--prometheus", metavar="PATH", help="The Prometheus; default: on PATH, or a fetched one.")
]
AlertmanagerOption = Annotated[
    str, typer.Option("--alertmanager", metavar="PATH", help="The Alertmanager; default: on PATH, or a fetched one.")
]
