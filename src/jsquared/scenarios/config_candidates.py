"""Replicas that may be promoted: a static check."""

from jsquared.scenarios.static_check import static_check

SCENARIO = static_check(
    name="config-candidates",
    title="Replicas that may be promoted",
    description="Replicas and their priorities, as an elected Sentinel would choose among them.",
    why_fair="Without a candidate nothing fails over; with priorities that differ the better priority wins over the longer history.",
    ways=("primary-crash", "priority-beats-data"),
    rules=("no-replicas", "no-promotable-replica", "some-never-promoted", "priorities-differ"),
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass", "stock": "pass"},
)
