"""``jsquared runs``: the run folders that there are, how their figures change over time, one of them, and which may go."""

from pathlib import Path
from typing import Annotated

import typer

from jsquared.cli.completion import complete_deployments, complete_scenarios
from jsquared.cli.listing import print_entry, print_rows
from jsquared.cli.options import JsonFlag
from jsquared.cli.output import print_json, print_text, stderr_console
from jsquared.journal.period import Period
from jsquared.journal.run_facts import ObjectiveFact, RunFacts
from jsquared.journal.trend import Trend, TrendPoint, TrendSeries
from jsquared.report.words import objective_name, quantity
from jsquared.service import runs as service
from jsquared.text import NONE, count, counted, duration, seconds

RunsOption = Annotated[Path, typer.Option("--runs", metavar="DIR", help="The folder with the run folders.")]
ScenarioOption = Annotated[
    list[str] | None,
    typer.Option(
        "--scenario", metavar="NAME", help="Only this scenario; may be repeated.", autocompletion=complete_scenarios
    ),
]
RanOnOption = Annotated[
    list[str] | None,
    typer.Option(
        "--deployment",
        metavar="NAME",
        help="Only this deployment; may be repeated.",
        autocompletion=complete_deployments,
    ),
]
OutcomeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--outcome",
        metavar="OUTCOME",
        help="Only pass, violated, inconclusive, unfinished or damaged; may be repeated.",
    ),
]
SinceOption = Annotated[
    str, typer.Option("--since", metavar="TIME", help="Only later ones: a day or moment (UTC), or an age such as 7d.")
]
MIB = 1 << 20


