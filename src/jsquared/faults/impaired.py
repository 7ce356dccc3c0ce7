"""Shared code of the faults that impair links: links under an impairment, shown by datagrams sent over them.

The datagrams are the lab's own and pass the same rule as all other packets. They are sent when the fault begins, and once more before
it heals where the first ones did not show it (the link may have been cut then, or full).
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from jsquared.faults.fault import ActiveFault, Evidence, Fault, ParameterValues, combine
from jsquared.faults.links_of import Links, links_of
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.facets import given
from jsquared.sandbox.link import Impairment, Impairments, LinkSelector, PacketCounts, Volley

MISSED_LIMIT = 0.01
"""Above this share of packets that this machine lost on its own, the links were not impaired as asked."""
_MEASURED_LINKS = 2
_VOLLEYS = 5
"""A machine with too much to do delays datagrams itself: what one volley does not show is measured again, so often at most."""
_SIGMAS = 5


@dataclass(frozen=True)
class Effect:
    """The intended effect of an impairment, and the way a volley shows it.

    ``sends`` are the arguments of :meth:`Impairments.volley`; ``shows`` and ``clear`` tell whether a volley shows the impairment, and its
    absence; ``count`` names the counter that must not be zero.
    """

    impairment: Impairment
    sends: Mapping[str, Any]
    shows: Callable[[Volley], Evidence]
    clear: Callable[[Volley], Evidence]
    count: str


class ImpairmentFault(Fault):
    """A fault that impairs links; a subclass says with what effect."""

    aims = "hosts"
    undo = "The switch forwards the packets itself again; those under way arrive at once."
    needs = frozenset({Capability.PROCESS, Capability.LINKS, Capability.DELAY})

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Impair the links that the parameters mean."""
        effect = self.effect(parameters, deployment.plan.seed)
        links = links_of(self.name, deployment, targets, parameters)
        impairments = given(deployment.sandbox.impairments, Capability.DELAY)
        return ActiveImpairment(deployment, impairments, links, effect)

    @abstractmethod
    def effect(self, parameters: ParameterValues, seed: int) -> Effect:
        """Return the effect that these parameters ask for; ``seed`` seeds the random numbers.

        :raises BadInputError: a parameter makes no sense.
        """

    def percent(self, parameters: ParameterValues) -> int:
        """The parameter ``percent``.

        :raises BadInputError: it is not within 1 to 100.
        """
        percent = int(parameters["percent"])
        if not 1 <= percent <= 100:
            raise self.refusal(f"{percent} is not a percentage above 0", parameter="percent", hint="1 to 100")
        return percent


class ActiveImpairment(ActiveFault):
    """Links that are impaired."""

    proven_at_end = True

    def __init__(self, deployment: RunningDeployment, impairments: Impairments, links: Links, effect: Effect) -> None:
        # not "sides": nobody is cut off
        super().__init__(deployment, links.targets, {"between": links.sides, **links.kinds})
        self._impairments = impairments
        self._impaired = impairments.impair(links.links, effect.impairment)
        self._measured = list(islice(links.links, _MEASURED_LINKS))
        self._effect = effect
        self._at_first = self._measure(effect.shows)

    def _measure(self, judge: Callable[[Volley], Evidence]) -> Evidence:
        return combine([self._measure_link(link, judge) for link in self._measured])

    def _measure_link(self, link: LinkSelector, judge: Callable[[Volley], Evidence]) -> Evidence:
        """The first volley over a link that shows it, else the last of several."""
        shown = judge(self._volley(link))
        for _ in range(_VOLLEYS - 1):
            if shown.ok:
                break
            shown = judge(self._volley(link))
        return shown

    def _volley(self, link: LinkSelector) -> Volley:
        return self._impairments.volley(link.source, link.destination, port=link.port, **self._effect.sends)

    def bit(self) -> Evidence:
        """A volley that shows it, and packets that were counted."""
        shown = self._at_first if self._at_first.ok else self._measure(self._effect.shows)
        return combine([shown, _counted(self._impaired.counts(), self._effect.count)])

    def heal(self) -> None:
        """Let packets pass as before."""
        self._impaired.restore()

    def healed(self) -> Evidence:
        """A volley that shows nothing of it."""
        return self._measure(self._effect.clear)


def _counted(counts: PacketCounts, name: str) -> Evidence:
    number = getattr(counts, name)
    sentence = f"{number:,} of {counts.packets:,} packets on these links were {name}"
    if counts.overflowed:
        sentence += f", {counts.overflowed:,} dropped by a full queue"
    if counts.missed:
        sentence += f", {counts.missed:,} lost because this machine could not keep up"
    return Evidence(number > 0 and counts.missed <= MISSED_LIMIT * counts.packets, sentence)


def chance_effect(
    impairment: Impairment,
    percent: int,
    count: str,
    share: Callable[[Volley], float],
    describe: Callable[[Volley], str],
) -> Effect:
    """The effect of what happens to each packet by chance.

    :param share: the share of a volley's datagrams that it happened to.
    """

    def shows(volley: Volley) -> Evidence:
        return Evidence(about(share(volley), percent, volley.sent), describe(volley))

    def clear(volley: Volley) -> Evidence:
        return Evidence(bool(volley.delays_ms) and share(volley) <= percent / 400, describe(volley))

    return Effect(impairment, sends_to_count(percent), shows, clear, count)


def sends_to_count(percent: int) -> dict[str, Any]:
    """A volley of so many datagrams that a share of them can be distinguished from none and from twice as many."""
    count = max(200, 2000 // percent)
    return {"count": count, "spacing_ms": 100 / count, "wait_ms": 300}


def about(share: float, percent: int, number: int) -> bool:
    """True if a measured share fits this chance in so many draws: within 5 standard deviations, and not 0."""
    chance = percent / 100
    return share > 0 and abs(share - chance) <= _SIGMAS * (chance * (1 - chance) / number) ** 0.5
