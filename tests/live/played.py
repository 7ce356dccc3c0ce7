"""Which scenarios ``test_catalogue`` plays on the reference, so that whoever asks for more can leave out what is proven there."""

from jsquared.scenario.scenario import ALERTS
from jsquared.scenarios.catalogue import SCENARIOS

TOLD_ELSEWHERE = {
    "primary-crash",
    "primary-hang",
    "primary-isolated",
    "primary-isolated-with-client",
    "primary-and-replica-isolated",
    "replication-cut-then-crash",
    "sentinels-paused-then-crash",
    "primary-restart-fast",
    "zone-lost",  # needs five hosts
    "zone-isolated",
    "all-primaries-crash",  # needs several primaries
    "rolling-upgrade",  # needs an engine older than the newest
    "slow-names",  # need host names
    "very-slow-names",
    "failing-names",
    "primary-name-lost",
    "certificates-replaced",  # need TLS or users
    "primary-certificate-expires",
    "passwords-rotated",
    "passwords-rotated-wrongly",
    "sentinel-right-lost",
    "unauthenticated-flood",
}
PLAYED = [
    name
    for name, scenario in SCENARIOS.items()
    if name not in TOLD_ELSEWHERE and not scenario.rules and scenario.suites != ALERTS
]
"""Each proves there that every fault of it bit and healed. Those on the monitoring itself are in test_monitored_trials."""
