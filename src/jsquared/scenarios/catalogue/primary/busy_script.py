"""An endless script that has written keeps the primary busy, and only SIGKILL can end it."""

from jsquared.scenario.limits import limits_with_full_copy
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import failover_objectives

SCENARIO = Scenario(
    name="busy-script",
    title="A script blocks the primary forever",
    description="An endless Lua script that has written runs on the primary, so SCRIPT KILL is refused; killed "
    "after the failover.",
    why_fair="The primary does not answer, which to the Sentinels is a hang: the rest must serve again within 10 s "
    "and keep every acknowledged write.",
    tags=("busy-script", "hang", "script", "one-host"),
    away=("primary",),
    faults=lambda _: [fault("busy-script", "primary", id="script", writes=True)],
    objectives=failover_objectives(
        "a busy node acknowledges nothing, and a promotable replica has every write that it acknowledged before",
        limits=limits_with_full_copy,
    ),
    expected={"reference": "pass"},
)
