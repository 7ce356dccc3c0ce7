"""Links between hosts, and the two facets of a sandbox that are about them: cutting and impairing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

HostRole = Literal["data", "sentinel", "client"]


@dataclass(frozen=True)
class Endpoint:
    """One end of a link: a host, or one role on it. ``role`` None is the whole host, all its addresses and even ARP.

    Every role on a host has an address of its own there, which is the source of its outgoing connections too: so replication,
    clients and co-located Sentinels can be told apart on the wire.
    """

    host: str
    role: HostRole | None = None


@dataclass(frozen=True)
class LinkSelector:
    """A link, one way, of which packets vanish silently, or are impaired; ``port`` narrows it to that TCP or UDP port at either end."""

    source: Endpoint
    destination: Endpoint
    port: int | None = None


@dataclass(frozen=True)
class Impairment:
    """The treatment of packets on impaired links, separately in each direction. All zero: nothing.

    ``delay_ms`` is one way, ``jitter_ms`` how much shorter or longer it may be (evenly drawn; order is kept). ``loss_percent`` and
    ``duplicate_percent`` are chances of each packet, ``rate_kbit`` the capacity from one host to another in kilobits (1000) a second,
    0 for no limit. The same ``seed`` draws the same numbers.
    """

    delay_ms: float = 0
    jitter_ms: float = 0
    loss_percent: float = 0
    duplicate_percent: float = 0
    rate_kbit: float = 0
    seed: int = 0


@dataclass(frozen=True)
class PacketCounts:
    """The fate of the packets of impaired links: all that came, and of those the delayed, lost and duplicated.

    ``overflowed`` were dropped because the queue before a slow link was full; ``missed`` because this machine could not keep up, which
    that were not asked for.
    """

    packets: int = 0
    delayed: int = 0
    lost: int = 0
    duplicated: int = 0
    overflowed: int = 0
    missed: int = 0


@dataclass(frozen=True)
class Volley:
    """The fate of a number of datagrams sent in a row: ``delays_ms`` of those that arrived, from sending to receiving.

    ``duplicates`` are arrivals beyond each one's first; ``span_ms`` is the time from the first arrival to the last.
    """

    sent: int
    delays_ms: tuple[float, ...]
    duplicates: int = 0
    span_ms: float = 0.0


class Cut(Protocol):
    """Some links that were cut together, atomically."""

    def dropped(self) -> int:
        """Packets that vanished so far, as the kernel counted them."""
        ...

    def restore(self) -> None:
        """Let packets through again; a second call does nothing."""
        ...


class Impaired(Protocol):
    """Some links that were impaired together."""

    def counts(self) -> PacketCounts:
        """Return the fate of packets so far; after :meth:`restore`, the last counts.

        :raises SandboxError: what impairs the links has ended by itself.
        """
        ...

    def restore(self) -> None:
        """Let packets pass as before, those under way at once; a second call does nothing."""
        ...


class Links(Protocol):
    """The links between hosts."""

    def cut(self, links: Sequence[LinkSelector]) -> Cut:
        """Cut links, all in one step.

        :raises SandboxError: there is no such link, or it is within one host.
        """
        ...

    def probe(self, source: Endpoint, destination: Endpoint, *, port: int | None = None) -> bool:
        """True if a datagram sent from ``source`` arrives at ``destination`` now: a measurement, not a look at the rules."""
        ...


class Impairments(Protocol):
    """Delay, loss, duplicates and limited rates on links between hosts."""

    def impair(self, links: Sequence[LinkSelector], impairment: Impairment) -> Impaired:
        """Delay, lose, duplicate or slow down the packets of links. Several impairments of one link add up; a cut outdoes them.

        :raises SandboxError: there is no such link, or it is within one host.
        """
        ...

    def volley(
        self,
        source: Endpoint,
        destination: Endpoint,
        *,
        count: int,
        size: int = 64,
        spacing_ms: float = 0,
        wait_ms: float = 100,
        port: int | None = None,
    ) -> Volley:
        """Send ``count`` datagrams of ``size`` bytes and see what arrives: a measurement of a link.

        :param wait_ms: how long to wait for arrivals after the last was sent.
        """
        ...
