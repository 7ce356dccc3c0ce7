"""Sentinel reset: an operator cleans up, and Sentinels forget every replica and every other Sentinel until they find them again."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from jsquared.errors import LabError
from jsquared.faults.fault import ActiveFault, ActivePerTarget, Evidence, Fault, Parameter, ParameterValues
from jsquared.faults.targets import sentinels
from jsquared.faults.waiting import prove_within
from jsquared.resp.replies import pairs
from jsquared.running.deployment import RunningDeployment

FOUND_LIMIT_S = 30.0
LOOK_S = 0.05


class Known(NamedTuple):
    """The number of other Sentinels and of replicas that a Sentinel counts for the primary."""

    sentinels: int
    replicas: int

    def __str__(self) -> str:
        return f"{self.sentinels} other Sentinels and {self.replicas} replicas"


class SentinelReset(Fault):
    """SENTINEL RESET at Sentinels."""

    name = "sentinel-reset"
    aims = "sentinels"
    usual_targets = ("sentinels",)
    description = (
        "Tell Sentinels to forget replicas, other Sentinels and a failover under way (SENTINEL RESET), all at once."
    )
    undo = "Nothing to undo: they find the others by their hello messages, and replicas in the primary's INFO."
    evidence = (
        "SENTINEL MASTER, asked immediately, counts fewer Sentinels and replicas than before; "
        "after healing as many as there are."
    )
    parameters = (Parameter("pattern", "*", "which monitored names are reset, as a glob"),)

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Give the command to each target."""
        names = sentinels(deployment, targets, fault=self.name)
        before = {name: known(deployment, name) for name in names}
        after = {name: reset(deployment, name, parameters["pattern"]) for name in names}
        return ActiveSentinelReset(deployment, before, after)


def known(deployment: RunningDeployment, sentinel: str) -> Known:
    """Return the present counts of a Sentinel."""
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
    """Return the counts that each Sentinel should have."""
    return Known(len(deployment.plan.sentinels()) - 1, len(deployment.plan.data_nodes()) - 1)


def wait_until_known(deployment: RunningDeployment, sentinel: str) -> Evidence:
    """Wait until a Sentinel knows everyone of the deployment (again)."""
    return prove_within(lambda: _knows_everybody(deployment, sentinel), limit_s=FOUND_LIMIT_S, look_s=LOOK_S)


def _knows_everybody(deployment: RunningDeployment, sentinel: str) -> Evidence:
    wanted = expected(deployment)
    try:
        now = known(deployment, sentinel)
    except LabError as problem:
        return Evidence(False, f"{sentinel} cannot be asked: {problem}")
    if now.sentinels >= wanted.sentinels and now.replicas >= wanted.replicas:
        return Evidence(True, f"{sentinel} knows {now}")
    return Evidence(False, f"{sentinel} knows {now}, of {wanted}")


class ActiveSentinelReset(ActivePerTarget):
    """Sentinels that were reset. ``before`` and ``after`` map each to whom it knew."""

    def __init__(self, deployment: RunningDeployment, before: Mapping[str, Known], after: Mapping[str, Known]) -> None:
        super().__init__(deployment, before, {"before": before, "after": after})
        self._before = before
        self._after = after

    def bit_at(self, name: str) -> Evidence:
        """The Sentinel knew fewer afterwards."""
        before, after = self._before[name], self._after[name]
        fewer = sum(after) < sum(before)
        return Evidence(fewer, f"{name} knew {before}, and {after} after the command")

    def heal(self) -> None:
        """Nothing to undo."""

    def healed_at(self, name: str) -> Evidence:
        """The Sentinel has found everyone again."""
        return wait_until_known(self._deployment, name)
