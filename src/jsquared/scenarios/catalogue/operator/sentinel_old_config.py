"""After a failover, a Sentinel is started with the file from before it: it names the old primary, until the others tell it."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import failover_objectives

SCENARIO = Scenario(
    name="sentinel-old-config",
    title="A Sentinel is restored from before the failover",
    description="The primary crashes and returns after the failover; then a Sentinel is started with its file from "
    "before.",
    why_fair="A newer epoch wins: the others' hello messages correct the Sentinel within seconds, a majority names "
    "the right primary throughout, and the deployment survives the crash itself within 10 s.",
    tags=("operator", "sentinel", "crash"),
    away=("primary",),
    faults=lambda _: [
        fault("kill", "primary", id="crash", start="1500 ms after load", heal="200 ms after recovery"),
        fault("sentinel-old-config", "sentinel:1", id="old-file", start="1500 ms after recovery", lasts_ms=500),
    ],
    objectives=failover_objectives(
        "a crash of one node leaves a promotable copy, and a single Sentinel cannot depose the new primary"
    ),
    expected={"reference": "pass"},
)
