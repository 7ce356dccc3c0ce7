"""Shared code of faults of the name service: the hosts whose lookups they disturb, and the measurement of a lookup."""

from collections.abc import Callable, Sequence

from jsquared.errors import BadInputError
from jsquared.faults.fault import ActivePerTarget, Evidence
from jsquared.faults.targets import hosts_of
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.facets import HowNamesAnswer, Lookup, given

ATTEMPTS = 3
"""Of so many lookups after healing the best counts: a busy machine may delay any one of them."""
USUAL_LIMIT_S = 0.25


class DisturbedLookups(ActivePerTarget):
    """Hosts whose lookups are answered late or not. ``bites`` says of one measured lookup whether the fault shows in it."""

    def __init__(
        self,
        deployment: RunningDeployment,
        targets: Sequence[str],
        *,
        after_ms: int = 0,
        how: HowNamesAnswer = "answer",
        limit_s: float,
        bites: Callable[[Lookup], bool],
    ) -> None:
        """Disturb them.

        :raises BadInputError: there is no such target, or the deployment has no host names.
        """
        names = {name: deployment.address(node.name) for node in deployment.plan.nodes for name in node.names}
        if not names:
            raise BadInputError(
                "no host names are looked up in this deployment",
                where=f"deployment '{deployment.plan.deployment}'",
                hint="sentinel resolve-hostnames yes, with names in place of addresses",
            )
        super().__init__(deployment, hosts_of(deployment, targets))
        self._name, self._address = next(iter(names.items()))
        self._names = given(deployment.sandbox.name_service, Capability.NAMES)
        self._limit_s = limit_s
        self._bites = bites
        before = {host: self._usual(host) for host in self.targets}
        before_ms = {host: round(lookup.ms, 1) for host, lookup in before.items()}
        self._details = {"asked": self._name, "before_ms": before_ms}
        self._names.disturb(self.targets, after_ms=after_ms, how=how)

    def _usual(self, host: str) -> Lookup:
        """The best of a few lookups as they should be."""
        lookups = (self._names.lookup(host, self._name, limit_s=USUAL_LIMIT_S) for _ in range(ATTEMPTS))
        right = next(
            (lookup for lookup in lookups if lookup.address == self._address and not self._bites(lookup)), None
        )
        return right or self._names.lookup(host, self._name, limit_s=USUAL_LIMIT_S)

    def bit_at(self, name: str) -> Evidence:
        """A lookup from that host shows it."""
        lookup = self._names.lookup(name, self._name, limit_s=self._limit_s)
        return Evidence(self._bites(lookup), self._measured(name, lookup))

    def heal(self) -> None:
        """Answer them as usual again."""
        self._names.disturb(self.targets)

    def healed_at(self, name: str) -> Evidence:
        """A lookup from that host gives the right address, in time."""
        lookup = self._usual(name)
        return Evidence(lookup.address == self._address and not self._bites(lookup), self._measured(name, lookup))

    def _measured(self, host: str, lookup: Lookup) -> str:
        said = lookup.address or lookup.said
        return f"{host} asked for {self._name} and got {said} after {lookup.ms:.1f} ms"
