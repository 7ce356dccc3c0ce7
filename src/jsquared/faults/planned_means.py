"""Means by which servers can be broken later, given to them at their start: only those that the plan needs."""

from jsquared.errors import BadInputError
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.capability import Capability


def refuse_unplanned(deployment: RunningDeployment, need: Capability, to_do: str) -> None:
    """Refuse to do to servers what they were not started for.

    :raises BadInputError: the plan does not say that it needs it.
    """
    if need not in deployment.plan.needs:
        raise BadInputError(
            f"the servers were started without the means to {to_do}",
            where=f"plan of '{deployment.plan.scenario}'",
            hint=f"a scenario whose needs contain '{need}'",
        )
