"""One host goes down whole: its data node and its Sentinel crash together."""

from jsquared.scenario.planned_faults import fault
from jsquared.scenario.scenario import ALERTS, STANDARD, Scenario
from jsquared.scenario.usual_objectives import failover_objectives

SCENARIO = Scenario(
    name="host-lost",
    title="The primary's host is lost, with its Sentinel",
    description="SIGKILL to every server on the primary's host at once; they are started again once writes have "
    "resumed.",
    why_fair="With a Sentinel on each of three hosts, two of three remain: a majority, and a quorum of 2. A replica "
    "with every write acknowledged at the majority level remains too.",
    tags=("crash", "one-host"),
    away=("primary",),
    cut_off=("primary",),
    suites=(*STANDARD, *ALERTS),
    faults=lambda situation: [fault("kill", f"host:{situation.deployment.primary.host}", id="host-crash")],
    objectives=failover_objectives("one host of a majority is lost, and every acknowledged write is on a second one"),
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass"},
)
