"""The servers that a trial's Prometheus scrapes: each once, under one instance, at the address where it is now.

Sentinels may call a server by a host name, by its address, or by both. Three things are kept apart here:

- *Where it is asked* is always an address, the server's present one. The exporter sees the machine's own files, not those of a host, and
  so looks up no name of the lab's; and a fault on names is about the deployment. Monitoring that needed lookups too would fall silent with
  it, and its alerts would be about itself.
- *Its instance* is the Sentinels' own word for it, since rules join a server's metrics with ``master_address``, which is that word.
- *Once*: a server with two instances would be two primaries to a rule that counts them. It keeps the instance that it has, unless the
  Sentinels name it as their primary by another word.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from ipaddress import ip_address

from jsquared.running.deployment import RunningDeployment
from jsquared.running.discovered import place


@dataclass(frozen=True)
class Scraped:
    """One server: the address with its port that it is asked at, and the instance that its metrics have."""

    where: str
    instance: str


class ScrapedServers:
    """Tells what the Sentinels' words mean now, and remembers the instance of each server."""

    def __init__(self, deployment: RunningDeployment) -> None:
        self._deployment = deployment
        self._instances: dict[str, str] = {}

    def of(self, words: Iterable[str], primaries: Collection[str] = ()) -> list[Scraped]:
        """Return the servers that these words mean, in their order.

        :param words: ``address:port`` or ``name:port``, as Sentinels have them.
        :param primaries: the words by which Sentinels name their primaries.
        """
        called: dict[tuple[str, str], list[str]] = {}
        for word in words:
            node = self.meant(word)
            called.setdefault((node, "" if node else word), []).append(word)
        return [
            self._node(node, those, primaries) if node else Scraped(word, word)
            for (node, word), those in called.items()
        ]

    def _node(self, node: str, words: list[str], primaries: Collection[str]) -> Scraped:
        before = self._instances.get(node, "")
        kept = [before] if self.meant(before) == node else []  # an address that it has left means it no more
        named = [word for word in words if word in primaries]
        self._instances[node] = instance = [*named, *kept, *sorted(words, key=_is_address)][0]
        return Scraped(place(self._deployment.address(node), self._deployment.node(node).port), instance)

    def meant(self, word: str) -> str:
        """Return the node that a word means now; empty for an address that a node has left, or that none ever had."""
        address, _, port = word.rpartition(":")
        address = address.strip("[]").lower()
        for node in self._deployment.nodes:
            if str(node.port) == port and address in (self._deployment.address(node.name), *node.names):
                return node.name
        return ""

    def address_of(self, called: str, port: int) -> str:
        """Return the address to connect to for a name or an address.

        :raises OSError: it is a name that no node has. Nobody else is asked: what it means elsewhere does not count in the lab.
        """
        node = self.meant(place(called, port))
        if node:
            return self._deployment.address(node)
        if _is_address(place(called, port)):
            return called
        raise OSError(f"no server is called {called}")


def _is_address(word: str) -> bool:
    """Tell addresses from names; a name sorts first, since it outlasts a change of address."""
    try:
        ip_address(word.rpartition(":")[0].strip("[]"))
    except ValueError:
        return False
    return True