def list_runs(
    runs: RunsOption = Path("runs"),
    scenario: ScenarioOption = None,
    deployment: RanOnOption = None,
    outcome: OutcomeOption = None,
    since: SinceOption = "",
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Read every folder again, and make the index anew.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """List run folders, newest first, with outcome, failover, lost writes and the fingerprint of the configuration.

    A damaged folder is listed as such. An index in ~/.cache/jsquared ($XDG_CACHE_HOME) makes it quick, and holds nothing that the folders
    do not.

    Examples:

    jsquared runs list

    jsquared runs list --scenario primary-crash --outcome violated --since 7d

    jsquared runs list --runs /var/lib/jsquared/runs --json
    """
    request = _request(runs, scenario, deployment, outcome, since, rebuild=rebuild)
    found = service.list_runs(request)
    if as_json:
        print_json(found)
        return
    if found.runs:
        columns = ["started (UTC)", "outcome", "failover", "lost", "deployment", "configuration", "scenario", "run"]
        print_rows(columns, [_row(run) for run in found.runs])
    shown = "" if len(found.runs) == found.total else f" of {found.total:,}"
    stderr_console().say(f"{counted(len(found.runs), 'run')}{shown} in {found.folder}")


def _request(
    runs: Path,
    scenario: list[str] | None,
    deployment: list[str] | None,
    outcome: list[str] | None,
    since: str,
    *,
    rebuild: bool = False,
) -> service.RunsRequest:
    return service.RunsRequest(
        runs=runs,
        scenarios=scenario or [],
        deployments=deployment or [],
        outcomes=outcome or [],
        since=since,
        rebuild=rebuild,
    )


def _row(run: RunFacts) -> list[str]:
    started = f"{run.started:%Y-%m-%d %H:%M:%S}"
    if run.state == "damaged":
        return [started, run.state, NONE, NONE, NONE, NONE, run.problem, run.run]
    lost = count(run.lost) if run.was_run else NONE
    return [started, run.state, duration(run.failover_ms), lost, run.deployment, run.fingerprint, run.label, run.run]


def trend(
    runs: RunsOption = Path("runs"),
    scenario: ScenarioOption = None,
    deployment: RanOnOption = None,
    outcome: OutcomeOption = None,
    since: SinceOption = "",
    by: Annotated[
        Period, typer.Option("--by", help="The time that one row or point stands for: day or week.")
    ] = Period.DAY,
    page: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write a page with plots.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Show failover p50, p95 and p99, losses and outcomes over time, for each deployment and configuration.

    Days are UTC. Figures that no trial has are a dash, never 0; the page is one HTML file that opens from disk, without a network.

    Examples:

    jsquared runs trend

    jsquared runs trend --deployment reference --since 30d --by week --page trend.html
    """
    found = service.trend(_request(runs, scenario, deployment, outcome, since), by, page)
    if as_json:
        print_json(found)
    else:
        _show_trend(found)
    if page is not None:
        stderr_console().say(f"page: {page}")


def _show_trend(found: Trend) -> None:
    columns = [
        "deployment",
        "configuration",
        found.period,
        "trials",
        "outcomes",
        "failovers",
        "p50",
        "p95",
        "p99",
        "lost",
    ]
    rows = [_point(series, point) for series in found.series for point in series.points]
    if rows:
        print_rows(columns, rows)
    for name in found.damaged:
        stderr_console().say(f"damaged, and in no figure: {name}")
    if not rows:
        stderr_console().say("no runs to show")


def _point(series: TrendSeries, point: TrendPoint) -> list[str]:
    times = point.failover_ms or {}
    outcomes = ", ".join(f"{number} {state}" for state, number in point.outcomes.items())
    figures = [duration(times.get(name)) for name in ("p50", "p95", "p99")]
    begin = [
        series.deployment,
        series.fingerprint,
        str(point.begins),
        str(point.trials),
        outcomes,
        str(point.failovers),
    ]
    return [*begin, *figures, count(point.lost)]


def show(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run folder, its name, or a part of it that no other has.")
    ],
    runs: RunsOption = Path("runs"),
    as_json: JsonFlag = False,
) -> None:
    """Show one run: what was run, on which configuration, what it showed, and which files it has.

    Examples:

    jsquared runs show runs/20260101T120000-primary-crash-1

    jsquared runs show primary-crash-1 --json
    """
    found = service.show(runs, run)
    if as_json:
        print_json(found)
        return
    facts = found.facts
    size_mib = sum(file.size_bytes for file in found.files) / MIB
    print_entry(
        facts.run,
        facts.title,
        [
            ("outcome", facts.state),
            ("because", facts.reasons),
            ("started", f"{facts.started:%Y-%m-%d %H:%M:%S} UTC, took {seconds(facts.duration_ms)}"),
            (
                "what",
                f"{facts.label}, seed {facts.seed}, acknowledgement {facts.ack}, {facts.engine}, sandbox {facts.sandbox}",
            ),
            ("deployment", f"{facts.deployment}, configuration {facts.fingerprint} ({_files(found)})"),
            ("objectives", [_objective(one) for one in facts.objectives]),
            ("writes", f"{count(facts.acknowledged)} acknowledged, {count(facts.lost)} lost" if facts.was_run else ""),
            ("findings", [f"{one.rule} ({one.target}): {one.message}" for one in facts.findings]),
            ("kept by", facts.kept),
            ("beside it", _beside(found)),
            ("files", f"{counted(len(found.files), 'file')}, {size_mib:.1f} MiB in {found.folder}"),
        ],
        f"jsquared report {found.folder}",
    )


def _files(found: service.ShownRun) -> str:
    lines = sum(found.configuration.values())
    return f"{counted(lines, 'line')} in {counted(len(found.configuration), 'file')}"


def _objective(one: ObjectiveFact) -> str:
    value, limit = (quantity(each, one.unit) for each in (one.value, one.limit))
    return f"{objective_name(one.name)}: {value}, allowed {limit}: {one.outcome}"


def _beside(found: service.ShownRun) -> str:
    return f"{counted(found.same_kind, 'run')} of the same kind, {found.same_configuration} of the same configuration"


def prune(
    runs: RunsOption = Path("runs"),
    scenario: ScenarioOption = None,
    deployment: RanOnOption = None,
    outcome: OutcomeOption = None,
    keep: Annotated[int | None, typer.Option(metavar="N", help="Keep the newest N of each kind.")] = None,
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="AGE", help="Remove what is older: 36h, 30d, 8w.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Remove old run folders, but never the newest of a kind, a kept one, or what is not certainly a run folder.

    A kind is a deployment with a scenario. With both options a run stays where either keeps it. The newest run of each kind and the
    newest that passed or was violated stay in any case, as do runs that a test record keeps, damaged folders, and runs without a verdict
    that were written to within the last day. No link is followed.

    Examples:

    jsquared runs prune --keep 10 --dry-run

    jsquared runs prune --older-than 30d
    """
    request = _request(runs, scenario, deployment, outcome, "")
    done = service.prune_runs(request, keep=keep, older_than=older_than, dry_run=dry_run)
    if as_json:
        print_json(done)
        return
    word = "would remove" if dry_run else "removed"
    print_text("".join(f"{word} {name}\n" for name in done.removed))
    stays: dict[str, int] = {}
    for one in done.stays:
        stays[one.reason] = stays.get(one.reason, 0) + 1
    kept = "; ".join(f"{number} {reason}" for reason, number in sorted(stays.items()))
    stderr_console().say(
        f"{word} {counted(len(done.removed), 'run')}, {done.freed_bytes / MIB:.1f} MiB; stay: {kept or 'none'}"
    )
