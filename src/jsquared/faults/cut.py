"""Cut: links between hosts drop every packet, silently, as a dead switch or a firewall does.

The targets are one side; everyone else is the other, unless ``against`` names whom they are cut from. ``links`` narrows the cut to
the traffic of one kind, which works although everything lives on the same hosts, because every role has an address of its own:
``replication`` (data node to data node), ``clients`` (client to data node), ``sentinels`` (Sentinel to data node and Sentinel),
``watch`` (Sentinel to data node only), ``votes`` (Sentinel to Sentinel only).
"""

from collections.abc import Sequence
from itertools import islice

from jsquared.faults.fault import ActiveFault, Evidence, Fault, ParameterValues
from jsquared.faults.links_of import LINK_PARAMETERS, Links, links_of
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.facets import given
from jsquared.sandbox.link import Links as SandboxLinks

_PROBED_PAIRS = 4


class CutLinks(Fault):
    """Links drop packets; healing lets them through again."""

    name = "cut"
    aims = "hosts"
    description = "Drop all packets between two sides: whole hosts or one kind of traffic, in both directions or one."
    undo = "Removes the rules: packets pass again."
    evidence = "Datagrams sent across the cut do not arrive and the kernel counts dropped packets; after healing datagrams arrive."
    needs = frozenset({Capability.PROCESS, Capability.LINKS})
    parameters = LINK_PARAMETERS

    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Cut the links, all in one step."""
        links = links_of(self.name, deployment, targets, parameters)
        switch = given(deployment.sandbox.links, Capability.LINKS)
        return ActiveCut(deployment, switch, links)


class ActiveCut(ActiveFault):
    """Links that are cut."""

    proven_at_end = True

    def __init__(self, deployment: RunningDeployment, switch: SandboxLinks, links: Links) -> None:
        super().__init__(deployment, links.targets, {"sides": tuple(map(tuple, links.sides)), **links.kinds})
        self._switch = switch
        self._cut = switch.cut(links.links)
        self._probed = list(islice(links.links, _PROBED_PAIRS))
        self._arrived_during = self._arriving()

    def _arriving(self) -> int:
        return sum(self._switch.probe(link.source, link.destination, port=link.port) for link in self._probed)

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
