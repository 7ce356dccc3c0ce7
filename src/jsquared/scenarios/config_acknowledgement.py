"""The acknowledgement level against every split: a static check."""

from jsquared.scenarios.static_check import static_check

SCENARIO = static_check(
    name="config-acknowledgement",
    title="The acknowledgement level against every split",
    description="Every split of the hosts into two sides, held against what the clients count as acknowledged.",
    why_fair="Which level no split can break follows from who lives where; a lower one loses acknowledged writes in a split that is named.",
    ways=("primary-and-client-isolated", "primary-replica-and-client-isolated"),
    rules=(
        "ack-lost-in-split",
        "ack-lost-in-split-later",
        "ack-safe-in-splits",
        "ack-needs-every-replica",
        "waitaof-without-log",
    ),
    expected={"reference": "pass", "apart": "violated", "classic-2013": "pass", "stock": "pass"},
)
