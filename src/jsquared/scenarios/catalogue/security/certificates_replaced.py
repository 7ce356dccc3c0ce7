"""Every server's certificate is replaced under load, and all connections are made anew with it."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import steady_objectives
from jsquared.scenarios.conditions import needs_throw_away_certificates

SCENARIO = Scenario(
    name="certificates-replaced",
    title="All certificates are replaced under load",
    description="Data nodes get other certificates of the same authority by CONFIG SET and Sentinels by a restart, one after another; "
    "then all connections to data nodes are closed, and later the former certificates come back in the same way.",
    why_fair="Whoever trusts the authority trusts the new certificates, connections that stand keep the old ones, and Sentinels are "
    "restarted one at a time, each faster than the others count it as down: no one may notice more than a reconnection.",
    tags=("security", "tls", "connections"),
    faults=lambda _: [
        fault("replace-certificate", "primary", "replicas", "sentinels", id="certificates", heal="1000 ms after reset"),
        fault("reset-connections", "primary", "replicas", id="reset", start="1500 ms after certificates", lasts_ms=500),
    ],
    objectives=steady_objectives(
        nothing_lost="no data node is restarted, and writes in flight on a closed connection were not acknowledged",
        no_failover="data nodes take a certificate without a restart, and connections are made anew at once",
    ),
    unsuited=needs_throw_away_certificates,
    expected={"hardened": "pass"},
)
