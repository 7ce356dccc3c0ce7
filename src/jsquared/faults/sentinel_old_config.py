"""Sentinel with an old configuration: it is started with the file from before the last failover, as after a careless restore."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from jsquared.errors import LabError
from jsquared.faults.fault import Evidence, Parameter, combine
from jsquared.faults.kill import kill_all
from jsquared.faults.sentinel_reset import check_sentinels
from jsquared.faults.targets import nodes_of
from jsquared.resp.replies import pairs
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.sandbox import Capability

FIRST_LIMIT_S = 10.0
FOLLOW_LIMIT_S = 30.0
FIRST_LOOK_S = 0.001
LOOK_S = 0.05


class Belief(NamedTuple):
    """The primary that a Sentinel names, and the epoch of that."""

    primary: str
    epoch: int

    def __str__(self) -> str:
        return f"{self.primary or 'nobody of ours'} in epoch {self.epoch}"


class SentinelOldConfig:
    """Sentinels are killed and started with the file that they had at the beginning."""

    name: ClassVar[str] = "sentinel-old-config"
    description: ClassVar[str] = (
        "Start a Sentinel with the configuration file from before the last failover: an old epoch and an old primary."
    )
    undo: ClassVar[str] = "Nothing to undo: the others tell it about the newer epoch, and it follows."
    evidence: ClassVar[str] = (
        "The first thing that it says after its start is the old primary in an older epoch than it had; "
        "after healing it names the primary that most name."
    )
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.PROCESS})
    parameters: ClassVar[tuple[Parameter, ...]] = ()

    def inject(
        self,
        deployment: RunningDeployment,
        targets: Sequence[str],
        parameters: Mapping[str, Any],  # noqa: ARG002 -- it has none
    ) -> "ActiveSentinelOldConfig":
        """Replace file and process of each target."""
        names = nodes_of(deployment, targets)
        check_sentinels(deployment, names, self.name)
        before = {name: belief(deployment, name) for name in names}
        kill_all(deployment, names)
        first: dict[str, Belief | None] = {}
        for name in names:
            deployment.install(name)
            deployment.start(name, reason="fault")
            first[name] = first_belief(deployment, name)
        return ActiveSentinelOldConfig(deployment, before, first)


def belief(deployment: RunningDeployment, sentinel: str) -> Belief:
    """What a Sentinel believes now."""
    fields = pairs(deployment.ask(sentinel, "SENTINEL", "MASTER", deployment.master_name))
    return Belief(deployment.node_at(f"{fields['ip']}:{fields['port']}"), int(fields["config-epoch"]))


def first_belief(deployment: RunningDeployment, sentinel: str) -> Belief | None:
    """The first thing that a Sentinel says after its start, None when it says nothing for 10 s."""
    deadline = time.monotonic() + FIRST_LIMIT_S
    while time.monotonic() < deadline and deployment.process(sentinel).poll() is None:
        try:
            return belief(deployment, sentinel)
        except LabError:
            time.sleep(FIRST_LOOK_S)
    return None


class ActiveSentinelOldConfig:
    """Sentinels with an old file. ``before`` maps each to its belief from before, ``first`` to its first one afterwards."""

    proven_at_end: ClassVar[bool] = False

    def __init__(
        self, deployment: RunningDeployment, before: Mapping[str, Belief], first: Mapping[str, Belief | None]
    ) -> None:
        self.targets: Sequence[str] = list(before)
        self.details: Mapping[str, Any] = {}
        self._deployment = deployment
        self._before = before
        self._first = first

    def bit(self) -> Evidence:
        """Each named another primary, in an older epoch."""
        return combine([self._fell_back(name) for name in self.targets])

    def _fell_back(self, name: str) -> Evidence:
        before, first = self._before[name], self._first[name]
        if first is None:
            return Evidence(False, f"{name} said nothing after its start")
        older = first.epoch < before.epoch and first.primary != before.primary
        return Evidence(older, f"{name} named {before}, and {first} after its start")

    def heal(self) -> None:
        """Nothing to undo."""

    def healed(self) -> Evidence:
        """Each names whom most name."""
        return combine([self._follows(name) for name in self.targets])

    def _follows(self, name: str) -> Evidence:
        deadline = time.monotonic() + FOLLOW_LIMIT_S
        while True:
            named, primary = self._deployment.votes().get(name, ""), self._deployment.primary()
            sentence = f"{name} names {named or 'nobody'}, most name {primary or 'nobody'}"
            if named == primary != "" or time.monotonic() > deadline:
                return Evidence(named == primary != "", sentence)
            time.sleep(LOOK_S)
