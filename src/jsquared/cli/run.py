"""``jsquared run``: options to a request, its progress to stderr, its result to text or JSON and a code."""

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from jsquared.cli.allowed_options import takes_allowed
from jsquared.cli.completion import complete_scenarios, complete_suites
from jsquared.cli.monitoring_options import MonitoringOptions, takes_monitoring
from jsquared.cli.options import (
    AckOption,
    DeploymentOption,
    EngineOption,
    JobsOption,
    JsonFlag,
    MarkdownOption,
    OpenMetricsOption,
    SandboxOption,
    WithOption,
)
from jsquared.cli.output import error, explain_output_errors, print_json, stderr_console, stdout_console
from jsquared.cli.progress import LiveProgress, Silence
from jsquared.deployment.model.reach import Allowed
from jsquared.errors import BadInputError, InterruptedTrialError
from jsquared.records.plan import OPERATIONS_PER_S, Workload
from jsquared.records.verdict import EXIT_CODES
from jsquared.report.summary_text import print_summary
from jsquared.service import run as service
from jsquared.service.interruption import Interruption
from jsquared.settings.team_settings import settings_here


@takes_monitoring()
@takes_allowed(modules=True)
def run(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SCENARIO|FILE]...",
            help="Scenarios or scenario files (default: those of --suite).",
            autocompletion=complete_scenarios,
        ),
    ] = None,
    suite: Annotated[
        str,
        typer.Option(
            help="quick, standard, full, alerts or one of your settings; with commas for several; without scenarios: quick.",
            autocompletion=complete_suites,
        ),
    ] = "",
    deployment: DeploymentOption = "reference",
    master: Annotated[
        str, typer.Option(help="The monitored primary to run for; default: each one that the deployment has.")
    ] = "",
    engine: EngineOption = "auto",
    upgrade_to: Annotated[
        str,
        typer.Option(help="The target engine of a rolling upgrade; auto: the newest other one installed."),
    ] = "auto",
    sandbox: SandboxOption = "auto",
    ack: AckOption = "auto",
    overrides: WithOption = None,
    *,
    allowed: Allowed,
    rate: Annotated[int, typer.Option(help="Writes a second per client.")] = Workload().rate_per_s,
    operations: Annotated[
        int, typer.Option(help="Operations of applications (INCR, DEL, LPUSH, MULTI …) a second per client; 0: none.")
    ] = OPERATIONS_PER_S,
    seed: Annotated[
        int | None, typer.Option(help="The seed of a trial whose choices to repeat; default: a new one.")
    ] = None,
    repeat: Annotated[int, typer.Option(help="Run each scenario N times, with consecutive seeds.")] = 1,
    jobs: JobsOption = 0,
    out: Annotated[Path, typer.Option(help="Where to create run folders.")] = Path("runs"),
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="Stop after the first violated trial; those not run are named.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but the result.")] = False,
    as_json: JsonFlag = False,
    junit: Annotated[Path | None, typer.Option(help="Also write a JUnit XML file.")] = None,
    markdown: MarkdownOption = None,
    openmetrics: OpenMetricsOption = None,
    skip_proven: Annotated[
        bool,
        typer.Option(
            "--skip-proven", help="Do not run trials that the static analysis has proven violated; list them as such."
        ),
    ] = False,
    alerts: Annotated[
        bool,
        typer.Option(
            "--alerts",
            help="Monitor each trial with a real exporter, Prometheus and Alertmanager, and judge its alerts.",
        ),
    ] = False,
    monitoring: MonitoringOptions,
) -> int:
    """Stand a deployment up, load it, break it, and prove what happened.

    Ctrl-C ends the running trials, and writes the results of those that have finished; a second one ends at once.

    Examples:

    jsquared run --suite quick

    jsquared run primary-crash --deployment ./my-config --ack wait:1 --repeat 10

    jsquared run FILE

    jsquared run --suite standard --with sentinel.down-after-milliseconds=5000 --json

    jsquared run --suite full --fail-fast --quiet

    jsquared run --suite full --deployment ./my-config --skip-proven --markdown comment.md

    jsquared run primary-hang --alerts --scrape 15s
    """
    if monitoring.is_given and not alerts:
        raise BadInputError("say how trials are monitored", where="--scrape, --rules, --yes …", hint="--alerts")
    settings = settings_here()
    request = service.RunRequest(
        names=names or [],
        suite=suite or ("" if names else settings.usual_suite),
        deployment=deployment,
        master=master,
        engine=engine,
        upgrade_to=upgrade_to,
        sandbox=sandbox,
        ack=ack,
        overrides=overrides or [],
        allowed=allowed,
        rate_per_s=rate,
        operations_per_s=operations,
        seed=seed,
        repeat=repeat,
        jobs=jobs,
        out=out,
        fail_fast=fail_fast,
        junit=junit,
        markdown=markdown,
        openmetrics=openmetrics,
        skip_proven=skip_proven,
        alerts=monitoring.request if alerts else None,
        team=settings.rules,
    )
    if alerts:
        monitoring.fetch_missing()
    interruption = Interruption()
    try:
        with LiveProgress(stderr_console()) if not quiet else contextlib.nullcontext(Silence()) as progress:
            result = service.run(request, progress, interruption=interruption)
        code = conclude(result, as_json=as_json, quiet=quiet)
        interruption.check()  # one that came while results were written already
        return code
    finally:
        interruption.close()


def conclude(result: service.RunResult, *, as_json: bool, quiet: bool) -> int:
    """Tell people and programs, and give the exit code.

    :raises InterruptedTrialError: the user stopped the run; all that there is has been told.
    """
    document = result.document
    if as_json:
        print_json(document)
    if not (as_json and quiet):
        console = stderr_console() if as_json else stdout_console()
        with explain_output_errors():
            print_summary(document, console)
        if document.report is not None:
            console.say(f"report: {document.report}")
    for problem in dict.fromkeys(failure.error for failure in result.failures if failure.error):
        error(problem)
    if document.interrupted:
        folders = " ".join(trial.run_dir for trial in document.unfinished if trial.run_dir)
        raise InterruptedTrialError("interrupted", where=folders, hint=f"jsquared check {folders}" if folders else "")
    failed = [failure.exit_code for failure in result.failures if failure.exit_code in service.FAILED]
    return max(failed, default=EXIT_CODES[document.outcome])
