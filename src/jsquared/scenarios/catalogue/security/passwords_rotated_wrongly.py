"""All passwords at data nodes are rotated under load in the wrong order: the old one goes before the others know the new one."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenario.usual_objectives import steady_objectives
from jsquared.scenarios.conditions import needs_named_users

STEP_MS = 4_000
"""Somebody walks through three files in twelve seconds, which is quick."""

SCENARIO = Scenario(
    name="passwords-rotated-wrongly",
    title="Passwords are rotated in the wrong order",
    description="Data nodes are given new passwords and refuse the old ones at once; Sentinels are told the new one 4 s later, replicas "
    "8 s and clients 12 s later.",
    why_fair="It is avoidable, by the order of the scenario passwords-rotated: this one shows what that order is good for. Until clients "
    "are told they cannot write, and until Sentinels are told they consider a healthy primary down.",
    tags=("security", "auth", "operator"),
    suites=FULL,
    faults=lambda _: [
        fault("rotate-passwords", "primary", "replicas", id="rotation", order="old-first", step_ms=STEP_MS)
    ],
    objectives=steady_objectives(
        nothing_lost="a client that is refused cannot write, and what was acknowledged before is on a second node",
        no_failover="every server is healthy",
    ),
    unsuited=needs_named_users,
    expected={"hardened": "violated"},
)
