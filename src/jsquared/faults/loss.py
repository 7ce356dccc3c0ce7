"""Loss: some packets between hosts vanish, each by chance, as over a bad cable or a crowded radio link."""

from jsquared.faults.fault import Parameter, ParameterValues
from jsquared.faults.impaired import Effect, ImpairmentFault, chance_effect
from jsquared.faults.links_of import LINK_PARAMETERS
from jsquared.sandbox.link import Impairment, Volley


class Loss(ImpairmentFault):
    """A share of packets vanishes; healing lets all through."""

    name = "loss"
    description = "Lose a share of the packets between two sides, each by chance, drawn from the trial's seed."
    evidence = "The requested share of datagrams sent over the links is lost, and lost packets are counted; after healing they arrive."
    parameters = (
        Parameter("percent", 20, "the chance of each packet to be lost, 1 to 100"),
        *LINK_PARAMETERS,
    )

    def effect(self, parameters: ParameterValues, seed: int) -> Effect:
        """Some packets are lost."""
        return _effect(self.percent(parameters), seed)


def _effect(percent: int, seed: int) -> Effect:
    return chance_effect(Impairment(loss_percent=percent, seed=seed), percent, "lost", _lost, _describe)


def _lost(volley: Volley) -> float:
    return 1 - len(volley.delays_ms) / volley.sent


def _describe(volley: Volley) -> str:
    return f"{volley.sent - len(volley.delays_ms)} of {volley.sent} datagrams were lost ({_lost(volley):.1%})"
