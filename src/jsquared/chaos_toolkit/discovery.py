"""Discovery for Chaos Toolkit: ``chaos discover jsquared`` lists every action and probe, and what a lab can be asked for."""

from typing import Any

from chaoslib.discovery.discover import discover_actions, discover_probes, initialize_discovery_result

from jsquared._version import __version__
from jsquared.deployment.read.load import SHIPPED
from jsquared.faults.catalogue import FAULTS
from jsquared.service.lab.lab_names import names_of_labs

__all__ = ["discover"]
PACKAGE = "jsquared.chaos_toolkit"


def discover(discover_system: bool = True) -> dict[str, Any]:
    """Return every activity of the extension, and, for the system, the shipped deployments, the faults and the labs that are up."""
    found: dict[str, Any] = initialize_discovery_result("jsquared", __version__, "jsquared")
    found["activities"] += discover_actions(f"{PACKAGE}.actions")
    found["activities"] += discover_probes(f"{PACKAGE}.probes")
    found["activities"] += discover_probes(f"{PACKAGE}.tolerances")
    if discover_system:
        found["system"] = {"deployments": list(SHIPPED), "faults": list(FAULTS), "labs": names_of_labs()}
    return found
