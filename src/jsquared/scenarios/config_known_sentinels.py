"""Only Sentinels that exist are counted: a static check."""

from jsquared.scenarios.static_check import static_check

SCENARIO = static_check(
    name="config-known-sentinels",
    title="Only Sentinels that exist are counted",
    description="Identities and announced addresses of all nodes, and the Sentinels that configuration files already name.",
    why_fair="A Sentinel that no longer exists counts towards the majority for ever, until somebody resets the others.",
    ways=("stale-sentinels-counted",),
    rules=("announced-twice", "announces-another-host", "sentinels-share-id", "stale-majority-lost", "stale-sentinels"),
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass", "stock": "pass"},
)
