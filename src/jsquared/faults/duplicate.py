"""Duplicate: some packets between hosts arrive twice, as over a network with a loop or a nervous link layer.

TCP throws the second copy away, so servers notice nothing but a little more work: the fault shows that this is so.
"""

from jsquared.faults.fault import Parameter, ParameterValues
from jsquared.faults.impaired import Effect, ImpairmentFault, chance_effect
from jsquared.faults.links_of import LINK_PARAMETERS
from jsquared.sandbox.link import Impairment, Volley


class Duplicate(ImpairmentFault):
    """A share of packets arrives twice; healing lets each through once."""

    name = "duplicate"
    description = "Deliver a share of the packets between two sides twice, drawn from the trial's seed."
    evidence = "The requested share of datagrams sent over the links arrives twice, and duplicates are counted; after healing none does."
    parameters = (
        Parameter("percent", 20, "the chance of each packet to arrive twice, 1 to 100"),
        *LINK_PARAMETERS,
    )

    def effect(self, parameters: ParameterValues, seed: int) -> Effect:
        """Some packets arrive twice."""
        return _effect(self.percent(parameters), seed)


def _effect(percent: int, seed: int) -> Effect:
    return chance_effect(Impairment(duplicate_percent=percent, seed=seed), percent, "duplicated", _twice, _describe)


def _twice(volley: Volley) -> float:
    return volley.duplicates / max(1, len(volley.delays_ms))


def _describe(volley: Volley) -> str:
    return f"{volley.duplicates} of {len(volley.delays_ms)} datagrams arrived twice ({_twice(volley):.1%})"
