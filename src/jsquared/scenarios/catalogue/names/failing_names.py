"""The name service fails while the primary crashes."""

from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.names_crash import NEEDS, disturbed_crash, without_names

SCENARIO = Scenario(
    name="failing-names",
    title="The name service knows no names, and the primary crashes",
    description="Lookups from the Sentinels' hosts end with 'no such name'; then the primary is killed; both are "
    "repaired later.",
    why_fair="A deployment that fails over only while another service is up inherits its outages: with addresses, "
    "or with names that need no lookup elsewhere (/etc/hosts), it must serve again in 10 s.",
    tags=("slow-resolver", "names", "crash", "one-host"),
    needs=NEEDS,
    away=("primary",),
    suites=FULL,
    unsuited=without_names,
    faults=lambda _: disturbed_crash("failing-names", how="no-such-name"),
    objectives=failover_objectives(
        "lookups that fail delay the failover, and a promotable copy of every acknowledged write is left"
    ),
    expected={"hostnames": "violated"},
)
