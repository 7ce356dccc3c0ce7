"""``jsquared monitor up``: a running deployment watched from this machine, until Ctrl-C."""

import time
from pathlib import Path
from typing import Annotated

import typer

from jsquared.cli.access_options import takes_access
from jsquared.cli.missing_programs import fetch_missing
from jsquared.cli.monitoring_options import AlertmanagerOption, ExporterOption, PrometheusOption, YesOption
from jsquared.cli.options import Interval, JsonFlag, ProfileOption
from jsquared.cli.output import print_json, print_text, stderr_console
from jsquared.monitor.local_stack.stack import Addresses
from jsquared.service import monitoring as service
from jsquared.service.access import AccessRequest
from jsquared.service.interruption import Interruption
from jsquared.service.scrape_targets import Targets

STEP_S = 0.05


@takes_access()
def up(
    *,
    access: AccessRequest,
    profile: ProfileOption = Interval.USUAL,
    deployment: Annotated[
        str, typer.Option(metavar="NAME", help="The deployment's name, a label of every target.")
    ] = "redis",
    contacts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Who is told of alerts; default: nobody is.")
    ] = None,
    exporter: ExporterOption = "",
    prometheus: PrometheusOption = "",
    alertmanager: AlertmanagerOption = "",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="An empty folder for all files, which stays; default: one that goes at the end."
        ),
    ] = None,
    yes: YesOption = False,
    as_json: JsonFlag = False,
) -> int:
    """Watch a running deployment from here: exporter, Prometheus and Alertmanager on loopback, until Ctrl-C.

    It finds all servers from one Sentinel, follows them through failovers, and shows the panels on a page of its own. Everything listens on
    127.0.0.1 alone, on free ports; a program that ends is started again, three times at most. Ctrl-C ends all of it, with exit code 0.
    It asks servers, and changes nothing.

    Examples:

    jsquared monitor up --sentinel 10.0.0.5:26379

    jsquared monitor up --sentinel 10.0.0.5 --deployment shop --profile 1s --contacts contacts.yml --out ./monitoring --yes
    """
    request = service.MonitoringRequest(
        access=access,
        deployment=deployment,
        profile=profile,
        contacts=contacts,
        exporter=exporter,
        prometheus=prometheus,
        alertmanager=alertmanager,
        out=out,
    )
    fetch_missing(service.missing_tools(request), is_agreed=yes)
    _watch(request, as_json=as_json)
    return 0


def _watch(request: service.MonitoringRequest, *, as_json: bool) -> None:
    console = stderr_console()
    interruption = Interruption()

    def pause(seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not interruption.asked and (left_s := deadline - time.monotonic()) > 0:
            time.sleep(min(STEP_S, left_s))
        return not interruption.asked

    def up(addresses: Addresses) -> None:
        print_json(addresses) if as_json else print_text(_shown(addresses))
        console.say("Ctrl-C ends it")

    def changed(now: Targets) -> None:
        for master in now.found.masters:
            console.say(f"{master.name}: primary {master.primary or 'not agreed on'}, {len(master.data)} data nodes")
        for problem in now.found.problems:
            console.say(problem)

    interruption.start()
    try:
        service.run_monitoring(request, pause, up, changed, console.say)
    finally:
        interruption.close()


def _shown(addresses: Addresses) -> str:
    rows = [
        ("panels", addresses.page),
        ("Prometheus", addresses.prometheus),
        ("Alertmanager", addresses.alertmanager),
        ("exporter", addresses.exporter),
        ("files", addresses.folder),
    ]
    return "".join(f"{name:<13} {where}\n" for name, where in rows)
