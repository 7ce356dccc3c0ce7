"""The primary runs out of memory and ends itself."""

from jsquared.scenario.limits import limits_with_full_copy
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.machine_means import MEMORY

SCENARIO = Scenario(
    name="primary-out-of-memory",
    title="The primary runs out of memory",
    description="The primary may not allocate more memory and gets one large value: it ends itself with 'Out Of "
    "Memory', and is started again after the failover.",
    why_fair="To all others this is a crash of one node: a sound deployment must serve again within 10 s and, at the "
    "majority level, keep every acknowledged write.",
    tags=("memory", "crash", "one-host"),
    needs=MEMORY,
    away=("primary",),
    suites=FULL,
    faults=lambda _: [fault("memory-limit", "primary", id="memory")],
    objectives=failover_objectives(
        "a crash of one node leaves a promotable copy of every write acknowledged at the majority level",
        limits=limits_with_full_copy,
    ),
    expected={"reference": "pass"},
)
