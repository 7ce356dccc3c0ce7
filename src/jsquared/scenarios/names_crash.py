"""Shared by scenarios of the name service: it is disturbed for the Sentinels' hosts, then the primary crashes."""

from typing import Any

from jsquared.deployment.model.host_names import names_in
from jsquared.deployment.model.spec import Deployment
from jsquared.records.plan import Engine, PlannedFault
from jsquared.sandbox.capability import Capability
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import PROCESS

NEEDS = PROCESS | {Capability.NAMES}


def without_names(deployment: Deployment, engine: Engine) -> str:  # noqa: ARG001 -- the signature of Scenario.unsuited
    """Return why a deployment without name lookups cannot run it."""
    stay = names_in(deployment, served=True).stay
    return "" if stay else f"deployment '{deployment.name}' has no host names that its Sentinels resolve"


def disturbed_crash(name: str, **parameters: Any) -> list[PlannedFault]:
    """A fault of the name service, then a crash; both are mended after the failover."""
    return [
        fault(name, "sentinels", id="names", start="1000 ms after load", **parameters),
        fault("kill", "primary", id="crash", start="3000 ms after load"),
    ]
