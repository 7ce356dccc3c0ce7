"""Every node may follow every other: a static check."""

from jsquared.scenarios.static_check import static_check

SCENARIO = static_check(
    name="config-replication-login",
    title="Every node may follow every other",
    description="Passwords, users and renamed commands, as each data node would use them to follow each other one.",
    why_fair="A node that cannot log in at the next primary is lost with the first failover, and nobody notices before.",
    ways=("masterauth-missing",),
    rules=("masterauth-missing", "masterauth-wrong", "passwords-differ", "replica-user-lacks", "renamed-for-replicas"),
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass", "stock": "pass"},
)
