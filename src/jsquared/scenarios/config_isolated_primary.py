"""What an isolated primary goes on accepting: a static check."""

from jsquared.scenarios.static_check import static_check

SCENARIO = static_check(
    name="config-isolated-primary",
    title="What an isolated primary goes on accepting",
    description="min-replicas-to-write and min-replicas-max-lag, held against the replicas and what clients count as acknowledged.",
    why_fair="An admission check bounds how long an isolated primary goes on; one that asks for every replica stops service.",
    ways=("primary-and-client-isolated", "min-replicas-equals-replicas"),
    rules=(
        "min-replicas-above-replicas",
        "min-replicas-all",
        "min-replicas-needs-every-replica",
        "min-replicas-off",
        "min-replicas-off-unconfirmed",
        "min-replicas-lag-zero",
        "min-replicas-lag-long",
    ),
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass", "stock": "pass"},
)
