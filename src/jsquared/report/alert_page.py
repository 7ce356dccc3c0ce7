"""The page of the matrix of scenarios and alerts: one file, no network."""

from pathlib import Path
from typing import Any

from jsquared.records.alert_matrix import AlertMatrix, MatrixRow
from jsquared.records.alert_results import AlertResult
from jsquared.report.html import environment, style, write_file
from jsquared.text import NONE, duration


def write_page(matrix: AlertMatrix, path: Path) -> None:
    """Write the page.

    :raises RecordError: it cannot be written.
    """
    names = sorted({one.alert for row in matrix.rows for one in row.alerts})
    rows = [{"row": row, "cells": [_cell(row, name) for name in names]} for row in matrix.rows]
    text = environment().get_template("alerts.html.j2").render(matrix=matrix, names=names, rows=rows, style=style())
    write_file(text, path)


def _cell(row: MatrixRow, name: str) -> dict[str, Any]:
    found = next((one for one in row.alerts if one.alert == name), None)
    if found is None:
        return {"text": "", "kind": "", "title": f"{name} did not fire in {row.scenario}"}
    return {"text": _seconds(found), "kind": _kind(found), "title": _title(found)}


def _seconds(one: AlertResult) -> str:
    return NONE if one.fired_ms is None else f"{one.fired_ms / 1000:.0f}"


def _kind(one: AlertResult) -> str:
    if one.missed or one.false:
        return "wrong"
    return "expected" if one.expected else "also"


def _title(one: AlertResult) -> str:
    said = [f"fired after {duration(one.fired_ms)}" if one.fired_ms is not None else "did not fire"]
    said += [f"arrived after {duration(one.delivered_ms)}"] if one.delivered_ms is not None else []
    said += [f"allowed {duration(one.within_ms)}"] if one.within_ms is not None else ["not expected"]
    return f"{one.alert}: {', '.join(said)}"
