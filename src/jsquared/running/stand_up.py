"""Stand a planned deployment up: files into the hosts' folders, servers, Sentinels, until it has converged."""

import time

from jsquared.records.run_directory import RunDirectory
from jsquared.running.deployment import RunningDeployment
from jsquared.running.failed_start import explain_failed_start
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.facets import given

CONVERGE_LIMIT_S = 30.0
PING_LIMIT_S = 15.0


def stand_up(deployment: RunningDeployment, run: RunDirectory) -> None:
    """Start every server and wait until the deployment has converged.

    All are started at once, the primary first: replicas reconnect every second, so one that comes before its primary costs a
    second, and Sentinels are pre-seeded, so they need not wait for anything.

    :raises StandUpError: it does not converge within 30 s, or a server ended; the error holds its last words.
    :raises BadInputError: a server refuses its configuration; the error names the line.
    """
    serve_names(deployment)
    for node in deployment.plan.nodes:
        deployment.install(node.name)
    for node in sorted(deployment.plan.nodes, key=lambda node: (node.role != "data", not node.initial_primary)):
        deployment.start(node.name)
        if node.initial_primary:
            wait_until_listening(deployment, node.name, run)

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
