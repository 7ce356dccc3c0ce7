"""One trial, told once from beginning to end. Everything else in JSquared is a word in this sentence."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from jsquared.check.judge import judge
from jsquared.clock import TrialClock
from jsquared.errors import BadInputError, InterruptedTrialError, LabError, RecordError, StandUpError
from jsquared.faults.schedule import Conductor
from jsquared.observe.background import Background
from jsquared.observe.log_watch import LogWatch
from jsquared.observe.logs import record_logs
from jsquared.observe.observer import Observer
from jsquared.observe.process_watch import ProcessWatch
from jsquared.observe.processors import ProcessorWatch
from jsquared.observe.stalls import StallWatch
from jsquared.observe.stop_watch import StopWatch
from jsquared.records.attempt_events import Repeated
from jsquared.records.event_types import Phase, StandUpFailed
from jsquared.records.events import EventLog
from jsquared.records.placement import Placement
from jsquared.records.plan import Plan
from jsquared.records.run_directory import RunDirectory, explain_write_errors
from jsquared.records.shown import secrets_of
from jsquared.records.verdict import TrialVerdict
from jsquared.report.html import write_trial_report
from jsquared.running.deployment import RunningDeployment
from jsquared.running.stand_up import CONVERGE_LIMIT_S, stand_up
from jsquared.sandbox.sandbox import Sandbox
from jsquared.trial.early_end import EarlyEnd, TrialStoppedError
from jsquared.trial.floating_keeper import FloatingKeeper
from jsquared.trial.guard_attempts import try_guards
from jsquared.trial.last_words import record_last_words
from jsquared.trial.load import Load
from jsquared.trial.monitoring import TrialMonitoring
from jsquared.trial.order import ChangeOrder, MonitoringOrder
from jsquared.trial.played_change import PlayedChange
from jsquared.trial.read_back import read_back

AFTER_HEAL_S = 1.0
"""Load goes on so long after everything has converged, so that the history shows service as usual at its end."""
LOAD_AFTER_HEAL_LIMIT_S = 16.0
"""If the deployment does not converge, load continues this long after healing: longer than a deposed primary keeps acknowledging writes."""


def run_trial(
    plan: Plan,
    placement: Placement,
    run: RunDirectory,
    sandbox: Sandbox,
    monitoring_order: MonitoringOrder | None = None,
    change: ChangeOrder | None = None,
    repeats: Sequence[str] = (),
) -> TrialVerdict:
    """Run the trial inside the entered sandbox and judge it.

    1. **Stand up**: write the configuration, start servers and Sentinels, wait until they have converged.
    2. **Load**: clients find the primary through the Sentinels and write unique keys at a given rate.
    3. **Break**: inject each fault at its moment, and prove that it bit; or play the steps of a change.
    4. **Heal**: undo each fault at its moment, and prove that it healed.
    5. **Settle**: wait until one primary is agreed on and every replica follows it; then end the load.
    6. **Read back**: try what the configuration must refuse, then look for every key ever written, on every data node.
    7. **Check**: from the records alone.
    8. **Report**: verdict.json and report.html.

    It ends early, and is judged by what there is, where somebody outside ends one of its processes, or one of them prints without end.

    :raises LabError: the lab failed; what was recorded until then stays in the run folder.
    :raises InterruptedTrialError: the user stopped it; history, verdict and report of what there is are written.
    """
    secrets = secrets_of(plan, placement)
    events = EventLog(run.events_file, TrialClock.start(), secrets)
    for reason in repeats:
        events.add(Repeated(reason=reason))
    deployment = RunningDeployment(plan, placement, sandbox, run, events, scrub=secrets.mask)
    early_end = EarlyEnd()
    observer = Observer(deployment, events)
    floating = FloatingKeeper(deployment)
    deployment.monitoring = monitoring = _monitoring(monitoring_order, deployment)
    ends = ProcessWatch(deployment, events, early_end.want)
    watches: list[Background] = [
        ends, LogWatch(deployment, events, early_end.want), StallWatch(events), ProcessorWatch(deployment, events),
        StopWatch(deployment, events, early_end.want),
    ]  # fmt: skip
    ending = "failed"
    try:
        with explain_write_errors(run.path), early_end.possible():
            _play(plan, run, deployment, observer, floating, watches, early_end, monitoring, change)
        ending = "done"
    except TrialStoppedError:
        ending = "ended-early"
    except LabError as problem:
        ends.look()
        if early_end.wanted:
            ending = "ended-early"
        elif isinstance(problem, StandUpError):
            limit_ms = round(CONVERGE_LIMIT_S * 1000)
            events.add(StandUpFailed(detail=str(problem), limit_ms=limit_ms))
        else:
            raise
    except KeyboardInterrupt:
        ending = "interrupted"
    finally:
        if monitoring is not None:
            monitoring.stop()
        _clear_up(plan, run, deployment, [*watches, observer, floating], ending)
    verdict = conclude(run)
    if ending == "interrupted":
        raise InterruptedTrialError("interrupted", where=str(run.path))
    return verdict


def _play(
    plan: Plan,
    run: RunDirectory,
    deployment: RunningDeployment,
    observer: Observer,
    floating: FloatingKeeper,
    watches: Sequence[Background],
    early_end: EarlyEnd,
    monitoring: TrialMonitoring | None,
    change: ChangeOrder | None,
) -> None:
    """Steps 1 to 6."""
    events = deployment.events

    def watch() -> None:
        for each in watches:
            each.start()

    events.add(Phase("stand-up"))
    floating.place()
    stand_up(deployment, run, while_primaries_start=watch)
    floating.start()
    observer.start()
    if monitoring is not None:
        events.add(Phase("monitoring"))
        monitoring.start()
    load = Load(plan, deployment, run, events)
    try:
        load.begin()
        conductor = Conductor(
            plan.faults,
            deployment,
            events,
            recovered=_and_alerts(recovery_test(plan, deployment, load), monitoring),
            recovery_limit_s=max(plan.recovery_limit_ms / 1000, monitoring.limit_s if monitoring else 0.0),
            recovery=plan.recovery,
        )
        conductor.run(load.began_s)
        if change is not None:
            PlayedChange(change, deployment, events).run(load.began_s)
        events.add(Phase("settle"))
        settle(plan, deployment, load)
        if monitoring is not None:
            monitoring.settle()
    finally:
        with early_end.held_off():
            load.end()
            load.close()
            if (
                monitoring is not None
            ):  # what the lab itself tries from here on is nothing that a deployment would be alerted of
                monitoring.stop()
    floating.check()
    try_guards(plan, deployment, events)
    record_last_words(deployment)
    read_back(plan, deployment, run, events)


def _monitoring(order: MonitoringOrder | None, deployment: RunningDeployment) -> TrialMonitoring | None:
    """What monitors the trial; it stores its data beside that of a host, on what is gone with the sandbox."""
    plan = deployment.plan
    if order is None or plan.alerts is None:
        return None
    folder = Path(deployment.sandbox.directory(plan.nodes[0].host)) / ".monitoring"
    return TrialMonitoring(order, plan.alerts, deployment, folder)


def _and_alerts(recovered: Callable[[], bool], monitoring: TrialMonitoring | None) -> Callable[[], bool]:
    """Faults last until the expected alerts have fired: one that ends before a rule may see it proves nothing of the rule."""
    if monitoring is None:
        return recovered
    return lambda: recovered() and monitoring.has_fired()


def _clear_up(
    plan: Plan, run: RunDirectory, deployment: RunningDeployment, watches: Sequence[Background], ending: str
) -> None:
    """End everything, whatever has happened, and record what is only known then."""
    for watch in watches:
        watch.stop()
    deployment.stop()
    with explain_write_errors(run.path):
        deployment.logs.close()
    with explain_changed_records():
        record_logs(plan, run, deployment.events)
    deployment.events.add(Phase(ending))
    deployment.events.close()


def settle(plan: Plan, deployment: RunningDeployment, load: Load) -> None:
    """Wait for convergence under load, for a while; then without.

    Clients whose writes are asked to resume are waited for as long as that may take.
    """
    resume = next((o for o in plan.objectives if o.name == "writes_resume_after_heal"), None)
    limit_s = max(LOAD_AFTER_HEAL_LIMIT_S, resume.limit / 1000 + AFTER_HEAL_S if resume else 0.0)
    load_until_s = time.monotonic() + limit_s

    def end_load_in_time() -> None:
        if time.monotonic() > load_until_s:
            load.end()

    if deployment.wait_until_converged(plan.settle_limit_ms / 1000, "settle", poll_s=0.1, meanwhile=end_load_in_time):
        converged_s = time.monotonic()
        while resume and not load.served_since(converged_s, resume.clients) and time.monotonic() < load_until_s:
            time.sleep(0.02)
        time.sleep(min(AFTER_HEAL_S, max(0.0, load_until_s - time.monotonic())))


def recovery_test(plan: Plan, deployment: RunningDeployment, load: Load) -> Callable[[], bool]:
    """The test of whether the deployment has recovered while its faults last, by the plan's own notion of recovery."""
    before = next(node.name for node in plan.data_nodes() if node.initial_primary)
    others = {node.master_name: node.name for node in plan.all_data_nodes() if node.initial_primary}
    in_scope = next((o.clients for o in plan.objectives if o.name == "failover" and o.clients), ())
    clients = in_scope or tuple(client.name for client in plan.clients)
    began_s = load.began_s

    def steady() -> bool:
        return load.steady_since(began_s + 2.0)

    tests: dict[str, Callable[[], bool]] = {
        "writes": lambda: load.acknowledged_elsewhere_than(before, clients),
        "promotion": lambda: deployment.primary() not in ("", before),
        "steady": steady,
    }
    test = tests[plan.recovery]
    if not any(objective.name == "all_failed_over" for objective in plan.objectives):
        return test
    return lambda: test() and all(deployment.primary(master) not in ("", was) for master, was in others.items())


@contextlib.contextmanager
def explain_changed_records() -> Iterator[None]:
    """Turn a damaged record into a failure of the lab (RecordError): nobody gave it as input, so it was changed under the trial."""
    try:
        yield
    except BadInputError as problem:
        raise RecordError(f"what was recorded cannot be read: {problem.what}", where=problem.where) from problem


def conclude(run: RunDirectory) -> TrialVerdict:
    """Steps 7 and 8, from the run folder alone: what ``jsquared check`` does too.

    :raises RecordError: the folder was changed or removed meanwhile.
    """
    with explain_changed_records():
        run.finish_history()
        record = run.load()
    verdict = judge(record)
    verdict.run_dir = str(run.path)
    run.write_verdict(verdict)
    with explain_write_errors(run.path):
        write_trial_report(record, verdict, run.report_file)
    return verdict
