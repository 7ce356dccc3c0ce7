"""No Sentinel can write its state, and after a failover all of them are restarted: they know only what they knew before it."""

from jsquared.deployment.model.spec import Deployment
from jsquared.records.plan import Engine
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.machine_means import DISK


def _unsuited(deployment: Deployment, _: Engine) -> str:
    if deployment.replica_count <= 2:
        return ""
    return (
        f"of {deployment.replica_count} replicas some keep following the forgotten primary while another is "
        "promoted, so both acknowledge for a moment, and no limit on losses is fair"
    )


SCENARIO = Scenario(
    name="sentinels-forget",
    title="The Sentinels forget a failover",
    description="The folders of all Sentinels are read-only while the primary is killed and they fail over; then "
    "they are killed too, and start again with the state from before, in which the dead primary is the primary.",
    why_fair="The first failover must take no longer than any other. The Sentinels' lost state may cause a second "
    "one, but at the majority level must cost no acknowledged write, and in the end the deployment must converge.",
    tags=("sentinel-state-not-writable", "disk", "crash"),
    needs=DISK,
    away=("primary",),
    suites=FULL,
    faults=lambda situation: [
        fault("disk-read-only", "sentinels", id="read-only", start="1500 ms after load", heal="500 ms after forget"),
        fault(
            "kill",
            "primary",
            id="crash",
            start="500 ms after read-only",
            heal=f"{situation.deployment.down_after_ms + 6000} ms after forget",
        ),
        fault("kill", "sentinels", id="forget", start="1000 ms after recovery", lasts_ms=1000),
    ],
    objectives=failover_objectives(
        "a primary whose last replica is promoted away from it can acknowledge nothing at the majority level"
    ),
    unsuited=_unsuited,
    expected={"reference": "pass"},
)
