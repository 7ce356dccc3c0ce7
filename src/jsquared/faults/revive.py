"""Starting a server again that ended by itself while a fault lasted, as its supervisor would."""

from jsquared.cluster.cluster import Cluster, describe_exit


def note_end(cluster: Cluster, name: str) -> str:
    """How a node's process ended, recorded as the fault's doing; empty while it runs."""
    process = cluster.process(name)
    if (code := process.poll()) is None:
        return ""
    how = describe_exit(code)
    cluster.events.add(name, "process", state="exited", pid=process.pid, reason="fault")
    return how


def revive(cluster: Cluster, name: str) -> None:
    """Start a node again whose process has ended; nothing where it runs."""
    if cluster.process(name).poll() is not None:
        cluster.start(name, reason="fault")
