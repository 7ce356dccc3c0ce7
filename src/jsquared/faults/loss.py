"""Loss: some packets between hosts vanish, each by chance, as over a bad cable or a crowded radio link."""

from collections.abc import Sequence

from jsquared.faults.fault import ActiveFault, Fault, Parameter, ParameterValues
from jsquared.faults.impaired import (
    IMPAIRMENT_UNDO,
    NEEDS_DELAY,
    Effect,
    chance_effect,
    impair,
    percentage,
)
from jsquared.faults.links_of import LINK_PARAMETERS
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.sandbox import Impairment, Volley


class Loss(Fault):
    """A share of packets vanishes; healing lets all through."""

    name = "loss"
    description = "Lose a share of the packets between two sides, each by chance, drawn from the trial's seed."
    undo = IMPAIRMENT_UNDO
    evidence = "Of datagrams sent over the links the share asked for is lost, and lost packets are counted; after healing they arrive."
    needs = NEEDS_DELAY
    parameters = (
        Parameter("percent", 20, "the chance of each packet to be lost, 1 to 100"),
        *LINK_PARAMETERS,
    )

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Lose some of the links' packets."""
        effect = _effect(percentage(self.name, parameters), deployment.plan.seed)
        return impair(self.name, deployment, targets, parameters, effect)


def _effect(percent: int, seed: int) -> Effect:
    return chance_effect(Impairment(loss_percent=percent, seed=seed), percent, "lost", _lost, _describe)


def _lost(volley: Volley) -> float:
    return 1 - len(volley.delays_ms) / volley.sent


def _describe(volley: Volley) -> str:
    return f"{volley.sent - len(volley.delays_ms)} of {volley.sent} datagrams were lost ({_lost(volley):.1%})"
