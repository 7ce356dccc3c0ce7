"""Flush all: somebody types FLUSHALL at a data node, and a primary's replicas do the same."""

from collections.abc import Mapping, Sequence

from jsquared.faults.fault import ActiveFault, ActivePerTarget, Evidence, Fault, ParameterValues
from jsquared.faults.targets import data_nodes
from jsquared.resp.replies import parse_info
from jsquared.running.deployment import RunningDeployment


class FlushAll(Fault):
    """FLUSHALL at data nodes."""

    name = "flush-all"
    aims = "data"
    description = "Delete every key of data nodes (FLUSHALL); replicas of a primary delete theirs with it."
    undo = "Nothing can undo it: what was there is gone."
    evidence = (
        "The node had keys, and right after the command, in the same transaction, it counts none (INFO keyspace)."
    )

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:  # noqa: ARG002
        """Give the command to each target."""
        names = data_nodes(deployment, targets, fault=self.name, do="hold keys")
        before = {name: _keys(deployment, name) for name in names}
        return ActiveFlushAll(deployment, before, {name: _flushed(deployment, name) for name in names})


def _keys(deployment: RunningDeployment, name: str) -> int:
    """Return the number of a node's keys, in all databases."""
    return _counted(deployment.ask(name, "INFO", "keyspace"))


def _counted(keyspace: str) -> int:
    databases = parse_info(keyspace)
    counts = (
        dict(part.split("=", 1) for part in value.split(",")) for key, value in databases.items() if key[:2] == "db"
    )
    return sum(int(count.get("keys", "0")) for count in counts)


def _flushed(deployment: RunningDeployment, name: str) -> int:
    """Flush a node, and count its keys right afterwards.

    In a transaction no client's write comes between the two. One piece alone is not enough: since 7.4 Redis deletes in the background,
    and serves others until it is done (``CLIENT_AVOID_BLOCKING_ASYNC_FLUSH`` in server.h).
    """
    commands = (("MULTI",), ("FLUSHALL",), ("INFO", "keyspace"), ("EXEC",))
    with deployment.connect(name) as connection:
        connection.send_all(commands)
        *_, (_, keyspace) = [connection.reply() for _ in commands]
        return _counted(keyspace)


class ActiveFlushAll(ActivePerTarget):
    """Nodes that were flushed. ``before`` and ``after`` map each to its number of keys."""

    def __init__(self, deployment: RunningDeployment, before: Mapping[str, int], after: Mapping[str, int]) -> None:
        super().__init__(deployment, before, {"before": before, "after": after})
        self._before = before
        self._after = after

    def bit_at(self, name: str) -> Evidence:
        """It had keys, and has none."""
        before, after = self._before[name], self._after[name]
        return Evidence(before > 0 == after, f"{name} had {before} keys, and {after} right after FLUSHALL")

    def heal(self) -> None:
        """Nothing can undo it."""

    def healed_at(self, name: str) -> Evidence:
        """It answers, as it always did."""
        return Evidence(True, f"{name} has {_keys(self._deployment, name)} keys again; what it had is gone")
