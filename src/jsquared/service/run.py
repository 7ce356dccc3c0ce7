"""Runs scenarios: plans their trials, has them run side by side, and writes the report of all."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jsquared.campaign.campaign import Campaign, free_name, was_interrupted
from jsquared.campaign.executors.executor import Executor
from jsquared.campaign.executors.local import LocalExecutor
from jsquared.campaign.interruption import Interruption
from jsquared.campaign.planning import Planned, Request, longest_first, plan_trials
from jsquared.campaign.result import TrialResult
from jsquared.campaign.summary import summarise
from jsquared.check.causes import explain
from jsquared.errors import EXIT_BAD_INPUT, EXIT_LAB_FAILED, BadInputError
from jsquared.records.plan import OPERATIONS_PER_S, Engine, Workload
from jsquared.records.run_directory import RunDirectory, explain_write_errors
from jsquared.records.verdict import RunVerdict, UnfinishedTrial, outcome_of_run
from jsquared.report.html import write_run_report
from jsquared.report.junit import write_junit
from jsquared.report.markdown import write_markdown
from jsquared.report.openmetrics import write_openmetrics
from jsquared.scenario.team_rules import TeamRules
from jsquared.service.alerts_choice import AlertsRequest
from jsquared.service.given_deployment import load_given
from jsquared.service.last_engine import last_engine
from jsquared.service.outputs import check_free_space, check_writable
from jsquared.service.progress import CampaignBegan, CampaignNotices, Progress
from jsquared.service.request import TrialsRequest, require_range

MOST_WRITES_PER_S = 100_000
MOST_OPERATIONS_PER_S = 10_000
"""More than one client can send; the history and the read-back of such a trial would only take long."""
FAILED = (EXIT_BAD_INPUT, EXIT_LAB_FAILED)
"""The exit codes of trials that say nothing about their deployment."""


@dataclass(frozen=True, kw_only=True)
class RunRequest(TrialsRequest):
    """Scenarios to run. Without ``names`` and ``suite`` it is the suite ``quick``; without ``master``, for every monitored primary."""

    names: Sequence[str] = ()
    """Scenarios, or files that hold one."""
    suite: str = ""
    upgrade_to: str = "auto"
    rate_per_s: int = Workload().rate_per_s
    """Writes of each client."""
    operations_per_s: int = OPERATIONS_PER_S
    repeat: int = 1
    """How often to run each scenario, with consecutive seeds."""
    fail_fast: bool = False
    """Stop after the first violated trial."""
    skip_proven: bool = False
    """Do not run trials that the static analysis has proven violated."""
    junit: Path | None = None
    """A JUnit XML file to write."""
    markdown: Path | None = None
    openmetrics: Path | None = None
    """A Markdown file to write."""
    alerts: AlertsRequest | None = None
    """How the trials are monitored; None: they are not."""
    team: TeamRules = field(default_factory=TeamRules)
    """The team's own limits, suites and exclusions."""

    def check(self) -> None:
        """Check the numbers.

        :raises BadInputError: one of them is too small or too large.
        """
        super().check()
        require_range(self.rate_per_s, "--rate", least=1, most=MOST_WRITES_PER_S)
        require_range(self.operations_per_s, "--operations", least=0, most=MOST_OPERATIONS_PER_S)
        require_range(self.repeat, "--repeat", least=1)

    def for_planning(self) -> Request:
        """The same in the terms of a campaign, with its seeds chosen."""
        seed = self.first_seed()
        return Request(
            names=self.names,
            suite=self.suite,
            deployment=self.deployment,
            master=self.master,
            engine=self.engine,
            upgrade_to=self.upgrade_to,
            sandbox=self.sandbox,
            ack=self.ack,
            overrides=self.overrides,
            allowed=self.allowed,
            workload=Workload(rate_per_s=self.rate_per_s, operations_per_s=self.operations_per_s),
            seeds=range(seed, seed + self.repeat),
            out=self.out,
            skip_proven=self.skip_proven,
            alerts=self.alerts.resolve() if self.alerts else None,
            team=self.team,
        )


@dataclass(frozen=True)
class Failure:
    """A trial that failed for another reason than its deployment; ``exit_code`` says whose fault it was (``errors.py``)."""

    error: str
    exit_code: int


@dataclass(frozen=True)
class RunResult:
    """The result of a run: the document of all trials, and what failed meanwhile."""

    document: RunVerdict
    failures: list[Failure]


