"""The name service answers late while the primary crashes."""

from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.names_crash import NEEDS, disturbed_crash, without_names

DELAY_MS = 20

SCENARIO = Scenario(
    name="slow-names",
    title="The name service is slow, and the primary crashes",
    description=f"Lookups of names from the Sentinels' hosts take {DELAY_MS} ms; then the primary is killed; both "
    "are repaired later.",
    why_fair="A Sentinel does nothing else while it waits for a lookup, and it looks names up all the time: with "
    "answers within some hundredths of a second, as from a nearby name service, it must still fail over in time.",
    tags=("slow-resolver", "names", "crash", "one-host"),
    needs=NEEDS,
    away=("primary",),
    unsuited=without_names,
    faults=lambda _: disturbed_crash("slow-names", delay_ms=DELAY_MS),
    objectives=failover_objectives(
        "a slow name service delays the failover, and a promotable copy of every acknowledged write is left"
    ),
    expected={"hostnames": "pass"},
)
