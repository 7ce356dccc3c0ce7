"""Sentinel reset: an operator cleans up, and Sentinels forget every replica and every other Sentinel until they find them again."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from jsquared.errors import BadInputError, LabError
from jsquared.faults.fault import Evidence, Parameter, combine
from jsquared.faults.targets import nodes_of
from jsquared.resp.replies import pairs
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.sandbox import Capability

FOUND_LIMIT_S = 30.0
LOOK_S = 0.05


class Known(NamedTuple):
    """How many other Sentinels and replicas a Sentinel counts for the primary."""

    sentinels: int
    replicas: int

    def __str__(self) -> str:
        return f"{self.sentinels} other Sentinels and {self.replicas} replicas"


class SentinelReset:
    """SENTINEL RESET at Sentinels."""

    name: ClassVar[str] = "sentinel-reset"
    description: ClassVar[str] = (
        "Tell Sentinels to forget replicas, other Sentinels and a failover under way (SENTINEL RESET), all at once."
    )
    undo: ClassVar[str] = (
        "Nothing to undo: they find the others by their hello messages, and replicas in the primary's INFO."
    )
    evidence: ClassVar[str] = (
        "SENTINEL MASTER, asked in the same breath, counts fewer Sentinels and replicas than before; "
        "after healing as many as there are."
    )
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.PROCESS})
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("pattern", "*", "which monitored names are reset, as a glob"),
    )

    def inject(
        self, deployment: RunningDeployment, targets: Sequence[str], parameters: Mapping[str, Any]
    ) -> "ActiveSentinelReset":
        """Give the command to each target."""
        names = nodes_of(deployment, targets)
        check_sentinels(deployment, names, self.name)
        before = {name: known(deployment, name) for name in names}
        after = {name: reset(deployment, name, parameters["pattern"]) for name in names}
        return ActiveSentinelReset(deployment, before, after)


def check_sentinels(deployment: RunningDeployment, names: Sequence[str], fault: str) -> None:
    """Refuse data nodes as targets of what only Sentinels understand.

    :raises BadInputError: one of the names is no Sentinel.
    """
    if any(deployment.plan.node(name).role != "sentinel" for name in names):
        raise BadInputError("only Sentinels can be told that", where=f"fault '{fault}'", hint="sentinel:1, sentinels")


def known(deployment: RunningDeployment, sentinel: str) -> Known:
    """Whom a Sentinel knows of now."""
    return _counts(deployment.ask(sentinel, "SENTINEL", "MASTER", deployment.master_name))


def _counts(reply: Sequence[str]) -> Known:
    fields = pairs(reply)
    return Known(int(fields["num-other-sentinels"]), int(fields["num-slaves"]))


def reset(deployment: RunningDeployment, sentinel: str, pattern: str) -> Known:
    """Reset a Sentinel; whom it knows of right afterwards: both commands are sent at once, so nothing comes between them."""
    with deployment.connect(sentinel) as connection:
        connection.send("SENTINEL", "RESET", pattern)
        connection.send("SENTINEL", "MASTER", deployment.master_name)
        connection.reply()
        return _counts(connection.reply())


def expected(deployment: RunningDeployment) -> Known:
    """Whom each Sentinel should know of."""
    return Known(len(deployment.plan.sentinels()) - 1, len(deployment.plan.data_nodes()) - 1)


def wait_until_known(deployment: RunningDeployment, sentinel: str) -> Evidence:
    """Wait until a Sentinel knows everybody of the deployment (again)."""
    deadline = time.monotonic() + FOUND_LIMIT_S
    wanted, now = expected(deployment), None
    while True:
        try:
            now = known(deployment, sentinel)
        except LabError as problem:
            why = f"{sentinel} cannot be asked: {problem}"
        else:
            why = f"{sentinel} knows {now}, of {wanted}"
            if now.sentinels >= wanted.sentinels and now.replicas >= wanted.replicas:
                return Evidence(True, f"{sentinel} knows {now}")
        if time.monotonic() > deadline:
            return Evidence(False, why)
        time.sleep(LOOK_S)


class ActiveSentinelReset:
    """Sentinels that were reset. ``before`` and ``after`` map each to whom it knew."""

    proven_at_end: ClassVar[bool] = False

    def __init__(self, deployment: RunningDeployment, before: Mapping[str, Known], after: Mapping[str, Known]) -> None:
        self.targets: Sequence[str] = list(before)
        self.details: Mapping[str, Any] = {"before": before, "after": after}
        self._deployment = deployment
        self._before = before
        self._after = after

    def bit(self) -> Evidence:
        """Each knew fewer afterwards."""
        return combine([self._forgot(name) for name in self.targets])

    def _forgot(self, name: str) -> Evidence:
        before, after = self._before[name], self._after[name]
        fewer = sum(after) < sum(before)
        return Evidence(fewer, f"{name} knew {before}, and {after} after the command")

    def heal(self) -> None:
        """Nothing to undo."""

    def healed(self) -> Evidence:
        """Each has found everybody again."""
        return combine([wait_until_known(self._deployment, name) for name in self.targets])
