"""The page of the matrix of scenarios and alerts: one file, no network."""

from pathlib import Path
from typing import NamedTuple

from jsquared.records.alert_matrix import AlertMatrix, MatrixRow, UncomputedRule
from jsquared.records.alert_results import AlertResult
from jsquared.report.html import environment, style, write_file
from jsquared.text import NONE, counted, duration, listed

EARLY = "before"
"""In the place of a number: an alert that fired before anything was broken."""
MOST_NAMED = 5
"""So many scenarios are named where the same is said of all."""


class Cell(NamedTuple):
    """An alert in a scenario: its text, its style and the whole story as a title."""

    text: str
    kind: str
    title: str


def write_page(matrix: AlertMatrix, path: Path) -> None:
    """Write the page.

    :raises RecordError: it cannot be written.
    """
    fired = {one.alert for row in matrix.rows for one in row.alerts}
    names = sorted(fired | {one.rule for row in matrix.rows for one in row.failed_rules})
    rows = [(row, [_cell(row, name) for name in names]) for row in matrix.rows]
    cells = [cell for _, row_cells in rows for cell in row_cells]
    text = (
        environment()
        .get_template("alerts.html.j2")
        .render(
            matrix=matrix,
            heading=_heading(matrix),
            names=names,
            rows=rows,
            has_early=any(cell.text == EARLY for cell in cells),
            has_unknown=any(cell.kind == "unknown" for cell in cells) or matrix.unknown > 0,
            failed_rules=[(one, _scenarios(one, matrix)) for one in matrix.failed_rules],
            style=style(),
        )
    )
    write_file(text, path)


def _heading(matrix: AlertMatrix) -> str:
    """Return the outcome in one line: what is wrong, what is not known, and that all is well only where it is."""
    total = counted(len(matrix.rows), "scenario")
    own = "rules of your own" if matrix.unknown else f"{total} with rules of your own"
    parts = [] if matrix.judged else [own]
    if matrix.missed or matrix.false:
        parts += [f"{counted(len(matrix.missed), 'alert')} missed", f"{len(matrix.false)} without a reason"]
    if matrix.unknown:
        parts.append(f"nothing is proven of {matrix.unknown} of {total}")
    if matrix.failed_rules:
        failed = {one.rule for one in matrix.failed_rules}
        parts.append(f"{counted(len(failed), 'rule')} could not be computed")
    return ", ".join(parts) or "every expected alert fired and arrived"


def _scenarios(failed: UncomputedRule, matrix: AlertMatrix) -> str:
    if len(failed.scenarios) == len(matrix.rows) > 1:
        return "in all scenarios"
    if len(failed.scenarios) > MOST_NAMED:
        return f"in {counted(len(failed.scenarios), 'scenario')}"
    return f"in {listed(failed.scenarios)}"


def _cell(row: MatrixRow, name: str) -> Cell:
    found = next((one for one in row.alerts if one.alert == name), None)
    failed = next((one for one in row.failed_rules if one.rule == name), None)
    if failed is not None:
        return Cell(_seconds(found) if found else "?", "unknown", f"{name} could not be computed: {failed.error}")
    if found is None and row.unproven:
        return Cell("", "unknown", f"{name} in {row.scenario}: not known")
    if found is None:
        return Cell("", "", f"{name} did not fire in {row.scenario}")
    return Cell(_seconds(found), _kind(row, found), _title(row, found))


def _seconds(one: AlertResult) -> str:
    if one.fired_ms is None:
        return NONE
    return EARLY if one.fired_ms < 0 else f"{one.fired_ms / 1000:.0f}"


def _kind(row: MatrixRow, one: AlertResult) -> str:
    if row.unproven:
        return "unknown"
    if one.missed or one.false:
        return "wrong"
    if one.missed is None or one.false is None:
        return "unknown"
    return "expected" if one.expected else "also"


def _title(row: MatrixRow, one: AlertResult) -> str:
    said = [_fired(one.fired_ms)]
    said += [f"arrived after {duration(one.delivered_ms)}"] if one.delivered_ms is not None else []
    said += [f"allowed {duration(one.within_ms)}"] if one.within_ms is not None else ["not expected"]
    said += ["nothing is proven by it"] if _kind(row, one) == "unknown" else []
    return f"{one.alert}: {', '.join(said)}"


def _fired(fired_ms: float | None) -> str:
    if fired_ms is None:
        return "did not fire"
    return (
        f"fired {duration(-fired_ms)} before the first fault" if fired_ms < 0 else f"fired after {duration(fired_ms)}"
    )
