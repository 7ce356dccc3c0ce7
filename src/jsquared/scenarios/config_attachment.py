"""Everybody follows and monitors the primary: a static check."""

from jsquared.scenarios.static_check import static_check

SCENARIO = static_check(
    name="config-attachment",
    title="Everybody follows and monitors the primary",
    description="Which node every replica replicates from and every Sentinel monitors, traced through the addresses and ports.",
    why_fair="A replica that follows anything else than the primary is seen and promoted by no Sentinel, and a Sentinel that monitors "
    "anything else agrees with nobody.",
    ways=(),
    rules=("replicaof-missing", "replicaof-astray", "monitor-astray", "monitor-missing"),
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass", "stock": "pass"},
)
