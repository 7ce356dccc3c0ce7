"""The primary's disk is slow."""

from jsquared.deployment.model.spec import Deployment
from jsquared.records.plan import Engine
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import steady_objectives
from jsquared.scenarios.machine_means import SLOW_DISK, impatient, unshimmed, without_aof

FSYNC_MS, WRITE_MS = 700, 20


def _unsuited(deployment: Deployment, engine: Engine) -> str:
    waits_for_fsync = deployment.primary.value("appendfsync") == "always"
    stall_ms = FSYNC_MS + WRITE_MS if waits_for_fsync else WRITE_MS
    return without_aof(deployment, engine) or unshimmed(deployment, engine) or impatient(deployment, stall_ms)


SCENARIO = Scenario(
    name="primary-disk-slow",
    title="The primary's disk is slow",
    description="Each fsync of the primary takes 700 ms longer and each write to its AOF 20 ms, for five seconds "
    "under load.",
    why_fair="Stalls of some 10 ms on the thread that serves clients are far below down-after-milliseconds, so no "
    "failover is allowed; writes take longer, and none may wait for 10 s.",
    tags=("fork-or-fsync-stall", "disk", "slow", "one-host"),
    needs=SLOW_DISK,
    faults=lambda _: [
        fault(
            "disk-slow",
            "primary",
            id="slow",
            fsync_ms=FSYNC_MS,
            write_ms=WRITE_MS,
            start="1500 ms after load",
            lasts_ms=5000,
        )
    ],
    objectives=steady_objectives(
        nothing_lost="a slow disk loses no data", no_failover="the primary keeps answering, only later"
    ),
    unsuited=_unsuited,
    expected={"reference": "pass"},
)
