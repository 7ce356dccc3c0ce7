"""``jsquared lab up``, ``lab down`` and ``lab list``: a lab's beginning, its end, and which ones there are."""

import time
from typing import Annotated

import typer

from jsquared.cli.allowed_options import takes_allowed
from jsquared.cli.options import AckOption, DeploymentOption, EngineOption, JsonFlag, WithOption
from jsquared.cli.output import print_json, print_text, stderr_console
from jsquared.deployment.model.reach import Allowed
from jsquared.errors import EXIT_PASS
from jsquared.records.plan import OPERATIONS_PER_S, Workload
from jsquared.service.interruption import Interruption
from jsquared.service.lab.lab import Lab, start_detached
from jsquared.service.lab.lab_names import USUAL_NAME, check_name, connect_to, forget, names_of_labs
from jsquared.service.lab.lab_order import LabRequest
from jsquared.service.lab.running_lab import RunningLab

STEP_S = 0.1
NameOption = Annotated[
    str, typer.Option("--name", metavar="NAME", help="Which lab, where several are up; default: the only one.")
]


@takes_allowed(modules=True)
def up(
    deployment: DeploymentOption = "reference",
    name: Annotated[str, typer.Option(metavar="NAME", help="What the lab is called.")] = USUAL_NAME,
    detach: Annotated[
        bool, typer.Option("--detach", help="Return once it is up; it stays up until jsquared lab down.")
    ] = False,
    engine: EngineOption = "auto",
    ack: AckOption = "auto",
    master: Annotated[str, typer.Option(help="The monitored primary that it is about; default: the first.")] = "",
    overrides: WithOption = None,
    needs: Annotated[
        list[str] | None,
        typer.Option(
            "--needs",
            metavar="CAPABILITY",
            help="What faults will need beyond processes and links: clock, disk, slow-disk, delay …; may be repeated.",
        ),
    ] = None,
    *,
    allowed: Allowed,
    sandbox: Annotated[
        str,
        typer.Option(
            help="namespaces, or loopback: every program reaches the servers, and faults are those of processes."
        ),
    ] = "namespaces",
    rate: Annotated[int, typer.Option(help="Writes a second per client, once the load runs.")] = Workload().rate_per_s,
    operations: Annotated[
        int, typer.Option(help="Operations of applications a second per client; 0: none.")
    ] = OPERATIONS_PER_S,
    as_json: JsonFlag = False,
) -> int:
    """Stand a deployment up in namespaces of its own, and keep it up to be played with.

    In the foreground it ends with Ctrl-C, with jsquared lab down, and with the terminal; nothing is left then. Programs reach its
    servers as hosts of the lab: jsquared lab exec.

    Examples:

    jsquared lab up

    jsquared lab up --deployment ./my-config --detach --json

    jsquared lab up --name disks --needs disk --needs clock --detach
    """
    check_name(name)
    request = LabRequest(
        deployment=deployment,
        engine=engine,
        ack=ack,
        master=master,
        overrides=overrides or [],
        needs=needs or [],
        sandbox=sandbox,
        allowed=allowed,
        rate_per_s=rate,
        operations_per_s=operations,
    )
    if detach:
        _tell(start_detached(request, name), name, as_json=as_json)
        return EXIT_PASS
    return _hold(request, name, as_json=as_json)


def _hold(request: LabRequest, name: str, *, as_json: bool) -> int:
    """Keep a lab up until the user, or somebody else, ends it."""
    lab = Lab.wanted(request, name)
    with lab:
        _tell(lab, name, as_json=as_json)
        console = stderr_console()
        console.say("Ctrl-C ends it")
        interruption = Interruption()
        interruption.start()
        try:
            while not (interruption.asked or lab.has_ended):
                time.sleep(STEP_S)
        finally:
            interruption.close()
        if lab.has_ended:
            if (problem := lab.how_it_ended) is not None:
                raise problem
            return EXIT_PASS
    return EXIT_PASS


def _tell(lab: RunningLab, name: str, *, as_json: bool) -> None:
    status = lab.status()
    if as_json:
        print_json({**status.ways_in(name), "nodes": list(status.nodes)})
        return
    print_text(
        f"lab '{name}' is up: {status.deployment} with {status.engine}\n"
        f"primary    {status.primary} (monitored as {status.master})\n"
        f"Sentinels  {', '.join(status.sentinels)}\n"
        f"hosts      {', '.join(status.hosts)}\n"
        "try        jsquared lab status  |  lab load start  |  lab break kill primary  |  lab exec -- COMMAND  |  lab down\n"
    )


def down(name: NameOption = "", as_json: JsonFlag = False) -> int:
    """End a lab and everything in it, and wait until it is gone.

    What it has recorded is gone too, unless jsquared lab save has written it.

    Examples:

    jsquared lab down

    jsquared lab down --name disks
    """
    known = names_of_labs()
    connect = connect_to(name)
    ended = name or known[0]
    RunningLab(connect).end()
    forget(ended)
    if as_json:
        print_json({"name": ended, "ended": True})
    else:
        print_text(f"lab '{ended}' has ended\n")
    return EXIT_PASS


def list_labs(as_json: JsonFlag = False) -> int:
    """List the labs that are up; what killed ones have left is taken away.

    Examples:

    jsquared lab list

    jsquared lab list --json
    """
    names = names_of_labs()
    if as_json:
        print_json(names)
    else:
        print_text("".join(f"{name}\n" for name in names) or "no lab is up\n")
    return EXIT_PASS
