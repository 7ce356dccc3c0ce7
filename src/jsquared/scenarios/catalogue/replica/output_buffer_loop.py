"""A replica copies everything while large values are written: what waits for it must fit into its output buffer."""

from jsquared.scenario.limits import convergence, full_syncs, lost_writes, steady_limits
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenarios.conditions import needs_writes_without_one

SCENARIO = Scenario(
    name="output-buffer-loop",
    title="A replica copies everything while large values are written",
    description="A copy is slowed down to 3 s while 4 MB a second are written, which the primary must buffer for "
    "that replica.",
    why_fair="The primary keeps about 12 MB for the replica until it has copied the rest, twenty times less than "
    "the default of client-output-buffer-limit. Where the limit is smaller, it disconnects the replica, which "
    "starts again: for as long as there are writes.",
    tags=("output-buffer-loop", "resync", "big-key", "replica", "one-host"),
    away=("replica:1",),
    faults=lambda _: [
        fault("write-burst", "primary", id="burst", size_mb=2, keys=2, every_ms=500, lasts_ms=5000),
        fault(
            "big-key-resync",
            "replica:1",
            id="resync",
            size_mb=8,
            slow_ms=3000,
            start="500 ms after burst",
            heal="5500 ms after burst",
        ),
    ],
    objectives=lambda situation: [
        lost_writes("the primary has every write and never stops"),
        full_syncs(
            1, "client-output-buffer-limit can hold the 12 MB that are written during the one copy that is made"
        ),
        *steady_limits(situation, "the primary is healthy"),
        convergence(),
    ],
    fails_over=lambda _: False,
    unsuited=needs_writes_without_one,
    expected={"reference": "pass"},
)
