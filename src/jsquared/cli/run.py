"""``jsquared run``: plan trials, run them side by side, tell what happened."""

import contextlib
import errno
import os
import secrets
import shutil
from pathlib import Path
from typing import Annotated

import typer

from jsquared.campaign.campaign import Campaign, TrialResult, default_jobs, free_name
from jsquared.campaign.planning import Planned, Request, longest_first, plan_trials
from jsquared.campaign.summary import summarise
from jsquared.cli.options import (
    AckOption,
    AllowModulesFlag,
    AllowPathOption,
    DeploymentOption,
    EngineOption,
    EnvFileOption,
    EnvOption,
    FloatingOption,
    JobsOption,
    JsonFlag,
    SandboxOption,
    WithOption,
    allowed_by,
    at_least,
)
from jsquared.cli.output import error, explain_output_errors, print_json, stderr_console, stdout_console
from jsquared.cli.progress import LiveProgress
from jsquared.errors import EXIT_BAD_INPUT, EXIT_LAB_FAILED, BadInputError
from jsquared.records.plan import OPERATIONS_PER_S, Workload
from jsquared.records.private_files import is_replaced, make_private_folder, open_given, open_private
from jsquared.records.run_directory import RunDirectory, explain_write_errors
from jsquared.records.verdict import EXIT_CODES, RunVerdict, outcome_of_run
from jsquared.report.html import write_run_report
from jsquared.report.junit import write_junit
from jsquared.report.text import print_summary

LEAST_FREE_BYTES = 64 * 1024 * 1024
"""Less free space than this and a trial's logs and history may not fit."""
MOST_WRITES_PER_S = 100_000
MOST_OPERATIONS_PER_S = 10_000
"""More than one client can send; the history and the read-back of such a trial would only take long."""


def run(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SCENARIO|FILE]...", help="Scenarios or scenario files (default: those of --suite)."),
    ] = None,
    suite: Annotated[str, typer.Option(help="quick, standard or full; without scenarios: quick.")] = "",
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
    allow_paths: AllowPathOption = None,
    env_files: EnvFileOption = None,
    env: EnvOption = None,
    allow_modules: AllowModulesFlag = False,
    floating: FloatingOption = None,
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
    as_json: JsonFlag = False,
    junit: Annotated[Path | None, typer.Option(help="Also write a JUnit XML file.")] = None,
) -> int:
    """Stand a deployment up, load it, break it, and prove what happened.

    Examples:

    jsquared run --suite quick

    jsquared run primary-crash --deployment ./my-config --ack wait:1 --repeat 10

    jsquared run FILE

    jsquared run --suite standard --with sentinel.down-after-milliseconds=5000 --json
    """
    most = at_least(jobs, 0, "--jobs")
    first_seed = secrets.randbelow(1_000_000) if seed is None else at_least(seed, 0, "--seed")
    request = Request(
        names=names or [],
        suite=suite,
        deployment=deployment,
        master=master,
        engine=engine,
        upgrade_to=upgrade_to,
        sandbox=sandbox,
        ack=ack,
        overrides=overrides or [],
        allowed=allowed_by(allow_paths, env_files, env, modules=allow_modules, floating=floating),
        workload=Workload(
            rate_per_s=at_least(rate, 1, "--rate", MOST_WRITES_PER_S),
            operations_per_s=at_least(operations, 0, "--operations", MOST_OPERATIONS_PER_S),
        ),
        seeds=range(first_seed, first_seed + at_least(repeat, 1, "--repeat")),
        out=out,
    )
    planned = plan_trials(request)
    check_free_space(out)
    if junit is not None:
        check_writable(junit)
    side_by_side = most or default_jobs(max(len(plan.nodes) + len(plan.clients) for plan in planned.plans))
    progress = LiveProgress(stderr_console(), total=len(planned.plans))
    with progress:
        results = Campaign(longest_first(planned.orders), out, side_by_side, progress).run()
    places = {id(plan): place for place, plan in enumerate(planned.plans)}
    results.sort(key=lambda result: places[id(result.plan)])
    return conclude(results, planned, out, as_json=as_json, junit=junit, repeat=repeat)


def check_free_space(out: Path) -> None:
    """Refuse to begin where run folders cannot be written.

    :raises RecordError: no permission, no folder, or less than 64 MiB free.
    """
    with explain_write_errors(out):
        make_private_folder(out, exist_ok=True)
        free = shutil.disk_usage(out).free
        if free < LEAST_FREE_BYTES:
            raise OSError(errno.ENOSPC, f"only {free // 1024 // 1024} MiB free", str(out))
        probe = out / f".jsquared-{os.getpid()}"
        open_private(probe).close()
        probe.unlink()


def check_writable(file: Path) -> None:
    """Refuse to begin where a file that is asked for at the end cannot be written.

    :raises RecordError: no permission or no folder.
    """
    with explain_write_errors(file):
        existed = file.exists() and not is_replaced(file)
        open_given(file, "ab").close()
        if not existed:
            file.unlink()


def conclude(
    results: list[TrialResult], planned: Planned, out: Path, *, as_json: bool, junit: Path | None, repeat: int
) -> int:
    """Write the reports, tell people and programs, and give the exit code."""
    verdicts = [result.verdict for result in results]
    run = RunVerdict(
        outcome=outcome_of_run(verdicts, planned.findings),
        trials=verdicts,
        findings=planned.findings,
        not_run=planned.not_run,
        not_reproduced=planned.not_reproduced,
    )
    if repeat > 1:
        run.summary = summarise(verdicts)
    run.report = str(_report(results, out))
    if junit is not None:
        with explain_write_errors(junit):
            write_junit(run, junit)
    if as_json:
        print_json(run)
    console = stderr_console() if as_json else stdout_console()
    with explain_output_errors():
        print_summary(run, console)
    console.say(f"report: {run.report}")
    for problem in dict.fromkeys(result.error for result in results if result.error):
        error(problem)
    failed = [result.exit_code for result in results if result.exit_code in (EXIT_BAD_INPUT, EXIT_LAB_FAILED)]
    return max(failed, default=EXIT_CODES[run.outcome])


def _report(results: list[TrialResult], out: Path) -> Path:
    """The one HTML report of all trials; a single trial's own is that already."""
    if len(results) == 1 and RunDirectory(results[0].path).report_file.exists():
        return RunDirectory(results[0].path).report_file
    records = []
    for result in results:
        with contextlib.suppress(BadInputError):
            records.append((RunDirectory(result.path).load(), result.verdict))
    stamp = results[0].path.name.split("-", maxsplit=1)[0]
    path = free_name(out / f"{stamp}-report.html")
    with explain_write_errors(path):
        write_run_report(records, path)
    return path
