"""Servers that end by themselves while a fault lasts, and are started again as their supervisor would."""

import signal

from jsquared.faults.fault import Evidence
from jsquared.faults.process_state import answers_again
from jsquared.records.ends import exit_words
from jsquared.records.event_types import ProcessChanged
from jsquared.running.deployment import RunningDeployment


def note_end(deployment: RunningDeployment, name: str) -> str:
    """Record the end of a node's process as the fault's doing and describe it; empty while it runs, or if another fault killed it."""
    process = deployment.process(name)
    if (code := process.poll()) in (None, -signal.SIGKILL):
        return ""
    deployment.events.add(ProcessChanged(state="exited", pid=process.pid, reason="fault", source=name))
    return exit_words(code)


def revive(deployment: RunningDeployment, name: str) -> None:
    """Start a node again that has ended by itself; nothing where it runs, or where another fault killed it and will start it."""
    if note_end(deployment, name):
        deployment.start(name, reason="fault")


def lives(deployment: RunningDeployment, name: str) -> Evidence:
    """A node answers, or another fault has killed it, which will start it.

    A server that panicked writes its report for a while before it ends: one that does so only now is started again too.
    """
    if deployment.process(name).poll() == -signal.SIGKILL:
        return Evidence(True, f"{name} is down by another fault")
    answering = answers_again(deployment, name)
    crashed = (deployment.process(name).poll() or 0) < 0
    if crashed and note_end(deployment, name):
        deployment.start(name, reason="fault")
        return answers_again(deployment, name)
    return answering
