"""Shared by scenarios of servers that return under another address: when they return, and when everybody must know them."""

from jsquared.deployment.model.spec import Deployment
from jsquared.records.plan import Engine, PlannedFault
from jsquared.sandbox.capability import Capability
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import PROCESS

NEEDS = PROCESS | {Capability.ADDRESSES}
AWAY_MS = 3_000
"""How long the making of a container takes."""
KNOWN_MS = 16_000
"""A Sentinel asks the primary for its replicas every 10 s, connects to new ones, and needs their own word before it may promote one."""


def shares_addresses(deployment: Deployment, _: Engine) -> str:
    """Why a deployment cannot have it where data nodes of several primaries share an address: they would all move."""
    hosts = [node.host for node in deployment.data]
    shared = next((host for host in hosts if hosts.count(host) > 1), "")
    return (
        f"several data nodes share the address of host '{shared}', so servers of other primaries would move too"
        if shared
        else ""
    )


def moves(target: str, *, lasts_ms: int | None = None, **parameters: str) -> PlannedFault:
    """A server goes and returns elsewhere, after a given time or once service is back."""
    return fault("new-address", target, id="move", lasts_ms=lasts_ms, **parameters)


def later_crash() -> PlannedFault:
    """The primary crashes once everybody must know the server that moved."""
    return fault("kill", "primary", id="crash", start=f"{AWAY_MS + KNOWN_MS} ms after move")
