"""The primary's container is gone, and its name with it."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.names_crash import NEEDS, without_names

SCENARIO = Scenario(
    name="primary-name-lost",
    title="The primary crashes, and its name no longer resolves",
    description="The primary is killed and lookups of its name end with 'no such name' at once, until it returns "
    "after the failover.",
    why_fair="Container platforms remove a container's name with the container. All other names resolve, so the "
    "Sentinels can find a replica to promote. They keep an entry for the old primary by its name, look it up "
    "whenever they connect, and demote it once it is back.",
    tags=("name-of-dead-primary-gone", "names", "crash", "one-host"),
    needs=NEEDS,
    away=("primary",),
    suites=FULL,
    unsuited=without_names,
    faults=lambda _: [
        fault("kill", "primary", id="crash"),
        fault("lost-names", "primary", id="name", start="0 ms after crash"),
    ],
    objectives=failover_objectives("a promotable copy of every acknowledged write is left"),
    expected={"hostnames": "pass"},
)
