"""Timings against the objectives and the TILT trap: a static check."""

from jsquared.scenarios.static_check import static_check

SCENARIO = static_check(
    name="config-timings",
    title="Timings against the objectives and the TILT trap",
    description="down-after-milliseconds, failover-timeout and parallel-syncs, held against 10 s, everyday stalls and TILT.",
    why_fair="How long a failover takes at best follows from these numbers, whatever else is right.",
    ways=(
        "pause-shorter-than-down-after",
        "primary-flaps",
        "stale-replica-links",
        "tilt-everywhere",
        "split-vote",
        "leader-crashes-after-election",
        "leader-crashes-after-promotion",
    ),
    rules=(
        "down-after-below-tilt",
        "down-after-within-stalls",
        "failover-over-10s",
        "failover-near-10s",
        "failover-timeout-long",
        "failover-timeout-short",
        "lost-election-over-10s",
        "parallel-syncs-low",
    ),
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass", "stock": "violated"},
)
