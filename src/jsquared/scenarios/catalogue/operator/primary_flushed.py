"""Somebody types FLUSHALL at the primary: every copy is gone at once, and no Sentinel has a reason to act."""

from jsquared.scenario.limits import convergence, lost_writes
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import ALERTS, FULL, Scenario

SCENARIO = Scenario(
    name="primary-flushed",
    title="The primary is flushed by hand",
    description="FLUSHALL at the primary under load; the replicas do the same a moment later.",
    why_fair="Shows the cost: replication copies a mistake as fast as anything else. Users that cannot give the command "
    "(ACL -flushall, or rename-command) and backups elsewhere help, replicas do not.",
    tags=("operator", "primary", "one-host"),
    suites=(*FULL, *ALERTS),
    faults=lambda _: [fault("flush-all", "primary", id="flush", start="15000 ms after load", lasts_ms=1000)],
    objectives=lambda _: [
        lost_writes("all nodes were healthy, and every write was acknowledged"),
        convergence(),
    ],
    fails_over=lambda _: False,
    expected={"reference": "violated"},
)
