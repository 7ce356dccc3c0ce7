"""Sentinels may do what a failover takes: a static check."""

from jsquared.scenarios.static_check import static_check

SCENARIO = static_check(
    name="config-sentinel-login",
    title="Sentinels may do what a failover takes",
    description="Passwords, users and renamed commands, as Sentinels would use them at data nodes and at each other.",
    why_fair="A Sentinel that is refused sees a primary that is down, or one that it can never replace.",
    ways=("sentinel-acl-lacks",),
    rules=(
        "sentinel-auth-missing",
        "sentinel-auth-wrong",
        "sentinel-user-lacks",
        "sentinel-user-lacks-failover",
        "sentinels-refuse-each-other",
        "sentinel-peer-lacks",
        "renamed-for-sentinel",
        "sentinel-file-unreadable",
    ),
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass", "stock": "pass"},
)
