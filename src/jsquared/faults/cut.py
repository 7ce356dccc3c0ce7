"""Cut: links between hosts drop every packet, silently, as a dead switch or a firewall does.

The targets are one side; everybody else is the other, unless ``against`` names whom they are cut from. ``links`` narrows the cut to
the traffic of one kind, which works although everything lives on the same hosts, because every role has an address of its own:
``replication`` (data node to data node), ``clients`` (client to data node), ``sentinels`` (Sentinel to data node and Sentinel).
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, ClassVar

from jsquared.cluster.cluster import Cluster
from jsquared.errors import BadInputError
from jsquared.faults.fault import Evidence, Parameter
from jsquared.faults.targets import all_hosts, hosts_of
from jsquared.sandbox.sandbox import Capability, Cut, Endpoint, HostRole, LinkCut, Sandbox

_PROBED_PAIRS = 4
_ROLE_PAIRS: dict[str, tuple[tuple[HostRole, HostRole], ...]] = {
    "replication": (("data", "data"),),
    "clients": (("client", "data"), ("data", "client")),
    "sentinels": (("sentinel", "data"), ("data", "sentinel"), ("sentinel", "sentinel")),
}


class CutLinks:
    """Links drop packets; healing lets them through again."""

    name: ClassVar[str] = "cut"
    description: ClassVar[str] = (
        "Drop all packets between two sides: whole hosts or one kind of traffic, in both directions or one."
    )
    undo: ClassVar[str] = "Removes the rules: packets pass again."
    evidence: ClassVar[str] = (
        "Datagrams sent across the cut do not arrive and the kernel counts dropped packets; after healing datagrams arrive."
    )
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.PROCESS, Capability.LINKS})
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("links", "all", "which traffic is cut", ("all", *_ROLE_PAIRS)),
        Parameter(
            "direction",
            "both",
            "both, or only packets from the targets (outbound) or to them (inbound)",
            ("both", "outbound", "inbound"),
        ),
        Parameter("against", "", "the other side, as targets separated by commas (default: everybody else)"),
        Parameter("port", 0, "only packets from or to this TCP or UDP port (0: any)"),
    )

    def inject(self, cluster: Cluster, targets: Sequence[str], parameters: Mapping[str, Any]) -> "ActiveCut":
        """Cut the links, all in one step."""
        side = hosts_of(cluster, targets)
        against = [word.strip() for word in str(parameters["against"]).split(",") if word.strip()]
        others = hosts_of(cluster, against) if against else all_hosts(cluster.plan)
        other_side = [host for host in others if host not in side]
        if not other_side:
            raise BadInputError("nobody is left on the other side", where="fault 'cut'", try_="fewer targets")
        links = list(_links(side, other_side, parameters))
        cut = cluster.sandbox.cut(links)
        details = {"sides": [side, other_side], "links": parameters["links"], "direction": parameters["direction"]}
        return ActiveCut(cluster.sandbox, cut, links, side, details)


def _links(side: Sequence[str], other: Sequence[str], parameters: Mapping[str, Any]) -> Iterator[LinkCut]:
    port = int(parameters["port"]) or None
    direction = parameters["direction"]
    roles: tuple[tuple[HostRole | None, HostRole | None], ...] = _ROLE_PAIRS.get(parameters["links"], ((None, None),))
    for near in side:
        for far in other:
            for near_role, far_role in roles:
                here, there = Endpoint(near, near_role), Endpoint(far, far_role)
                if direction != "inbound":
                    yield LinkCut(here, there, port)
                if direction != "outbound":
                    yield LinkCut(there, here, port)


class ActiveCut:
    """Links that are cut."""

    proven_at_end: ClassVar[bool] = True

    def __init__(
        self, sandbox: Sandbox, cut: Cut, links: Sequence[LinkCut], targets: Sequence[str], details: Mapping[str, Any]
    ) -> None:
        self.targets = targets
        self.details = details
        self._sandbox = sandbox
        self._cut = cut
        self._probed = list(islice(links, _PROBED_PAIRS))
        self._arrived_during = self._arriving()

    def _arriving(self) -> int:
        return sum(self._sandbox.probe(link.source, link.destination, port=link.port) for link in self._probed)

    def bit(self) -> Evidence:
        """Probes that did not arrive, and packets that the kernel dropped."""
        dropped, probes = self._cut.dropped(), len(self._probed)
        return Evidence(
            dropped > 0 and not self._arrived_during,
            f"{probes - self._arrived_during} of {probes} datagrams sent across the cut vanished; {dropped:,} packets dropped",
        )

    def heal(self) -> None:
        """Let packets pass again."""
        self._cut.restore()

    def healed(self) -> Evidence:
        """All probes arrive."""
        arrived, probes = self._arriving(), len(self._probed)
        return Evidence(arrived == probes, f"{arrived} of {probes} datagrams sent across the former cut arrived")
