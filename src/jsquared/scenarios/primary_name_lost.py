"""The primary's container is gone, and its name with it."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, service_limits
from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenarios.names_crash import NEEDS, without_names

SCENARIO = Scenario(
    name="primary-name-lost",
    title="The primary crashes, and its name resolves no more",
    description="The primary is killed and lookups of its name end with 'no such name' at once, until it returns after the failover.",
    why_fair="Container platforms take a container's name away with the container. All other names resolve, so it can be known whom to "
    "promote and where that is. Sentinels keep an entry for the old primary by its name, look that up whenever they "
    "connect, and demote it once it is back.",
    tags=("name-of-dead-primary-gone", "names", "crash", "one-host"),
    needs=NEEDS,
    away=("primary",),
    suites=FULL,
    unsuited=without_names,
    faults=lambda _: [
        PlannedFault(
            id="crash", name="kill", targets=("primary",), start="2000 ms after load", heal="1000 ms after recovery"
        ),
        PlannedFault(
            id="name", name="lost-names", targets=("primary",), start="0 ms after crash", heal="1000 ms after recovery"
        ),
    ],
    objectives=lambda situation: [
        lost_writes("a promotable copy of every acknowledged write is left"),
        *service_limits(situation),
        convergence(),
    ],
    expected={"hostnames": "pass"},
)
