"""Enough Sentinels in the right places: a static check."""

from jsquared.scenarios.static_check import static_check

SCENARIO = static_check(
    name="config-sentinel-majority",
    title="Enough Sentinels in the right places",
    description="The number of Sentinels and the hosts they live on, held against the loss of any one host.",
    why_fair="A failover needs the majority of all Sentinels: where one host takes it away, no setting brings it back.",
    ways=("two-sentinels", "sentinel-majority-gone", "split-vote"),
    rules=(
        "majority-dies-with-primary",
        "majority-dies-with-host",
        "even-sentinels",
        "hosts-share-machine",
        "one-machine",
    ),
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass", "stock": "pass"},
)
