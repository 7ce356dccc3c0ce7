"""Failing names: the name service knows no names any more, or says nothing, for some hosts."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from jsquared.faults.fault import Parameter
from jsquared.faults.lookups import DisturbedLookups
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.sandbox import Capability, Lookup

SILENCE_LIMIT_S = 0.5


class FailingNames:
    """Every lookup of hosts fails."""

    name: ClassVar[str] = "failing-names"
    description: ClassVar[str] = (
        "Let the lookups of host names fail: at once, or by silence, which resolvers wait for (10 s by default)."
    )
    undo: ClassVar[str] = "Answers rightly again."
    evidence: ClassVar[str] = "A lookup from each host gives no address; after healing the right one again."
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.NAMES})
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("how", "no-such-name", "what a lookup ends with", ("no-such-name", "silence")),
    )

    def inject(
        self, deployment: RunningDeployment, targets: Sequence[str], parameters: Mapping[str, Any]
    ) -> DisturbedLookups:
        """Fail the lookups of the targets' hosts."""

        def failed(lookup: Lookup) -> bool:
            return not lookup.address

        return DisturbedLookups(deployment, targets, how=parameters["how"], limit_s=SILENCE_LIMIT_S, bites=failed)
