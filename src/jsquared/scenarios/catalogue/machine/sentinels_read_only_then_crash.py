"""No Sentinel can write its state, then the primary crashes."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.machine_means import DISK

SCENARIO = Scenario(
    name="sentinels-read-only-then-crash",
    title="No Sentinel can write its state, then the primary crashes",
    description="The folders of all Sentinels become read-only, so that they cannot rewrite their configuration, "
    "and the primary is killed; both are repaired after the failover.",
    why_fair="A Sentinel that cannot write its state logs an error and continues from memory: the failover must "
    "take no longer. A restart would lose the unwritten state, which this scenario does not test.",
    tags=("sentinel-state-not-writable", "disk", "crash", "one-host"),
    needs=DISK,
    away=("primary",),
    faults=lambda _: [
        fault("disk-read-only", "sentinels", id="read-only", start="1500 ms after load", heal="1500 ms after recovery"),
        fault("kill", "primary", id="crash", start="500 ms after read-only"),
    ],
    objectives=failover_objectives("the Sentinels' ability to write does not affect data"),
    expected={"reference": "pass"},
)
