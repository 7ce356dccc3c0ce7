"""Delay: packets between hosts take their time, evenly or not, as over a long or a busy line."""

from statistics import median

from jsquared.faults.fault import Evidence, Parameter, ParameterValues
from jsquared.faults.impaired import Effect, ImpairmentFault
from jsquared.faults.links_of import LINK_PARAMETERS
from jsquared.sandbox.link import Impairment, Volley

DELAY_LIMIT_MS = 10_000
_DATAGRAMS = 10


class Delay(ImpairmentFault):
    """Packets arrive later; healing lets them through at once."""

    name = "delay"
    description = (
        "Delay all packets between two sides, with or without jitter; packets of one direction keep their order."
    )
    evidence = "Datagrams sent over the links take as long as asked and delayed packets are counted; after healing they arrive at once."
    parameters = (
        Parameter("delay_ms", 100, "how much later each packet arrives, one way (a round trip takes twice as long)"),
        Parameter("jitter_ms", 0, "by how much a delay may be shorter or longer, drawn evenly for each packet"),
        *LINK_PARAMETERS,
    )

    def effect(self, parameters: ParameterValues, seed: int) -> Effect:
        """Packets arrive later."""
        delay_ms, jitter_ms = int(parameters["delay_ms"]), int(parameters["jitter_ms"])
        if not 0 < delay_ms <= DELAY_LIMIT_MS:
            raise self.refusal(f"{delay_ms} ms is not a delay", parameter="delay_ms", hint=f"1 to {DELAY_LIMIT_MS}")
        if jitter_ms > delay_ms:
            raise self.refusal("more jitter than delay", parameter="jitter_ms", hint=f"at most {delay_ms}")
        return _effect(delay_ms, jitter_ms, seed)


def _effect(delay_ms: int, jitter_ms: int, seed: int) -> Effect:
    def shows(volley: Volley) -> Evidence:
        delays_ms = volley.delays_ms
        late = bool(delays_ms) and min(delays_ms) >= delay_ms - jitter_ms and median(delays_ms) >= delay_ms / 2
        return Evidence(late, describe(volley))

    def clear(volley: Volley) -> Evidence:
        return Evidence(bool(volley.delays_ms) and median(volley.delays_ms) < delay_ms / 2, describe(volley))

    sends = {"count": _DATAGRAMS, "spacing_ms": 1, "wait_ms": delay_ms + jitter_ms + 500}
    impairment = Impairment(delay_ms=delay_ms, jitter_ms=jitter_ms, seed=seed)
    return Effect(impairment, sends, shows, clear, "delayed")


def describe(volley: Volley) -> str:
    """Describe the datagrams' delays."""
    delays_ms = volley.delays_ms
    if not delays_ms:
        return f"none of {volley.sent} datagrams arrived"
    spread = f"{min(delays_ms):.1f} to {max(delays_ms):.1f} ms"
    return f"{len(delays_ms)} of {volley.sent} datagrams arrived, after {spread}"
