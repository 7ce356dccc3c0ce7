"""The end of a session's records: what a trial does after its faults, and the plan as it was played."""

from collections.abc import Sequence

import msgspec

from jsquared.observe.logs import record_logs
from jsquared.records.event_types import Phase, SentinelEvent
from jsquared.records.events import read_events
from jsquared.records.plan import Plan, PlannedFault
from jsquared.records.run_directory import RunDirectory, explain_write_errors
from jsquared.running.deployment import RunningDeployment
from jsquared.scenario.limits import failover
from jsquared.trial.guard_attempts import try_guards
from jsquared.trial.last_words import record_last_words
from jsquared.trial.load import Load
from jsquared.trial.one_trial import explain_changed_records, settle
from jsquared.trial.read_back import read_back

WHY_FAST = "a session in which one failover happened is judged as the loss of one host is: a sound deployment serves again within 10 s"


def settle_and_read_back(plan: Plan, deployment: RunningDeployment, run: RunDirectory, load: Load | None) -> None:
    """Wait for convergence under load, end the load, and read everything back; without any load there is nothing to read.

    :raises LabError: the lab failed.
    """
    events = deployment.events
    events.add(Phase("settle"))
    if load is None:
        deployment.wait_until_converged(plan.settle_limit_ms / 1000, "settle", poll_s=0.1)
        return
    try:
        settle(plan, deployment, load)
    finally:
        load.end()
    try_guards(plan, deployment, events)
    record_last_words(deployment)
    read_back(plan, deployment, run, events)


def plan_as_played(plan: Plan, faults: Sequence[PlannedFault], run: RunDirectory) -> Plan:
    """The plan with the faults that were injected, and a limit on the failover where exactly one happened.

    Each fault may lead to a failover of its own, so where there were several, all are facts and none has a limit.
    """
    with explain_changed_records():
        switches = _switches(plan, run)
    objectives = plan.objectives
    if switches == 1 and faults:
        objectives = (*objectives, failover(WHY_FAST))
    return msgspec.structs.replace(
        plan, faults=tuple(faults), objectives=objectives, expect_failover=switches == 1 and bool(faults)
    )


def _switches(plan: Plan, run: RunDirectory) -> int:
    """How many new primaries the Sentinels have announced, each of which several of them tell."""
    told = [event for event in read_events(run.events_file) if isinstance(event, SentinelEvent)]
    payloads = {event.payload for event in told if event.event == "+switch-master"}
    return len({text for text in payloads if text.split()[:1] == [plan.master_name]})


def end_records(plan: Plan, deployment: RunningDeployment, run: RunDirectory) -> None:
    """Write what is only known at the end: the servers' logs as events, the last phase, and the plan as it was played.

    The servers run on, and nothing that they do is recorded any more.

    :raises RecordError: it cannot be written.
    """
    events = deployment.events
    with explain_write_errors(run.path):
        deployment.logs.catch_up()
    with explain_changed_records():
        record_logs(plan, run, events)
    events.add(Phase("done"))
    events.close()
    run.write_plan(plan)
