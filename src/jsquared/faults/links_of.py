"""The links of a network fault: between the targets and the other side, of one kind of traffic, in one direction or both."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

from jsquared.errors import BadInputError
from jsquared.faults.fault import FaultDetails, Parameter
from jsquared.faults.targets import all_hosts, hosts_of
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.link import Endpoint, HostRole, LinkSelector

_ROLE_PAIRS: dict[str, tuple[tuple[HostRole, HostRole], ...]] = {
    "replication": (("data", "data"),),
    "clients": (("client", "data"), ("data", "client")),
    "sentinels": (("sentinel", "data"), ("data", "sentinel"), ("sentinel", "sentinel")),
    "watch": (("sentinel", "data"), ("data", "sentinel")),
    "votes": (("sentinel", "sentinel"),),
}
EACH_OTHER = "each-other"

LINK_PARAMETERS = (
    Parameter("links", "all", "which traffic is affected", ("all", *_ROLE_PAIRS)),
    Parameter(
        "direction",
        "both",
        "both, or only packets from the targets (outbound) or to them (inbound)",
        ("both", "outbound", "inbound"),
    ),
    Parameter(
        "against", "", "the other side, as targets separated by commas; each-other: no sides (default: everyone else)"
    ),
    Parameter("port", 0, "only packets from or to this TCP or UDP port (0: any)"),
)
"""The parameters that :func:`links_of` understands."""


@dataclass(frozen=True)
class Links:
    """Links between hosts of different ``sides``: two, or one for each host where each is against each other.

    ``targets`` are the hosts that the fault was aimed at; ``kinds`` says which traffic and which direction, for the record.
    """

    targets: list[str]
    sides: list[list[str]]
    links: list[LinkSelector]
    kinds: FaultDetails


def links_of(fault: str, deployment: RunningDeployment, targets: Sequence[str], parameters: Mapping[str, Any]) -> Links:
    """The links that a fault's targets and parameters mean now.

    ``against`` may be :data:`EACH_OTHER`: then the links are those among the targets' hosts.

    :raises BadInputError: a target does not exist, or no one is left on the other side.
    """
    side = hosts_of(deployment, targets)
    against = [word.strip() for word in str(parameters["against"]).split(",") if word.strip()]
    if against == [EACH_OTHER]:
        sides, pairs = [[host] for host in side], list(combinations(side, 2))
    else:
        others = hosts_of(deployment, against) if against else all_hosts(deployment)
        other_side = [host for host in others if host not in side]
        sides, pairs = [side, other_side], list(product(side, other_side))
    if not pairs:
        raise BadInputError("no one is left on the other side", where=f"fault '{fault}'", hint="fewer targets")
    kinds: FaultDetails = {"links": parameters["links"], "direction": parameters["direction"]}
    return Links(side, sides, list(_links(pairs, parameters)), kinds)


def _links(pairs: Iterable[tuple[str, str]], parameters: Mapping[str, Any]) -> Iterator[LinkSelector]:
    port = int(parameters["port"]) or None
    direction = parameters["direction"]
    roles: tuple[tuple[HostRole | None, HostRole | None], ...] = _ROLE_PAIRS.get(parameters["links"], ((None, None),))
    for near, far in pairs:
        for near_role, far_role in roles:
            here, there = Endpoint(near, near_role), Endpoint(far, far_role)
            if direction != "inbound":
                yield LinkSelector(here, there, port)
            if direction != "outbound":
                yield LinkSelector(there, here, port)
