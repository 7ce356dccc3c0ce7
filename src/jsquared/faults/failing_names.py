"""Failing names: the name service knows no names any more, or says nothing, for some hosts."""

from collections.abc import Sequence

from jsquared.faults.fault import ActiveFault, Fault, Parameter, ParameterValues
from jsquared.faults.lookups import DisturbedLookups
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.facets import Lookup

SILENCE_LIMIT_S = 0.5


class FailingNames(Fault):
    """Every lookup of hosts fails."""

    name = "failing-names"
    aims = "hosts"
    usual_targets = ("sentinels",)
    description = "Make lookups of host names fail: at once, or by silence, which resolvers wait out (10 s by default)."
    undo = "Answers correctly again."
    evidence = "A lookup from each host gives no address; after healing the right one again."
    needs = frozenset({Capability.NAMES})
    parameters = (Parameter("how", "no-such-name", "the result of a lookup", ("no-such-name", "silence")),)

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Fail the lookups of the targets' hosts."""

        def failed(lookup: Lookup) -> bool:
            return not lookup.address

        return DisturbedLookups(deployment, targets, how=parameters["how"], limit_s=SILENCE_LIMIT_S, bites=failed)
