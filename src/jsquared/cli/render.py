"""``jsquared monitor render``: the whole monitoring stack as files for the user's own machines."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from jsquared.cli.access_options import SentinelOption
from jsquared.cli.options import Interval, JsonFlag, ProfileOption
from jsquared.cli.output import print_json, print_text
from jsquared.service import monitoring_stack as service


class Form(StrEnum):
    """Where the stack runs."""

    COMPOSE = "compose"
    SYSTEMD = "systemd"
    KUBERNETES = "kubernetes"


def render(
    form: Annotated[Form, typer.Option("--for", help="Where the stack will run: compose, systemd or kubernetes.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder to write into.")],
    sentinels: SentinelOption = None,
    deployment: Annotated[
        str, typer.Option(metavar="NAME", help="The deployment's name, a label of every target.")
    ] = "redis",
    profile: ProfileOption = Interval.USUAL,
    contacts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The contact list, YAML; without it, nobody is told.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Write the whole monitoring stack for your own machines: metrics, alerts, dashboards and logs.

    It has redis_exporter, Prometheus with the alerts, Alertmanager, Grafana, and Loki with Alloy, as a project of Docker Compose, units of
    systemd or manifests of Kubernetes. README.md in DIR says what to do, and what of it was tested. With --sentinel, the stack finds the
    servers and follows them through failovers; without it, you fill in targets.json. Passwords are written to no file, and nothing is
    overwritten.

    Examples:

    jsquared monitor render --for compose --sentinel 10.0.0.5:26379 --deployment shop --out ./monitoring

    jsquared monitor render --for kubernetes --profile 15s --contacts contacts.yml --out ./manifests
    """
    written = service.write_stack(
        service.StackRequest(
            form=form,
            out=out,
            sentinels=sentinels or [],
            deployment=deployment,
            profile=profile,
            contacts=contacts,
        )
    )
    if as_json:
        print_json(written)
        return
    print_text("".join(f"written: {path}\n" for path in written.files))
    print_text(f"What to do now: {out / 'README.md'}\n")
