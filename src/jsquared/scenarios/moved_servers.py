"""What scenarios of servers that return under another address have in common: when they return, and when everybody must know them."""

from jsquared.deployment.model.spec import Deployment
from jsquared.records.plan import Engine, PlannedFault
from jsquared.sandbox.sandbox import Capability
from jsquared.scenario.scenario import PROCESS
from jsquared.scenario.situation import Situation

NEEDS = PROCESS | {Capability.ADDRESSES}
AWAY_MS = 3_000
"""How long the making of a container takes."""
KNOWN_MS = 16_000
"""A Sentinel asks the primary for its replicas every 10 s, connects to new ones, and needs their own word before it may promote one."""
FAILOVER_MS = 4_000
"""How long a failover takes beyond its detection, with time to spare."""


def shares_addresses(deployment: Deployment, _: Engine) -> str:
    """Why a deployment cannot have it where data nodes of several primaries share an address: they would all move."""
    hosts = [node.host for node in deployment.data]
    shared = next((host for host in hosts if hosts.count(host) > 1), "")
    return (
        f"several data nodes share the address of host '{shared}', so servers of other primaries would move too"
        if shared
        else ""
    )


def after_failover_ms(situation: Situation) -> int:
    """So long after the primary has gone, another one has its place."""
    return situation.deployment.down_after_ms + FAILOVER_MS


def moves(target: str, heal: str, **parameters: str) -> PlannedFault:
    """A server goes and returns elsewhere."""
    return PlannedFault(
        id="move",
        name="new-address",
        targets=(target,),
        parameters={**parameters},
        start="2000 ms after load",
        heal=heal,
    )


def later_crash() -> PlannedFault:
    """The primary crashes once everybody must know the server that moved."""
    return PlannedFault(
        id="crash",
        name="kill",
        targets=("primary",),
        start=f"{AWAY_MS + KNOWN_MS} ms after move",
        heal="1000 ms after recovery",
    )
