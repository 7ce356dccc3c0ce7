"""Replicas are closed again and again because their output buffers overflow; when that ends, everything must converge."""

from jsquared.scenario.limits import convergence, lost_writes, no_failover, resume_limits
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario

SCENARIO = Scenario(
    name="output-buffer-overflow",
    title="Every replica's output buffer overflows, again and again",
    description="With tiny limits each value of 1 MB disconnects all replicas, twice a second for 4 s; then the "
    "limits are restored.",
    why_fair="Replicas that are disconnected during every copy confirm nothing, so nothing can be acknowledged at "
    "the majority level; once values fit again, copies complete and writes must be acknowledged within 10 s.",
    tags=("output-buffer-loop", "resync", "replica", "big-key"),
    faults=lambda _: [fault("output-buffer-overflow", "primary", id="overflow", lasts_ms=4000)],
    objectives=lambda situation: [
        lost_writes("the primary has every write and never stops"),
        no_failover("the primary keeps answering"),
        *resume_limits(situation.clients, reason="copies complete once values fit into the buffers again"),
        convergence(),
    ],
    expected={"reference": "pass"},
)
