"""No Sentinel can write its state, then the primary crashes."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, service_limits
from jsquared.scenario.scenario import Scenario
from jsquared.scenarios.machine_means import DISK

SCENARIO = Scenario(
    name="sentinels-read-only-then-crash",
    title="No Sentinel can write its state, then the primary crashes",
    description="The folders of all Sentinels become read-only, so that they cannot rewrite their configuration, and the primary is "
    "killed; both are put right after the failover.",
    why_fair="A Sentinel that cannot write its state says so in its log and goes on from memory: the failover must take no longer. "
    "What it has not written it would forget in a restart, which is not part of this.",
    tags=("sentinel-state-not-writable", "disk", "crash", "one-host"),
    needs=DISK,
    away=("primary",),
    faults=lambda _: [
        PlannedFault(
            id="read-only",
            name="disk-read-only",
            targets=("sentinels",),
            start="1500 ms after load",
            heal="1500 ms after recovery",
        ),
        PlannedFault(
            id="crash", name="kill", targets=("primary",), start="500 ms after read-only", heal="1000 ms after recovery"
        ),
    ],
    objectives=lambda situation: [
        lost_writes("what the Sentinels can write decides nothing about data"),
        *service_limits(situation),
        convergence(),
    ],
    expected={"reference": "pass"},
)
