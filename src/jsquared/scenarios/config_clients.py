"""Clients that follow a failover: a static check."""

from jsquared.scenarios.static_check import static_check

SCENARIO = static_check(
    name="config-clients",
    title="Clients that follow a failover",
    description="How clients find the primary, and whether replicas take writes from those that missed a failover.",
    why_fair="A client that believes one stale Sentinel, or writes to a replica, does not know that it is lost.",
    ways=("missed-switch-master", "primary-replica-and-client-isolated"),
    rules=("client-asks-one", "writable-replica"),
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass", "stock": "pass"},
)
