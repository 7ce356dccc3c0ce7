"""Slow names: the name service answers some hosts rightly, and late."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from jsquared.faults.fault import Parameter
from jsquared.faults.lookups import DisturbedLookups
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.sandbox import Capability, Lookup

SPARE_S = 1.0


class SlowNames:
    """Every answer to hosts is held back."""

    name: ClassVar[str] = "slow-names"
    description: ClassVar[str] = (
        "Answer the lookups of host names late: Sentinels and servers wait, and do nothing else meanwhile."
    )
    undo: ClassVar[str] = "Answers at once again."
    evidence: ClassVar[str] = (
        "A lookup from each host gives the right address after at least the delay; after healing sooner again."
    )
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.NAMES})
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("delay_ms", 200, "how late every answer comes"),)

    def inject(
        self, deployment: RunningDeployment, targets: Sequence[str], parameters: Mapping[str, Any]
    ) -> DisturbedLookups:
        """Hold back the answers to the targets' hosts."""
        delay_ms: int = parameters["delay_ms"]

        def late(lookup: Lookup) -> bool:
            return bool(lookup.address) and lookup.ms >= delay_ms > 0

        return DisturbedLookups(deployment, targets, after_ms=delay_ms, limit_s=delay_ms / 1000 + SPARE_S, bites=late)
