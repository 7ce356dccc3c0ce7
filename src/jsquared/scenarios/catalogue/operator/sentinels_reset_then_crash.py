"""All Sentinels are reset at once under load, and the primary crashes once they can have found everybody again."""

from jsquared.scenario.limits import service_limits_after_other_faults
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import failover_objectives

FOUND_MS = 11_000
"""Replicas are listed in the primary's next INFO, which is requested every 10 s; hello messages come every 2 s."""

SCENARIO = Scenario(
    name="sentinels-reset-then-crash",
    title="The Sentinels are reset, then the primary crashes",
    description="SENTINEL RESET at all Sentinels at once under load; the primary crashes 11 s later and returns "
    "after the failover.",
    why_fair="A reset Sentinel finds the others by their hello messages within 2 s, and replicas in the primary's "
    "next INFO, which it asks for every 10 s: after 11 s the deployment survives a crash as before.",
    tags=("operator", "sentinel", "crash"),
    away=("primary",),
    faults=lambda _: [
        fault("sentinel-reset", "sentinels", id="reset", start="500 ms after load", heal="2000 ms after recovery"),
        fault("kill", "primary", id="crash", start=f"{FOUND_MS} ms after reset", heal="500 ms after recovery"),
    ],
    objectives=failover_objectives(
        "a crash of one node leaves a promotable copy of every write acknowledged at the majority level",
        limits=service_limits_after_other_faults,
    ),
    expected={"reference": "pass"},
)
