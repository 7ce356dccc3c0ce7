"""Links that are cut and impaired on paper: what a fake sandbox says of packets that were never sent."""

from collections.abc import Sequence

from jsquared.sandbox.link import Cut, Endpoint, Impaired, Impairment, LinkSelector, PacketCounts, Volley


class FakeImpaired:
    """Links that are impaired on paper; ``stuck`` ones stay so when restored. ``counted`` is what a test says of their packets."""

    def __init__(self, links: Sequence[LinkSelector], impairment: Impairment) -> None:
        self.links = links
        self.impairment = impairment
        self.active = True
        self.stuck = False
        self.counted = PacketCounts(packets=100)

    def counts(self) -> PacketCounts:
        """Return the counts that the test sets."""
        return self.counted

    def restore(self) -> None:
        """Let packets pass as before."""
        self.active = self.stuck


class FakeCut:
    """Links that are cut on paper; ``stuck`` ones stay cut when restored."""

    def __init__(self, links: Sequence[LinkSelector]) -> None:
        self.links = links
        self.active = True
        self.stuck = False
        self.vanished = 0

    def dropped(self) -> int:
        """How many probes vanished."""
        return self.vanished

    def restore(self) -> None:
        """Let packets through again."""
        self.active = self.stuck


class LinksOnPaper:
    """``cuts`` are all that were made; ``leaky`` lets probes through whatever is cut."""

    def __init__(self) -> None:
        self.leaky = False
        self.cuts: list[FakeCut] = []

    def cut(self, links: Sequence[LinkSelector]) -> Cut:
        """Note that links are cut."""
        self.cuts.append(FakeCut(links))
        return self.cuts[-1]

    def probe(self, source: Endpoint, destination: Endpoint, *, port: int | None = None) -> bool:  # noqa: ARG002
        """True if no active cut names exactly this link."""
        for cut in self.cuts:
            if names(cut.links, source, destination) and cut.active and not self.leaky:
                cut.vanished += 1
                return False
        return True


class ImpairmentsOnPaper:
    """``impaired`` are all impairments that were made; ``leaky`` lets packets pass as if there were none."""

    def __init__(self) -> None:
        self.leaky = False
        self.impaired: list[FakeImpaired] = []

    def impair(self, links: Sequence[LinkSelector], impairment: Impairment) -> Impaired:
        """Note that links are impaired."""
        self.impaired.append(FakeImpaired(links, impairment))
        return self.impaired[-1]

    def volley(
        self,
        source: Endpoint,
        destination: Endpoint,
        *,
        count: int,
        size: int = 64,
        spacing_ms: float = 0,
        wait_ms: float = 100,  # noqa: ARG002 -- nothing takes time on paper
        port: int | None = None,  # noqa: ARG002
    ) -> Volley:
        """Return the exact effect of the impairments on paper on so many datagrams, jitter aside."""
        given = self._given(source, destination)
        arrived = count
        for one in given:
            arrived -= round(arrived * one.loss_percent / 100)
        each_ms = max((size * 8 / one.rate_kbit for one in given if one.rate_kbit), default=0.0)
        duplicates = sum(round(arrived * one.duplicate_percent / 100) for one in given)
        delay_ms = sum(one.delay_ms for one in given) + each_ms
        return Volley(count, (delay_ms,) * arrived, duplicates, (count - 1) * max(spacing_ms, each_ms))

    def _given(self, source: Endpoint, destination: Endpoint) -> list[Impairment]:
        return [
            each.impairment
            for each in self.impaired
            if each.active and not self.leaky and names(each.links, source, destination)
        ]


def names(links: Sequence[LinkSelector], source: Endpoint, destination: Endpoint) -> bool:
    """True if one of the links is exactly this one."""
    return any(link.source == source and link.destination == destination for link in links)
