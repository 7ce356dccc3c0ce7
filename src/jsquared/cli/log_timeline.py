"""``jsquared timeline``: failovers rebuilt from log files alone."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from jsquared.cli.options import JsonFlag
from jsquared.cli.output import print_json, print_lines, terminal_columns
from jsquared.errors import EXIT_INCONCLUSIVE, EXIT_PASS
from jsquared.monitor.logs.timeline_text import as_lines
from jsquared.service import log_timeline as service


def timeline(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="FOLDER|FILE...", help="Logs of data nodes and Sentinels: files, folders, .gz, .tar.gz."
        ),
    ],
    nodes: Annotated[
        list[str] | None,
        typer.Option(
            "--node",
            metavar="NAME=ADDRESS",
            help="The address and port of the server that a log is by, where that does not follow from the logs; may be repeated.",
        ),
    ] = None,
    master: Annotated[str, typer.Option(help="Only this monitored primary.")] = "",
    since: Annotated[str, typer.Option(metavar="TIME", help="From this time on, e.g. 2026-01-31T12:30.")] = "",
    until: Annotated[str, typer.Option(metavar="TIME", help="Until this time.")] = "",
    align_clocks: Annotated[
        bool,
        typer.Option("--align-clocks", help="Move the lines of servers whose clocks differ, by the difference shown."),
    ] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write a page with all servers as lanes on one time axis.")
    ] = None,
    as_json: JsonFlag = False,
) -> int:
    """Rebuild failovers from log files alone: each phase with the line that ends it, how clocks differ, what is not known.

    Reads the logs of Redis 6.2 and newer and of Valkey as servers write them, and as journalctl, docker, docker compose
    and kubectl export them. Nothing is started, and nothing is asked. Exit code 3 when something of it is not proven: clocks
    differ (--align-clocks moves them), a file mixes several servers, lines contradict each other, or a file could not be read.

    Examples:

    jsquared timeline ./logs-of-all-hosts

    jsquared timeline n1.log.gz n2.log sentinels.tar.gz --align-clocks --html failover.html

    jsquared timeline ./logs --since 2026-01-31T12:30 --until 2026-01-31T12:45 --master mymaster
    """
    request = service.LogTimelineRequest(
        inputs=inputs,
        nodes=nodes or [],
        master=master,
        since=since,
        until=until,
        align_clocks=align_clocks,
        html=html,
    )
    result = service.log_timeline(request)
    if as_json:
        print_json(result)
    else:
        print_lines(map(Text, as_lines(result, terminal_columns())))
    return EXIT_INCONCLUSIVE if result.inconclusive else EXIT_PASS
