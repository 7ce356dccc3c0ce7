"""A running deployment as its Sentinels describe it: monitored primaries, their data nodes, and the Sentinels themselves."""

from typing import Literal

import msgspec

Role = Literal["primary", "replica", "sentinel"]


class DiscoveredNode(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One server. ``flags`` are those that Sentinels give it, such as ``s_down``, of all that were asked."""

    role: Role
    address: str
    port: int
    id: str = ""
    """The run id of a data node, or the id of a Sentinel; empty where nobody says."""
    flags: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """``address:port``, with brackets around an IPv6 address."""
        return place(self.address, self.port)


class DiscoveredMaster(msgspec.Struct, frozen=True, kw_only=True):
    """A monitored primary with everybody around it. Times are in ms, 0 where no Sentinel says."""

    name: str
    primary: str
    """``address:port`` that most of the Sentinels name; empty where none has the most votes."""
    votes: dict[str, str]
    """Sentinels that answered, by ``address:port``, to the primary that each of them names."""
    quorum: int = 0
    down_after_ms: int = 0
    failover_timeout_ms: int = 0
    config_epoch: int = 0
    data: tuple[DiscoveredNode, ...] = ()
    sentinels: tuple[DiscoveredNode, ...] = ()

    @property
    def agreed(self) -> bool:
        """True if every Sentinel that answered names the same primary."""
        return len(set(self.votes.values())) == 1


class Discovered(msgspec.Struct, frozen=True, kw_only=True):
    """All that was found, sorted by name and address. ``problems`` say in one line each what is missing or contradicts itself."""

    masters: tuple[DiscoveredMaster, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def sentinels(self) -> tuple[DiscoveredNode, ...]:
        """Every Sentinel once, whatever it monitors."""
        return tuple(sorted({node.where: node for master in self.masters for node in master.sentinels}.values()))

    @property
    def data(self) -> tuple[DiscoveredNode, ...]:
        """Every data node once."""
        return tuple(sorted({node.where: node for master in self.masters for node in master.data}.values()))


def place(address: str, port: int) -> str:
    """Return ``address:port``, with brackets around an IPv6 address."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
