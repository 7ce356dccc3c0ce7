"""Slow names: the name service answers some hosts rightly, and late."""

from collections.abc import Sequence

from jsquared.faults.fault import ActiveFault, Fault, Parameter, ParameterValues
from jsquared.faults.lookups import DisturbedLookups
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.facets import Lookup

SPARE_S = 1.0


class SlowNames(Fault):
    """Every answer to hosts is held back."""

    name = "slow-names"
    aims = "hosts"
    usual_targets = ("sentinels",)
    description = "Answer the lookups of host names late: Sentinels and servers wait, and do nothing else meanwhile."
    undo = "Answers at once again."
    evidence = "A lookup from each host gives the right address after at least the delay; after healing sooner again."
    needs = frozenset({Capability.NAMES})
    parameters = (Parameter("delay_ms", 200, "how late every answer comes"),)

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Hold back the answers to the targets' hosts."""
        delay_ms: int = parameters["delay_ms"]

        def late(lookup: Lookup) -> bool:
            return bool(lookup.address) and lookup.ms >= delay_ms > 0

        return DisturbedLookups(deployment, targets, after_ms=delay_ms, limit_s=delay_ms / 1000 + SPARE_S, bites=late)
