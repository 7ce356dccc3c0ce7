"""The primary's certificate expires under load; once its connections break, no one can come back to it."""

from jsquared.scenario.limits import limits_with_full_copy
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.usual_objectives import failover_objectives
from jsquared.scenarios.conditions import needs_throw_away_certificates

SCENARIO = Scenario(
    name="primary-certificate-expires",
    title="The primary's certificate expires",
    description="The primary's certificate expires under load, which no connection that stands notices; then its connections are closed, "
    "and the certificate is renewed after the failover.",
    why_fair="Replicas, Sentinels and clients all refuse a server whose certificate has expired. The Sentinels consider it down after "
    "down-after-milliseconds, and without replicas and clients it acknowledges nothing: one node is lost, which a sound deployment "
    "survives within 10 s.",
    tags=("security", "tls", "primary", "one-host"),
    away=("primary",),
    faults=lambda _: [
        fault(
            "replace-certificate",
            "primary",
            id="expiry",
            start="500 ms after load",
            heal="500 ms after recovery",
            expires_ms=1500,
        ),
        fault("reset-connections", "primary", id="reset", start="500 ms after expiry", heal="2000 ms after recovery"),
    ],
    objectives=failover_objectives(
        "clients that refuse the primary cannot write, and at the majority level every acknowledged write is on a second node",
        limits=limits_with_full_copy,
    ),
    unsuited=needs_throw_away_certificates,
    expected={"hardened": "pass"},
)
