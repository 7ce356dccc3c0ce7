"""Host names that Sentinel resolves: a static check."""

from jsquared.scenarios.static_check import static_check

SCENARIO = static_check(
    name="config-host-names",
    title="Host names that Sentinel resolves",
    description="Host names in the configuration, and whether Sentinel is told to resolve them.",
    why_fair="A Sentinel that is not told to resolve names refuses them; one that is told waits for the resolver and does nothing else.",
    ways=("slow-resolver",),
    rules=("hostnames-not-resolved", "announced-name-not-resolved", "replica-known-twice", "hostnames-block"),
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass", "stock": "pass"},
)
