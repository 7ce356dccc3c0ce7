"""The name service answers so late that Sentinels do little else than wait for it."""

from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.names_crash import NEEDS, disturbed_crash, without_names

DELAY_MS = 300

SCENARIO = Scenario(
    name="very-slow-names",
    title="The name service is very slow, and the primary crashes",
    description=f"Lookups of names from the Sentinels' hosts take {DELAY_MS} ms, which blocks them into TILT; then "
    "the primary is killed.",
    why_fair="The limits are those of any crash: Sentinels that know addresses meet them, and so do names that need no "
    "remote lookup (/etc/hosts, a cache on the host). Sentinels that wait for a distant name service cannot.",
    tags=("slow-resolver", "names", "crash", "one-host"),
    needs=NEEDS,
    away=("primary",),
    suites=FULL,
    unsuited=without_names,
    faults=lambda _: disturbed_crash("slow-names", delay_ms=DELAY_MS),
    objectives=failover_objectives(
        "a failover that does not happen loses nothing, and a late one promotes a copy that has everything"
    ),
    expected={"hostnames": "violated"},
)
