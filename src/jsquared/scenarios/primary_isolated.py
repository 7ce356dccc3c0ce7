"""The primary's host is cut off from everything, clients included."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, service_limits
from jsquared.scenario.scenario import LINKS, Scenario

SCENARIO = Scenario(
    name="primary-isolated",
    title="The primary is cut off from everything",
    description="Every packet from and to the primary's host is dropped, until writes have come back elsewhere.",
    why_fair="A minority of the hosts is cut off and no client can reach it, so nothing can be acknowledged there: the rest "
    "must serve again in 10 s without losing an acknowledged write.",
    tags=("primary-unreachable", "partition", "one-host"),
    needs=LINKS,
    away=("primary",),
    cut_off=("primary",),
    faults=lambda _: [
        PlannedFault(
            id="isolation", name="cut", targets=("primary",), start="2000 ms after load", heal="1000 ms after recovery"
        )
    ],
    objectives=lambda situation: [
        lost_writes("no client is on the isolated side, and the majority level had put every write on a second node"),
        *service_limits(situation),
        convergence(),
    ],
    expected={"reference": "pass", "apart": "pass", "stock": "violated", "classic-2013": "pass"},
)
