"""The end of a run in a terminal: a table where there is room, a block a trial where there is not."""

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from jsquared.records.findings import Finding
from jsquared.records.verdict import Outcome, RunVerdict, TrialVerdict
from jsquared.report import words
from jsquared.report.ended_early import ended_early
from jsquared.text import duration, one_line, printable

NARROW_COLUMNS = 76
_STYLES: dict[Outcome, str] = {"pass": "green", "violated": "bold red", "inconclusive": "yellow"}


class Summary:
    """A run's trials, printable on a rich console of any width: scenario, outcome, failover, lost, what to look at."""

    def __init__(self, run: RunVerdict) -> None:
        self.run = run

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if options.max_width >= NARROW_COLUMNS:
            yield summary_table(self.run)
        else:
            for trial in shown(self.run):
                yield _block(trial)


def shown(run: RunVerdict) -> list[TrialVerdict]:
    """The trials that get a row: all but static checks that pass, which one line sums up."""
    return [trial for trial in run.trials if not (trial.is_static and trial.outcome == "pass")]


def remarks(run: RunVerdict) -> Iterator[str]:
    """Yield the remarks on the run as a whole, a line each."""
    yield from ended_early(run)
    if run.trials:
        yield _engines(run)
    static = [trial for trial in run.trials if trial.is_static]
    passed = [trial for trial in static if trial.outcome == "pass"]
    if static:
        yield f"static checks: {len(passed)} of {len(static)} passed"
    for finding in run.unreported():
        yield f"violated: {_told(finding)}"
    for trial in run.trials:
        if trial.unexpected:
            yield f"look again: {trial.unexpected}"
    warnings = [finding for finding in run.findings if finding.outcome == "warning"]
    for warning in warnings:
        yield f"warning: {_told(warning)}"
    for sentence in run.not_reproduced:
        yield f"not reproduced here: {sentence}"
    for left_out in run.not_run:
        yield f"not run: {left_out.reason}"


def _engines(run: RunVerdict) -> str:
    """The engine of the trials, and that ``--engine auto`` chose another one than the last time."""
    engines = dict.fromkeys(f"{trial.engine.name} {trial.engine.version}" for trial in run.trials)
    before = run.engine_before
    changed = (
        f" (chosen by --engine auto; the last run in this folder had {before.name} {before.version})" if before else ""
    )
    return f"engine: {', '.join(engines)}{changed}"


def _told(finding: Finding) -> str:
    remedy = f"; try {finding.fix}" if finding.fix else ""
    return f"{finding.target}: {finding.message.rstrip('.')} ({finding.directive}){remedy}"


def print_summary(run: RunVerdict, console: Console) -> None:
    """Print what a run showed."""
    console.print(Summary(run))
    for line in remarks(run):
        console.print(Text(one_line(line)), soft_wrap=not console.is_terminal)  # so that paths in a log stay whole


def summary_table(run: RunVerdict) -> Table:
    """One row a trial. Names and reasons are printed as they are, never read as markup."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("scenario", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    table.add_column("failover", justify="right", no_wrap=True)
    table.add_column("lost", justify="right")
    table.add_column("what to look at", overflow="fold", ratio=1)
    for trial in shown(run):
        table.add_row(
            Text(printable(trial.label)),
            outcome_text(trial.outcome),
            Text(duration(trial.failover_ms)),
            Text(words.lost(trial)),
            Text(one_line(words.look_at(trial))),
        )
    return table


def outcome_text(outcome: Outcome) -> Text:
    """``✓ pass``, ``✗ violated``, ``? inconclusive``, in the outcome's colour."""
    return Text(f"{words.OUTCOME_MARKS[outcome]} {outcome}", style=_STYLES[outcome])


def _block(trial: TrialVerdict) -> Text:
    facts = (
        f"\n  failover {duration(trial.failover_ms)}, lost {words.lost(trial)}\n  {one_line(words.look_at(trial))}\n"
    )
    return Text.assemble((printable(trial.label), "bold"), "\n  ", outcome_text(trial.outcome), facts)
