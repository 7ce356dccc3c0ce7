"""``jsquared alerts matrix``: which fault fires which alert."""

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from jsquared.cli.allowed_options import takes_allowed
from jsquared.cli.completion import complete_scenarios, complete_suites
from jsquared.cli.listing import print_rows
from jsquared.cli.monitoring_options import MonitoringOptions, takes_monitoring
from jsquared.cli.options import (
    DeploymentOption,
    EngineOption,
    JobsOption,
    JsonFlag,
    SandboxOption,
    WithOption,
)
from jsquared.cli.output import error, print_json, print_text, stderr_console
from jsquared.cli.progress import LiveProgress, Silence
from jsquared.deployment.model.reach import Allowed
from jsquared.errors import InterruptedTrialError
from jsquared.records.alert_matrix import AlertMatrix, MatrixRow
from jsquared.records.verdict import EXIT_CODES
from jsquared.scenario.team_rules import TeamRules
from jsquared.service import alert_matrix as service
from jsquared.service.interruption import Interruption
from jsquared.service.run import FAILED, RunRequest
from jsquared.settings.team_settings import settings_here
from jsquared.text import counted

STANDARD, ALERTS = "standard", "alerts"


@takes_monitoring()
@takes_allowed(modules=True)
def matrix(
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
            help="quick, standard, full or alerts; without scenarios: standard. Those of alerts are always among them.",
            autocompletion=complete_suites,
        ),
    ] = "",
    deployment: DeploymentOption = "reference",
    engine: EngineOption = "auto",
    sandbox: SandboxOption = "auto",
    overrides: WithOption = None,
    *,
    allowed: Allowed,
    monitoring: MonitoringOptions,
    seed: Annotated[int | None, typer.Option(help="The seed of the trials; default: a new one.")] = None,
    jobs: JobsOption = 0,
    out: Annotated[Path, typer.Option(help="Where to create run folders, and the page.")] = Path("runs"),
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but the result.")] = False,
    as_json: JsonFlag = False,
) -> int:
    """Break a monitored deployment, and show which fault fires which alert, after how long, and whether it arrived.

    Each trial has a real exporter, Prometheus and Alertmanager, and a receiver that takes what they send. Exit code 1 when an expected
    alert did not fire or arrive in time, or when one fired without a reason; rules of your own (--rules) are measured and not judged.
    Exit code 3 when nothing is proven of a scenario's alerts, or when Prometheus could not compute a rule.

    Examples:

    jsquared alerts matrix --suite standard

    jsquared alerts matrix primary-hang sentinel-crash --scrape 15s

    jsquared alerts matrix --suite standard --rules their-rules.yml --json
    """
    request = RunRequest(
        names=names or [],
        suite=f"{suite or STANDARD},{ALERTS}" if suite or not names else "",
        deployment=deployment,
        engine=engine,
        sandbox=sandbox,
        overrides=overrides or [],
        allowed=allowed,
        seed=seed,
        jobs=jobs,
        out=out,
        alerts=monitoring.request,
        team=TeamRules(suites=settings_here().suites),  # the matrix asks for alerts alone
    )
    monitoring.fetch_missing()
    interruption = Interruption()
    try:
        with LiveProgress(stderr_console()) if not quiet else contextlib.nullcontext(Silence()) as progress:
            result = service.alert_matrix(request, progress, interruption)
        return _conclude(result, as_json=as_json)
    finally:
        interruption.close()


def _conclude(result: service.MatrixResult, *, as_json: bool) -> int:
    found = result.matrix
    if as_json:
        print_json(found)
    else:
        _show(found)
    for problem in dict.fromkeys(failure.error for failure in result.failures if failure.error):
        error(problem)
    if result.interrupted:
        raise InterruptedTrialError("interrupted", where="alerts matrix")
    failed = [failure.exit_code for failure in result.failures if failure.exit_code in FAILED]
    return max(failed, default=EXIT_CODES[found.outcome])


def _show(found: AlertMatrix) -> None:
    print_rows(["scenario", "alerts, and seconds until each fired"], [[row.scenario, _told(row)] for row in found.rows])
    for kind, entries in (("missed", found.missed), ("without a reason", found.false)):
        print_text("".join(f"{kind}: {one.alert} in {one.scenario} ({one.run_dir})\n" for one in entries))
    for failed in found.failed_rules:
        print_text(f"not computed: {failed.rule} in {counted(len(failed.scenarios), 'scenario')}: {failed.error}\n")
    unknown = f", nothing proven of {found.unknown}" if found.unknown else ""
    print_text(
        f"{counted(len(found.rows), 'trial')}, a scrape every {found.profile}: {len(found.missed)} missed, "
        f"{len(found.false)} without a reason{unknown}, {found.took_s:.0f} s\n"
    )
    if found.page:
        stderr_console().say(f"page: {found.page}")


def _told(row: MatrixRow) -> str:
    if row.unproven:
        return row.unproven
    fired = sorted((one for one in row.alerts if one.fired_ms is not None), key=lambda one: one.fired_ms or 0.0)
    missing = [f"{one.alert} missed" for one in row.alerts if one.missed and one.fired_ms is None]
    missing += [f"{one.rule} not computed" for one in row.failed_rules]
    return ", ".join([*(f"{one.alert} {_when(one.fired_ms or 0.0)}" for one in fired), *missing]) or "none"


def _when(fired_ms: float) -> str:
    return f"{-fired_ms / 1000:.0f} s before the fault" if fired_ms < 0 else f"{fired_ms / 1000:.0f}"
