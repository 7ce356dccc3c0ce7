"""Which host an address or name belongs to, by what stands in the files.

Three things say so, and the first of them that knows an address is right: the name of the host (its folder's, or what a Compose file
calls it), the addresses that its servers listen on, and what they announce, which may be the address of whatever stands before them.
"""

from collections.abc import Collection, Iterable, Mapping

from jsquared.deployment.model.addresses import announced_address, bound_addresses, ip_of
from jsquared.deployment.model.spec import Node


class HostClaims:
    """``named``, ``bound`` and ``announced`` map an address or name, in lower case, to the hosts that it belongs to by it."""

    def __init__(
        self, nodes: Iterable[Node], called: Mapping[str, Collection[str]], floating: Collection[str] = ()
    ) -> None:
        """:param floating: addresses that hosts share in turn, which are no host's."""
        self.named: dict[str, set[str]] = {}
        self.bound: dict[str, set[str]] = {}
        self.announced: dict[str, set[str]] = {}
        for node in nodes:
            for name in (node.host, *called.get(node.host, ())):
                self.named.setdefault(name.lower(), set()).add(node.host)
            for address in bound_addresses(node).difference(floating):
                self.bound.setdefault(address, set()).add(node.host)
            announced = announced_address(node)
            if announced and announced not in floating:
                self.announced.setdefault(announced, set()).add(node.host)

    def own(self, address: str) -> set[str]:
        """The hosts that have it themselves: by their name, else by what they listen on."""
        return self.named.get(address) or self.bound.get(address) or set()

    def by_first_label(self, address: str) -> set[str]:
        """The hosts that ``n1.example.com`` means by ``n1``; an IP address has no labels."""
        return set() if ip_of(address) else self.named.get(address.partition(".")[0], set())

    def announces_another(self, node: Node) -> set[str]:
        """The hosts whose own address a node announces, where its own host is none of them."""
        owners = self.own(announced_address(node))
        return set() if node.host in owners else owners
