"""Three hundred clients that never log in connect to the primary and stay."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import steady_objectives
from jsquared.scenarios.conditions import needs_a_password

COUNT = 300

SCENARIO = Scenario(
    name="unauthenticated-flood",
    title="A flood of clients that never log in",
    description="Three hundred connections are opened to the primary, each asks for a key without logging in, is refused, and stays "
    "for 3 s.",
    why_fair="They cost the server a handshake and a refusal each and are far fewer than maxclients, so Sentinels and writing clients "
    "must not notice them.",
    tags=("security", "auth", "overload", "client", "one-host"),
    faults=lambda _: [fault("unauthenticated-flood", "primary", id="flood", count=COUNT, lasts_ms=3000)],
    objectives=steady_objectives(nothing_lost="no data node is touched", no_failover="the primary keeps answering"),
    unsuited=needs_a_password,
    expected={"hardened": "pass"},
)
