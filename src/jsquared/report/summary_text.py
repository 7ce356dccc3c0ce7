"""The end of a run in a terminal: the causes first, then a table where there is room, a block a trial where there is not."""

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from jsquared.records.causes import Cause
from jsquared.records.findings import Finding
from jsquared.records.verdict import Outcome, RunVerdict, TrialVerdict
from jsquared.report import cause_words, words
from jsquared.report.ended_early import ended_early
from jsquared.report.team_words import team_sentences
from jsquared.text import counted, duration, one_line, printable

NARROW_COLUMNS = 76
MOST_PASSES = 10
"""More trials that passed than this are one line."""
MOST_NAMES = 6
_STYLES: dict[Outcome, str] = {"pass": "green", "violated": "bold red", "inconclusive": "yellow"}


class Summary:
    """A run, printable on a rich console of any width: its causes, then scenario, outcome, failover, lost, what to look at."""

    def __init__(self, run: RunVerdict) -> None:
        self.run = run

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if len(self.run.trials) > 1:
            yield from _causes(self.run)
        if options.max_width >= NARROW_COLUMNS:
            yield summary_table(self.run)
        else:
            lines = cause_words.numbers(self.run.causes) if len(self.run.trials) > 1 else {}
            for trial in shown(self.run):
                yield _block(trial, lines.get(cause_words.key_of(trial), 0))


def shown(run: RunVerdict) -> list[TrialVerdict]:
    """The trials that get a row, the violated ones first: all but those that pass and that one line sums up.

    Such are static checks, and all others where there are many of them.
    """
    folded = {id(trial) for trial in _folded(run)}
    rows = [
        trial for trial in run.trials if not (trial.is_static and trial.outcome == "pass") and id(trial) not in folded
    ]
    return cause_words.by_outcome(rows)


def _folded(run: RunVerdict) -> list[TrialVerdict]:
    """The passes that are one line together."""
    passed = [trial for trial in run.trials if trial.outcome == "pass" and not trial.is_static]
    return passed if len(passed) > MOST_PASSES else []


def _causes(run: RunVerdict) -> Iterator[Text | Table]:
    """Yield the causes: one sentence, then a block each, with a command that is one line however long, so that it can be copied."""
    said = cause_words.headline(run.causes, run.unexplained)
    if not said:
        return
    yield Text(one_line(f"{said[:1].upper()}{said[1:]}"), style="bold")
    yield Text("")
    for number, cause in enumerate(run.causes, 1):
        yield from _cause(number, cause)
    if run.causes and run.unexplained:
        names = cause_words.folded((one.scenario for one in run.unexplained), MOST_NAMES)
        yield Text(one_line(f"no line of the configuration explains: {names}"))
        yield Text("")
    for hint in dict.fromkeys(one.hint for one in run.unexplained if one.hint):
        yield Text(one_line(f"try: {hint}"))
        yield Text("")


def _cause(number: int, cause: Cause) -> Iterator[Text | Table]:
    rows = [("where", cause_words.place(cause))]
    if cause.fix:
        rows += [("change", cause.fix), ("predicted", cause_words.predicted(cause))]
    rows += [("explains", cause_words.folded((trial.scenario for trial in cause.trials), MOST_NAMES))]
    rows += [("note", note) for note in cause_words.notes(cause)]
    title = f"{number}. {one_line(cause.directive)}"
    yield Text.assemble((title, "bold"), f" ({counted(cause.violations, 'violation')})")
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for label, value in rows:
        grid.add_row(f"   {label}:", Text(one_line(value)))
    yield grid
    if cause.command:
        yield Text(f"   {printable(cause.command)}", style="cyan", no_wrap=True, overflow="ignore")
    yield Text("")


def remarks(run: RunVerdict) -> Iterator[str]:
    """Yield the remarks on the run as a whole, a line each."""
    yield from ended_early(run)
    if run.trials:
        yield _engines(run)
    static = [trial for trial in run.trials if trial.is_static]
    passed = [trial for trial in static if trial.outcome == "pass"]
    if folded := _folded(run):
        names = cause_words.folded(trial.label for trial in folded)
        slowest = max((trial.failover_ms for trial in folded if trial.failover_ms is not None), default=None)
        failover = "" if slowest is None else f", failover up to {duration(slowest)}"
        yield f"passed: {counted(len(folded), 'trial')}{failover}: {names}"
    if static:
        yield f"static checks: {len(passed)} of {len(static)} passed"
    for finding in cause_words.unshown(run) if len(run.trials) > 1 else run.unreported():
        yield f"violated: {_told(finding)}"
    for trial in run.trials:
        if trial.unexpected:
            yield f"look again: {trial.unexpected}"
        yield from (f"run again: {trial.label}: {reason}" for reason in trial.repeats)
    warnings = [finding for finding in run.findings if finding.outcome == "warning"]
    for warning in warnings:
        yield f"warning: {_told(warning)}"
    for sentence in run.not_reproduced:
        yield f"not reproduced here: {sentence}"
    for left_out in run.not_run:
        yield f"not run: {left_out.reason}"
    yield from team_sentences(run)


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
    """Print what a run showed. Commands to copy stay whole, however wide the terminal is, and paths in a log."""
    console.print(Summary(run), crop=False)
    for line in remarks(run):
        console.print(Text(one_line(line)), soft_wrap=not console.is_terminal)


def summary_table(run: RunVerdict) -> Table:
    """One row a trial. Names and reasons are printed as they are, never read as markup."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("scenario", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    table.add_column("failover", justify="right", no_wrap=True)
    table.add_column("lost", justify="right")
    table.add_column("what to look at", overflow="fold", ratio=1)
    lines = cause_words.numbers(run.causes) if len(run.trials) > 1 else {}
    for trial in shown(run):
        table.add_row(
            Text(printable(trial.label)),
            outcome_text(trial.outcome),
            Text(duration(trial.failover_ms)),
            Text(words.lost(trial)),
            Text(one_line(cause_words.look_at(trial, lines.get(cause_words.key_of(trial), 0)))),
        )
    return table


def outcome_text(outcome: Outcome) -> Text:
    """``✓ pass``, ``✗ violated``, ``? inconclusive``, in the outcome's colour."""
    return Text(f"{words.OUTCOME_MARKS[outcome]} {outcome}", style=_STYLES[outcome])


def _block(trial: TrialVerdict, line: int) -> Text:
    facts = f"\n  failover {duration(trial.failover_ms)}, lost {words.lost(trial)}\n  {one_line(cause_words.look_at(trial, line))}\n"
    return Text.assemble((printable(trial.label), "bold"), "\n  ", outcome_text(trial.outcome), facts)
