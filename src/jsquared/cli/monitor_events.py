"""``jsquared monitor events``: the events of Sentinels as counters for Prometheus."""

from typing import Annotated

import typer

from jsquared.cli.access_options import takes_access
from jsquared.cli.output import stderr_console
from jsquared.service import count_events as service
from jsquared.service.access import AccessRequest


@takes_access()
def events(
    *,
    access: AccessRequest,
    listen: Annotated[
        str, typer.Option(metavar="ADDRESS:PORT", help="Where the page of metrics is served.")
    ] = "127.0.0.1:9479",
    every: Annotated[
        float, typer.Option(metavar="SECONDS", help="How often to look for new Sentinels.", min=0.1, max=3600)
    ] = 5.0,
) -> int:
    """Count what all Sentinels of a deployment publish, and serve it to Prometheus, so that no failover is too short to be seen.

    Every event of every Sentinel is there from the beginning, at 0, so increase() sees the first one. Scrape it with honor_labels,
    since instance is the Sentinel. It asks and listens, and changes nothing; it ends with Ctrl-C.

    Examples:

    jsquared monitor events --sentinel 10.0.0.5:26379

    jsquared monitor events --sentinel 10.0.0.5 --listen 0.0.0.0:9479
    """
    console = stderr_console()
    service.count_events(
        service.EventCountRequest(access=access, listen=listen, rediscover_every_s=every),
        lambda: True,
        lambda url: console.say(f"metrics at {url}"),
        console.say,
    )
    return 0
