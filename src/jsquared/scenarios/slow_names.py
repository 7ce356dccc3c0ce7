"""The name service answers late while the primary crashes."""

from jsquared.records.plan import Engine, PlannedFault
from jsquared.sandbox.sandbox import Capability
from jsquared.scenarios.scenario import PROCESS, Scenario, convergence, lost_writes, service_limits
from jsquared.topology.names import names_in
from jsquared.topology.spec import Deployment

DELAY_MS = 100


def without_names(deployment: Deployment, engine: Engine) -> str:  # noqa: ARG001 -- the signature of Scenario.unsuited
    """Why a deployment in which nobody looks up names cannot have it."""
    stay = names_in(deployment, served=True).stay
    return "" if stay else f"deployment '{deployment.name}' has no host names that its Sentinels resolve"


SCENARIO = Scenario(
    name="slow-names",
    title="The name service is slow, and the primary crashes",
    description=f"Lookups of names from the Sentinels' hosts take {DELAY_MS} ms; then the primary is killed; both are mended later.",
    why_fair="A Sentinel does nothing else while it waits for a lookup, but a lookup within a tenth of a second keeps it far from the 2 s "
    "that put it into TILT: it must still fail over.",
    tags=("row-31", "names", "crash", "one-host"),
    needs=PROCESS | {Capability.NAMES},
    away=("primary",),
    unsuited=without_names,
    faults=lambda _: [
        PlannedFault(
            id="slow",
            name="slow-names",
            targets=("sentinels",),
            parameters={"delay_ms": DELAY_MS},
            start="1000 ms after load",
            heal="1000 ms after recovery",
        ),
        PlannedFault(
            id="crash", name="kill", targets=("primary",), start="3000 ms after load", heal="1000 ms after recovery"
        ),
    ],
    objectives=lambda situation: [
        lost_writes(
            "a slow name service delays the failover, and a promotable copy of every acknowledged write is left"
        ),
        *service_limits(situation),
        convergence(),
    ],
    expected={"hostnames": "pass"},
)
