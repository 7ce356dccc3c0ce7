"""After a failover, a Sentinel is started with the file from before it: it names the old primary, until the others tell it."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, service_limits
from jsquared.scenario.scenario import PROCESS, Scenario

SCENARIO = Scenario(
    name="sentinel-old-config",
    title="A Sentinel is restored from before the failover",
    description="The primary crashes and returns after the failover; then a Sentinel is started with its file from before.",
    why_fair="A newer epoch wins: the others' hello messages correct the Sentinel within seconds, a majority names the right primary "
    "all the time, and the crash itself is survived within 10 s.",
    tags=("operator", "sentinel", "crash"),
    needs=PROCESS,
    away=("primary",),
    faults=lambda _: [
        PlannedFault(
            id="crash", name="kill", targets=("primary",), start="1500 ms after load", heal="200 ms after recovery"
        ),
        PlannedFault(
            id="old-file",
            name="sentinel-old-config",
            targets=("sentinel:1",),
            start="1500 ms after recovery",
            heal="500 ms after injection",
        ),
    ],
    objectives=lambda situation: [
        lost_writes("a crash of one node leaves a promotable copy, and no Sentinel alone can depose the new primary"),
        *service_limits(situation),
        convergence(),
    ],
    expected={"reference": "pass"},
)
