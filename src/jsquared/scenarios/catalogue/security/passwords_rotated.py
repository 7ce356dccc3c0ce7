"""All passwords at data nodes are rotated under load in the order in which no one is ever refused, and the primary crashes afterwards."""

from jsquared.scenario.limits import service_limits_after_other_faults
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.conditions import needs_named_users

SCENARIO = Scenario(
    name="passwords-rotated",
    title="Passwords are rotated in the right order, then the primary crashes",
    description="Data nodes accept a second password of each user, Sentinels, replicas and clients are told it one after another, the old "
    "one is removed and all connections are closed; the primary crashes 2 s later, and the former passwords are rotated in at the end.",
    why_fair="A user may have two passwords at once, so no one is refused at any moment; and who has been told everywhere can fail over "
    "as before: a replica with the new masterauth, Sentinels with the new auth-pass, clients with the new password.",
    tags=("security", "auth", "operator", "crash", "one-host"),
    away=("primary",),
    faults=lambda _: [
        fault(
            "rotate-passwords",
            "primary",
            "replicas",
            id="rotation",
            start="500 ms after load",
            heal="2500 ms after recovery",
        ),
        fault("kill", "primary", id="crash", start="2500 ms after rotation", heal="500 ms after recovery"),
    ],
    objectives=failover_objectives(
        "no one is refused while passwords are rotated, and a crash leaves a promotable copy of every acknowledged write",
        limits=service_limits_after_other_faults,
    ),
    unsuited=needs_named_users,
    expected={"hardened": "pass"},
)
