"""The Sentinels' user loses the right to give SLAVEOF, which nothing shows until the primary crashes."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import FULL, Scenario
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.conditions import needs_named_users

SCENARIO = Scenario(
    name="sentinel-right-lost",
    title="The Sentinels' user loses a right, then the primary crashes",
    description="SLAVEOF is taken away from the Sentinels' user on all data nodes, SENTINEL CKQUORUM still says OK, and the primary "
    "crashes 2 s later; the right is given back before it returns.",
    why_fair="It is avoidable: with the rights that sentinel.c needs the deployment fails over as ever. Sentinels promote by SLAVEOF in "
    "a MULTI, which one denied command discards, so each failover is aborted; CKQUORUM counts Sentinels and asks no data node.",
    tags=("security", "auth", "operator", "crash", "one-host"),
    suites=FULL,
    away=("primary",),
    faults=lambda _: [
        fault(
            "revoke-command",
            "primary",
            "replicas",
            id="revocation",
            start="500 ms after load",
            heal="500 ms after recovery",
        ),
        fault("kill", "primary", id="crash", start="2000 ms after revocation", heal="200 ms after recovery"),
    ],
    objectives=failover_objectives("no other node is promoted, and the primary comes back with what its disk kept"),
    unsuited=needs_named_users,
    expected={"hardened": "violated"},
)
