"""A coordinated failover by hand: the old primary pauses until the new one has everything."""

from jsquared.deployment.model.spec import Deployment
from jsquared.records.plan import Engine
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenarios.planned_failover import planned_failover_limits


def _unsuited(_: Deployment, engine: Engine) -> str:
    major = engine.version.partition(".")[0]
    able = engine.name == "valkey" and (not major.isdecimal() or int(major) >= 9)
    return "" if able else f"needs Valkey 9.0 or newer; {engine.name} {engine.version} has no coordinated failover"


SCENARIO = Scenario(
    name="manual-failover-coordinated",
    title="Coordinated manual failover under load",
    description="SENTINEL FAILOVER … COORDINATED at one Sentinel while clients write; Valkey 9.0 and newer.",
    why_fair="The old primary accepts no writes until its replica has all of them and has taken over, so nothing "
    "may be lost at any acknowledgement level.",
    tags=("manual-failover-under-load", "operator"),
    suites=FULL,
    faults=lambda _: [
        fault("manual-failover", "sentinel:1", id="order", coordinated=True, heal="3000 ms after recovery")
    ],
    objectives=planned_failover_limits,
    fails_over=lambda _: True,
    unsuited=_unsuited,
    expected={"reference": "pass"},
)
