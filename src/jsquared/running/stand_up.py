"""Stand a planned deployment up: files into the hosts' folders, servers, Sentinels, until it has converged."""

import time
from collections.abc import Callable

from jsquared.records.run_directory import RunDirectory
from jsquared.running.deployment import RunningDeployment
from jsquared.running.failed_start import explain_failed_start
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.facets import given

CONVERGE_LIMIT_S = 30.0
PING_LIMIT_S = 15.0


def stand_up(
    deployment: RunningDeployment, run: RunDirectory, *, while_primaries_start: Callable[[], None] = lambda: None
) -> None:
    """Start every server and wait until the deployment has converged.

    All are started at once, primaries first: replicas reconnect every second, so one that comes before its primary costs a
    second, and Sentinels are pre-seeded, so they need not wait for anything. What the others need is written while primaries start.

    :param while_primaries_start: called once, for what may begin only now and takes some ms.
    :raises StandUpError: it does not converge within 30 s, or a server ended; the error holds its last words.
    :raises BadInputError: a server refuses its configuration; the error names the line.
    """
    serve_names(deployment)
    nodes = sorted(deployment.plan.nodes, key=lambda node: node.role != "data")
    primaries = [node.name for node in nodes if node.initial_primary]
    others = [node.name for node in nodes if not node.initial_primary]
    for name in primaries:
        deployment.install(name)
        deployment.start(name)
    while_primaries_start()
    for name in others:
        deployment.install(name)
    for name in primaries:
        wait_until_listening(deployment, name, run)
    for name in others:
        deployment.start(name)

    def refuse_what_has_ended() -> None:
        if deployment.crashed():
            raise explain_failed_start(deployment, run, "a server has ended")

    if not deployment.wait_until_converged(CONVERGE_LIMIT_S, "stand-up", meanwhile=refuse_what_has_ended):
        raise explain_failed_start(deployment, run, deployment.unconverged())


def serve_names(deployment: RunningDeployment) -> None:
    """Let every host resolve the names of the nodes; nothing where there are none.

    :raises SandboxError: the sandbox cannot.
    """
    names = {name: node.address for node in deployment.nodes for name in node.names}
    if names:
        given(deployment.sandbox.name_service, Capability.NAMES).serve(names)


def wait_until_listening(deployment: RunningDeployment, name: str, run: RunDirectory) -> None:
    """Wait until a node answers.

    :raises StandUpError: it ended, or is silent for 15 s.
    """
    deadline = time.monotonic() + PING_LIMIT_S
    while not deployment.answers(name):
        if deployment.process(name).poll() is not None or time.monotonic() > deadline:
            raise explain_failed_start(deployment, run, f"{name} does not answer")
        time.sleep(0.002)
