"""The present addresses of a deployment's nodes, which may change while it runs."""

from collections.abc import Collection, Sequence

from jsquared.records.placement import PlacedNode


class Addresses:
    """The present address of every node, by its name."""

    def __init__(self, nodes: Sequence[PlacedNode]) -> None:
        self._first = {node.name: node.address for node in nodes}
        self._now = dict(self._first)

    def of(self, name: str) -> str:
        """Return the present address of a node."""
        return self._now[name]

    def moved(self) -> list[str]:
        """The nodes that have another address than at first, in order."""
        return [name for name, first in self._first.items() if self._now[name] != first]

    def move(self, names: Collection[str], address: str) -> None:
        """From now on these nodes are reached there."""
        self._now |= dict.fromkeys(names, address)
