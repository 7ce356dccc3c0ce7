"""One host goes down whole: its data node and its Sentinel crash together."""

from jsquared.records.plan import PlannedFault
from jsquared.scenario.limits import convergence, lost_writes, service_limits
from jsquared.scenario.scenario import PROCESS, Scenario

SCENARIO = Scenario(
    name="host-lost",
    title="The primary's host is lost, with its Sentinel",
    description="SIGKILL to every server on the primary's host at once; they are started again once writes have come back.",
    why_fair="With a Sentinel on each of three hosts, two of three remain, which is a majority and a quorum of 2; a replica "
    "that has every write acknowledged at the majority level remains too.",
    tags=("crash", "one-host"),
    needs=PROCESS,
    away=("primary",),
    cut_off=("primary",),
    faults=lambda situation: [
        PlannedFault(
            id="host-crash",
            name="kill",
            targets=(f"host:{situation.deployment.primary.host}",),
            start="2000 ms after load",
            heal="1000 ms after recovery",
        )
    ],
    objectives=lambda situation: [
        lost_writes("one host of a majority is lost, and every acknowledged write is on a second one"),
        *service_limits(situation),
        convergence(),
    ],
    expected={"reference": "pass", "apart": "pass", "classic-2013": "pass"},
)
