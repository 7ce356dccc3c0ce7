"""Sentinel with an old configuration: it is started with the file from before the last failover, as after a careless restore."""

import re
import time
from collections.abc import Mapping, Sequence

from jsquared.errors import LabError
from jsquared.faults.fault import ActiveFault, ActivePerTarget, Evidence, Fault, ParameterValues
from jsquared.faults.kill import kill_all
from jsquared.faults.sentinel_belief import Belief, belief
from jsquared.faults.targets import sentinels
from jsquared.faults.waiting import prove_within
from jsquared.running.deployment import RunningDeployment

FIRST_LIMIT_S = 10.0
FOLLOW_LIMIT_S = 30.0
FIRST_LOOK_S = 0.001
LOOK_S = 0.05
_SWITCHED = re.compile(r"\+switch-master (\S+) (\S+) (\d+) (\S+) (\d+)")


class SentinelOldConfig(Fault):
    """Sentinels are killed and started with the file that they had at the beginning."""

    name = "sentinel-old-config"
    aims = "sentinels"
    usual_targets = ("sentinel:1",)
    description = (
        "Start a Sentinel with the configuration file from before the last failover: an old epoch and an old primary."
    )
    undo = "Nothing to undo: the others tell it about the newer epoch, and it follows."
    evidence = (
        "After its start it first names the old primary in an older epoch than it had, or logs that it was told of the newer one; "
        "after healing it names the same primary as most others."
    )

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:  # noqa: ARG002
        """Replace file and process of each target."""
        names = sentinels(deployment, targets, fault=self.name)
        before = {name: belief(deployment, name) for name in names}
        kill_all(deployment, names)
        first: dict[str, Belief | None] = {}
        said = {name: deployment.log_of(name) for name in names}
        for name in names:
            deployment.install(name)
            deployment.start(name, reason="fault")
            first[name] = first_belief(deployment, name)
        return ActiveSentinelOldConfig(deployment, before, first, said)


def first_belief(deployment: RunningDeployment, sentinel: str) -> Belief | None:
    """The first thing that a Sentinel says after its start, None when it says nothing for 10 s."""
    deadline = time.monotonic() + FIRST_LIMIT_S
    while time.monotonic() < deadline and deployment.process(sentinel).poll() is None:
        try:
            return belief(deployment, sentinel)
        except LabError:
            time.sleep(FIRST_LOOK_S)
    return None


class ActiveSentinelOldConfig(ActivePerTarget):
    """Sentinels with an old file. ``before`` maps each to its belief from before, ``first`` to its first one afterwards.

    ``said`` is what each had logged until its start.
    """

    def __init__(
        self,
        deployment: RunningDeployment,
        before: Mapping[str, Belief],
        first: Mapping[str, Belief | None],
        said: Mapping[str, str],
    ) -> None:
        super().__init__(deployment, before)
        self._before = before
        self._first = first
        self._said = said

    def bit_at(self, name: str) -> Evidence:
        """The Sentinel named another primary, in an older epoch."""
        before, first = self._before[name], self._first[name]
        if first is None:
            return Evidence(False, f"{name} said nothing after its start")
        older = first.epoch < before.epoch and first.primary != before.primary
        if not older and (learned := self._learned(name)):
            return Evidence(True, f"{name} named {before}; after its start it was told so: {learned}")
        return Evidence(older, f"{name} named {before}, and {first} after its start")

    def _learned(self, name: str) -> str:
        """Return the line by which a Sentinel took the newer primary over from the others, as on a busy machine before it is asked.

        It does so for a newer epoch alone (sentinelProcessHelloMessage in sentinel.c).
        """
        log, said = self._deployment.log_of(name), self._said[name]
        for line in _SWITCHED.finditer(log[len(said) :] if log.startswith(said) else ""):
            old, new = (self._deployment.node_at(f"{line[ip]}:{line[ip + 1]}") for ip in (2, 4))
            if line[1] == self._deployment.master_name and new == self._before[name].primary != old:
                return line[0]
        return ""

    def heal(self) -> None:
        """Nothing to undo."""

    def healed_at(self, name: str) -> Evidence:
        """The Sentinel names whom most name."""
        return prove_within(lambda: self._follows(name), limit_s=FOLLOW_LIMIT_S, look_s=LOOK_S)

    def _follows(self, name: str) -> Evidence:
        named, primary = self._deployment.votes().get(name, ""), self._deployment.primary()
        return Evidence(named == primary != "", f"{name} names {named or 'no one'}, most name {primary or 'no one'}")
