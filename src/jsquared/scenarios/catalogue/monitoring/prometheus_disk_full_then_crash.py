"""Prometheus' disk is full while the primary crashes: it is blind, and must tell of the failover once it sees again."""

from jsquared.sandbox.capability import Capability
from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import ALERTS, PROCESS, Scenario
from jsquared.scenarios.monitoring_crash import crash_objectives

SCENARIO = Scenario(
    name="prometheus-disk-full-then-crash",
    title="Prometheus' disk is full, then the primary crashes",
    description="No free space where Prometheus stores its samples, and 1 s later the primary is killed; there is space again "
    "once another primary serves and Prometheus has missed a scrape.",
    why_fair="Rules that compare with what was stored before see a failover that nobody watched.",
    tags=("monitoring", "crash"),
    needs=frozenset({*PROCESS, Capability.DISK}),
    away=("primary",),
    suites=ALERTS,
    faults=lambda _: [
        fault("prometheus-disk-full", id="no-space"),
        fault("kill", "primary", id="crash", start="1000 ms after no-space"),
    ],
    objectives=crash_objectives,
    expected={"reference": "pass"},
)
