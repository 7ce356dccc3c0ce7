"""Servers that end by themselves while a fault lasts, and are started again as their supervisor would."""

import signal

from jsquared.cluster.cluster import Cluster
from jsquared.faults.fault import Evidence
from jsquared.faults.processes import answers_again
from jsquared.records.ends import exit_words


def note_end(cluster: Cluster, name: str) -> str:
    """How a node's process ended by itself, recorded as the fault's doing; empty while it runs, or where another fault killed it."""
    process = cluster.process(name)
    if (code := process.poll()) in (None, -signal.SIGKILL):
        return ""
    cluster.events.add(name, "process", state="exited", pid=process.pid, reason="fault")
    return exit_words(code)


def revive(cluster: Cluster, name: str) -> None:
    """Start a node again that has ended by itself; nothing where it runs, or where another fault killed it and will start it."""
    if note_end(cluster, name):
        cluster.start(name, reason="fault")


def lives(cluster: Cluster, name: str) -> Evidence:
    """A node answers, or another fault has killed it, which will start it.

    A server that panicked writes its report for a while before it ends: one that does so only now is started again too.
    """
    if cluster.process(name).poll() == -signal.SIGKILL:
        return Evidence(True, f"{name} is down by another fault")
    answering = answers_again(cluster, name)
    crashed = (cluster.process(name).poll() or 0) < 0
    if crashed and note_end(cluster, name):
        cluster.start(name, reason="fault")
        return answers_again(cluster, name)
    return answering
