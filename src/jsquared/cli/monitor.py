"""``jsquared monitor``: what watches a running deployment."""

import time
from pathlib import Path
from typing import Annotated

import typer

from jsquared.cli.access_options import takes_access
from jsquared.cli.listing import print_rows
from jsquared.cli.options import Interval, JsonFlag, ProfileOption
from jsquared.cli.output import print_json, print_text, stderr_console
from jsquared.errors import BadInputError
from jsquared.service import dashboards
from jsquared.service import scrape_targets as service
from jsquared.service.access import AccessRequest


@takes_access()
def targets(
    *,
    access: AccessRequest,
    deployment: Annotated[
        str, typer.Option(metavar="NAME", help="The deployment's name, a label of every target.")
    ] = "redis",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The file for Prometheus' file_sd_configs to write.")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on, and write the file again whenever something changes.")
    ] = False,
    every: Annotated[
        float, typer.Option(metavar="SECONDS", help="How often to look, with --follow.", min=0.1, max=3600)
    ] = 5.0,
    as_json: JsonFlag = False,
) -> int:
    """Find a running deployment from one Sentinel's address, and write its servers as targets for Prometheus.

    It asks Sentinels only, and changes nothing. The file has the data nodes of each monitored primary and all Sentinels, with the labels
    that 'jsquared alerts rules' expects; a job keeps its own by __meta_redis_kind, 'data' or 'sentinel'.

    Examples:

    jsquared monitor targets --sentinel 10.0.0.5:26379

    jsquared monitor targets --sentinel 10.0.0.5 --deployment shop --out /etc/prometheus/redis.json --follow
    """
    request = service.TargetsRequest(access=access, deployment=deployment, out=out)
    if not follow:
        _show(service.find_targets(request), as_json=as_json)
        return 0
    if out is None:
        raise BadInputError("writes a file", where="--follow", hint="--out FILE")
    console = stderr_console()

    def changed(now: service.Targets) -> None:
        for master in now.found.masters:
            console.say(f"{master.name}: primary {master.primary or 'not agreed on'}, {len(master.data)} data nodes")
        for problem in now.found.problems:
            console.say(problem)

    def wait() -> bool:
        time.sleep(every)
        return True

    service.follow_targets(request, wait, changed)
    return 0


def write_dashboards(
    profile: ProfileOption = Interval.USUAL,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The folder to write into; default: print it.")
    ] = None,
) -> None:
    """Write a dashboard for Grafana 11 and newer: who is the primary, whether a failover could be agreed on, what it would cost.

    It expects the targets of 'jsquared monitor targets' and the rules of 'jsquared alerts rules' for the same interval in your Prometheus.
    Import the file in Grafana, or lay it into a folder that Grafana provisions from.

    Examples:

    jsquared monitor dashboards --out ./dashboards

    jsquared monitor dashboards --profile 15s > redis-sentinel.json
    """
    written = dashboards.write_dashboards(profile, out)
    shown = written.dashboards.values() if out is None else (f"written: {path}\n" for path in written.files)
    print_text("".join(shown))


def _show(found: service.Targets, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    rows = [
        [master.name, node.role, node.where, ", ".join(node.flags)]
        for master in found.found.masters
        for node in (*master.data, *master.sentinels)
    ]
    print_rows(["primary", "role", "address", "flags"], rows)
    for problem in found.found.problems:
        stderr_console().say(problem)
