"""Bandwidth: a link carries only so much, as a thin or a shared line; what waits longer than a second for its turn is lost."""

from jsquared.faults.fault import Evidence, Parameter, ParameterValues
from jsquared.faults.impaired import Effect, ImpairmentFault
from jsquared.faults.links_of import LINK_PARAMETERS
from jsquared.sandbox.link import Impairment, Volley

RATE_RANGE_KBIT = (8, 100_000)
"""Below, one full frame takes longer than the queue holds; above, the lab's own datagrams cannot tell the link from a free one."""
_SIZE = 1250
_MEASURE_MS = 200.0
_TOLERANCE = 1.1


class Bandwidth(ImpairmentFault):
    """Links carry little; healing lets them carry all again."""

    name = "bandwidth"
    description = "Limit the bandwidth from any host of one side to any host of the other; the queue in front of it holds one second."
    evidence = "Datagrams sent at once arrive no faster than the limit and delayed packets are counted; after healing they arrive faster."
    parameters = (
        Parameter("rate_kbit", 1000, "capacity from one host to another in kilobits (1000) a second, 8 to 100000"),
        *LINK_PARAMETERS,
    )

    def effect(self, parameters: ParameterValues, seed: int) -> Effect:
        """Links carry less."""
        rate_kbit = int(parameters["rate_kbit"])
        least, most = RATE_RANGE_KBIT
        if not least <= rate_kbit <= most:
            raise self.refusal(f"{rate_kbit} kbit/s is not possible", parameter="rate_kbit", hint=f"{least} to {most}")
        return _effect(rate_kbit, seed)


def _effect(rate_kbit: int, seed: int) -> Effect:
    def shows(volley: Volley) -> Evidence:
        return Evidence(0 < _rate_kbit(volley, size) <= rate_kbit * _TOLERANCE, _describe(volley, size))

    def clear(volley: Volley) -> Evidence:
        return Evidence(_rate_kbit(volley, size) > rate_kbit * _TOLERANCE, _describe(volley, size))

    size = max(64, min(_SIZE, int(rate_kbit * _MEASURE_MS / 3 / 8)))
    count = max(3, min(100, int(_MEASURE_MS * rate_kbit / (size * 8))))
    sends = {"count": count, "size": size, "wait_ms": count * size * 8 / rate_kbit + 1500}
    return Effect(Impairment(rate_kbit=rate_kbit, seed=seed), sends, shows, clear, "delayed")


def _rate_kbit(volley: Volley, size: int) -> float:
    """Bits a millisecond from the first arrival to the last; 0 when fewer than two arrived."""
    further = len(volley.delays_ms) - 1
    return further * size * 8 / max(volley.span_ms, 0.001) if further > 0 else 0.0


def _describe(volley: Volley, size: int) -> str:
    rate = f"{_rate_kbit(volley, size):,.0f} kbit/s"
    return f"{len(volley.delays_ms)} of {volley.sent} datagrams of {size} bytes arrived, at {rate}"
