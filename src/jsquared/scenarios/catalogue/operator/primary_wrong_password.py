"""A password is rotated in at the primary alone: replicas, Sentinels and clients are refused, as if it were gone."""

from jsquared.scenario.limits import limits_with_full_copy
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.conditions import needs_the_default_user

SCENARIO = Scenario(
    name="primary-wrong-password",
    title="The primary gets an unknown password",
    description="A new requirepass is set at the primary and all connections are closed; the old one is restored "
    "after the failover.",
    why_fair="The Sentinels consider a primary that refuses everyone down after down-after-milliseconds, and "
    "without replicas and clients it acknowledges nothing: one node is lost, which a sound deployment survives "
    "within 10 s.",
    tags=("operator", "primary", "auth", "one-host"),
    away=("primary",),
    faults=lambda _: [
        fault("change-password", "primary", id="rotation", start="1500 ms after load", heal="200 ms after recovery")
    ],
    objectives=failover_objectives(
        "a client that cannot log in cannot write, and at the majority level every acknowledged write is on a "
        "second node",
        limits=limits_with_full_copy,
    ),
    unsuited=needs_the_default_user,
    expected={"reference": "pass"},
)