def run(
    request: RunRequest,
    progress: Progress,
    executor: Executor | None = None,
    interruption: Interruption | None = None,
) -> RunResult:
    """Run trials, and write their report and the JUnit file.

    Where the user stops it, the result has all trials that had finished, and its document names the others.

    :param executor: where to run them; None: on this machine.
    :param interruption: notes signals from the first trial on; it stays with the caller, who still has the result to show. None: one
        that is closed when this returns.
    :raises BadInputError: something in the request, or in a file that it names, is wrong.
    :raises LabError: the lab cannot do what is asked for here, or cannot write its records.
    """
    request.check()
    with executor or LocalExecutor() as running:
        planned = plan_trials(request.for_planning(), once_read=running.prepare, load=load_given)
        check_free_space(request.out)
        for file in (request.junit, request.markdown, request.openmetrics):
            if file is not None:
                check_writable(file)
        noted = interruption or Interruption()
        try:
            return _result(planned, request, progress, running, noted)
        finally:
            if interruption is None:
                noted.close()


def _result(
    planned: Planned, request: RunRequest, progress: Progress, executor: Executor, interruption: Interruption
) -> RunResult:
    before = _engine_before(planned, request)
    played = _play(planned, request, progress, executor, interruption, before)
    document = _document(played, planned, request)
    document.engine_before = before
    if request.junit is not None:
        with explain_write_errors(request.junit):
            write_junit(document, request.junit)
    if request.markdown is not None:
        write_markdown(document, request.markdown)
    if request.openmetrics is not None:
        write_openmetrics(document, request.openmetrics)
    failures = [
        Failure(result.error, result.exit_code)
        for result in played.results
        if result.error or result.exit_code in FAILED
    ]
    return RunResult(document, failures)


def _engine_before(planned: Planned, request: RunRequest) -> Engine | None:
    """The engine of the last run in the same folder, where ``--engine auto`` has now chosen another one."""
    before = last_engine(request.out) if request.engine == "auto" else None
    chosen = planned.plans[0].engine
    return before if before and (before.name, before.version) != (chosen.name, chosen.version) else None


@dataclass(frozen=True)
class _Played:
    """What came of the trials: the results in the order in which they were planned, and what ended the run early."""

    results: list[TrialResult]
    unfinished: list[UnfinishedTrial]
    interrupted: bool
    stopped_after: TrialResult | None


def _play(
    planned: Planned,
    request: RunRequest,
    progress: Progress,
    executor: Executor,
    interruption: Interruption,
    before: Engine | None,
) -> _Played:
    largest = max(len(plan.nodes) + len(plan.clients) for plan in planned.plans)
    if request.alerts:  # what monitors a trial takes as much of a processor again
        largest *= 2
    jobs = request.jobs or executor.side_by_side(largest)
    progress.tell(CampaignBegan(len(planned.plans), f"{before.name} {before.version}" if before else ""))
    campaign = Campaign(
        longest_first(planned.orders),
        request.out,
        jobs,
        CampaignNotices(progress),
        executor,
        fail_fast=request.fail_fast,
        jobs_are_estimated=not request.jobs,
        interruption=interruption,
    )
    interrupted = was_interrupted(campaign)
    places = {id(plan): place for place, plan in enumerate(planned.plans)}
    return _Played(
        sorted(campaign.results, key=lambda result: places[id(result.plan)]),
        _unfinished(planned, campaign),
        interrupted or interruption.asked,
        campaign.stopped_after,
    )


def _unfinished(planned: Planned, campaign: Campaign) -> list[UnfinishedTrial]:
    finished = {id(result.plan) for result in campaign.results}
    folders = {id(plan): str(path) for plan, path in campaign.left}
    return [
        UnfinishedTrial(
            scenario=plan.scenario,
            master_name=plan.master_name,
            label=plan.label,
            seed=plan.seed,
            run_dir=folders.get(id(plan)),
        )
        for plan in planned.plans
        if id(plan) not in finished
    ]


def _document(played: _Played, planned: Planned, request: RunRequest) -> RunVerdict:
    """All verdicts in one document, with the report written that it names."""
    verdicts = [result.verdict for result in played.results]
    document = explain(
        RunVerdict(
            outcome=outcome_of_run(verdicts, planned.findings, played.unfinished),
            trials=verdicts,
            findings=planned.findings,
            not_run=planned.not_run,
            exclusions=planned.exclusions,
            not_reproduced=planned.not_reproduced,
            interrupted=played.interrupted,
            stopped_after=played.stopped_after.plan.label if played.stopped_after else None,
            unfinished=played.unfinished,
        )
    )
    if request.repeat > 1:
        document.summary = summarise(verdicts)
    if played.results:
        document.report = str(_report(played.results, document, request.out))
    return document


def _report(results: Sequence[TrialResult], document: RunVerdict, out: Path) -> Path:
    """The one HTML report of all trials; that of a run of a single trial is its own already."""
    if len(results) == 1 and not document.unfinished and RunDirectory(results[0].path).report_file.exists():
        return RunDirectory(results[0].path).report_file
    records = []
    for result in results:
        with contextlib.suppress(BadInputError):
            records.append((RunDirectory(result.path).load(with_contents=False), result.verdict))
    stamp = results[0].path.name.split("-", maxsplit=1)[0]
    path = free_name(out / f"{stamp}-report.html")
    with explain_write_errors(path):
        write_run_report(records, document, path)
    return path
