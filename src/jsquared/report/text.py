"""The table that a run ends with, for people at a terminal."""

from rich.console import Console
from rich.table import Table

from jsquared.records.verdict import RunVerdict, TrialVerdict

_COLOURS = {"pass": "green", "violated": "red", "inconclusive": "yellow"}


def print_summary(run: RunVerdict, console: Console) -> None:
    """One row a trial: scenario, outcome, failover, lost, what to look at; then the report's path."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("scenario", overflow="fold")
    table.add_column("outcome", no_wrap=True)
    table.add_column("failover", justify="right", no_wrap=True)
    table.add_column("lost", justify="right", no_wrap=True)
    table.add_column("what to look at", overflow="fold", ratio=1)
    for trial in run.trials:
        colour = _COLOURS[trial.outcome]
        table.add_row(
            trial.scenario, f"[{colour}]{trial.outcome}[/]", failover_words(trial), lost_words(trial), look_at(trial)
        )
    console.print(table)
    console.print(f"[bold]{run.outcome}[/]", highlight=False)
    if run.report:
        console.print(f"report: {run.report}", markup=False, highlight=False, soft_wrap=True)


def failover_words(trial: TrialVerdict) -> str:
    """``4.81 s``, or a dash where there was none."""
    return "-" if trial.failover_ms is None else f"{trial.failover_ms / 1000:.2f} s"


def lost_words(trial: TrialVerdict) -> str:
    """How many acknowledged writes were lost, a question mark where that is unknown."""
    return "?" if trial.writes.lost is None else f"{trial.writes.lost:,}"


def look_at(trial: TrialVerdict) -> str:
    """The first reason of a trial that did not pass; nothing needs looking at in one that did."""
    if trial.outcome == "pass":
        return ""
    return trial.reasons[0].replace("[", "\\[") if trial.reasons else ""
