"""The HTML report: one file that opens from disk, with scripts, styles, charts and data inside and no network.

Names and texts come from users' configuration and from servers, so every one of them is escaped: in markup by jinja2, in the embedded
JSON by :func:`embed`; and what a browser would hide or reorder (controls, overrides of the writing direction, zero-width characters) is
written as a visible escape. A content security policy names the hash of the report's own script, and lets nothing else run or load.
The same records give the same bytes.
"""

import base64
import hashlib
import json
import math
import shlex
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from jsquared.records.private_files import open_given, open_private
from jsquared.records.run_directory import TrialRecord, explain_write_errors
from jsquared.records.verdict import RunVerdict, TrialVerdict
from jsquared.report import words
from jsquared.report.chart_data import chart_data
from jsquared.report.ended_early import ended_early
from jsquared.report.lanes import failover_phases
from jsquared.report.picture import picture_of
from jsquared.report.picture_svg import pictures
from jsquared.report.suite import suite_data
from jsquared.report.team_words import own_limit
from jsquared.text import NONE, count, counted, printable
from jsquared.text import duration as breakable_duration

_HERE = Path(__file__).parent
_SCRIPTS = (
    "assets/uplot/uPlot.iife.min.js",
    "assets/theme.js",
    "assets/panels.js",
    "assets/lanes.js",
    "assets/suite.js",
    "assets/page.js",
)
_STYLES = ("assets/uplot/uPlot.min.css", "assets/report.css", "assets/suite.css")
MAX_TABLE_EVENTS = 500

Trial = tuple[TrialRecord, TrialVerdict]


def write_trial_report(
    record: TrialRecord, verdict: TrialVerdict, path: Path, *, redact: bool = False, given: bool = False
) -> None:
    """Write the report of one trial.

    :param redact: leave out the configuration: what was rendered, and which lines were rewritten.
    :param given: the user named this very file, so it may be something else, such as ``/dev/stdout``.
    :raises RecordError: the file cannot be written.
    """
    run = RunVerdict(outcome=verdict.outcome, trials=[verdict])
    write_file(_render([(record, verdict)], run, redact=redact), path, given=given)


def write_run_report(
    trials: Sequence[Trial], run: RunVerdict, path: Path, *, redact: bool = False, given: bool = False
) -> None:
    """Write one report of several trials: the causes, then a row and a section each, whose charts are drawn when it is opened.

    :param trials: those of the run that have a record.
    :param redact: as in :func:`write_trial_report`; so is ``given``.
    :raises RecordError: the file cannot be written.
    """
    write_file(_render(list(trials), run, redact=redact), path, given=given)


def write_file(text: str, path: Path, *, given: bool = False) -> None:
    """Write a page for its owner alone; as ``given`` where the user has said what it is called.

    :raises RecordError: it cannot be written.
    """
    with explain_write_errors(path), (open_given if given else open_private)(path, "wb") as file:
        file.write(text.encode("utf-8", "backslashreplace"))


def _render(trials: list[Trial], run: RunVerdict, *, redact: bool) -> str:
    # The script ends with its own element, so it must not hold the end tag of one (a test holds this for all assets).
    script = "\n".join(_asset(name) for name in _SCRIPTS)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    sections = [
        _section(number, record, verdict) | {"redact": redact, "exclusions": _exclusions(verdict, len(trials))}
        for number, (record, verdict) in enumerate(trials, 1)
    ]
    return environment().get_template("report.html.j2").render(
        script=Markup(script),  # noqa: S704 -- our own files
        style=style(),
        script_hash=digest,
        outcome=run.outcome,
        trials=sections,
        suite=suite_data(run, sections) | {"trials": len(run.trials)},
        missing=list(ended_early(run)),
    )  # fmt: skip


def _section(number: int, record: TrialRecord, verdict: TrialVerdict) -> dict[str, Any]:
    data = chart_data(record, verdict)
    phases = failover_phases(verdict)
    picture = picture_of(record, verdict)
    return {
        "number": number,
        "plan": record.plan,
        "placement": record.placement,
        "verdict": verdict,
        "data": embed(data),
        "events": data["events"][:MAX_TABLE_EVENTS],
        "events_left_out": max(0, len(data["events"]) - MAX_TABLE_EVENTS),
        "errors": data["errors"],
        "phases": phases,
        "phases_from": phases[0]["from"] if phases else 0.0,
        "phases_span": max((part["to"] for part in phases), default=0.0) - (phases[0]["from"] if phases else 0.0),
        "asides": [f"{one.explanation}." for one in verdict.two_primaries[:2]] if verdict.outcome == "pass" else [],
        "picture": picture,
        "drawing": pictures(picture, number) if picture else "",
        "planned": {fault.id: fault for fault in record.plan.faults},
        "command": shlex.join(record.plan.command),
        "longest_gap": max(verdict.gaps, key=lambda gap: gap.gap_ms, default=None),
        "read_back": bool(record.operations.found),
        "operations": len(record.operations),
        "folder": Path(verdict.run_dir or record.path).name,
    }


def _exclusions(verdict: TrialVerdict, trials: int) -> list[str]:
    """The exclusions of a trial that is alone on its page; those of several stand once above all of them."""
    return list(map(str, verdict.exclusions)) if trials == 1 else []


def embed(data: Any) -> Markup:
    """JSON that is safe inside a script element: no markup can begin or end in it."""
    text = json.dumps(visible(data), separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=str)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 -- made safe above


def visible(value: Any) -> Any:
    """The same data with every text :func:`jsquared.text.printable`, several lines as they are; what was made safe already stays."""
    if isinstance(value, str):
        return value if isinstance(value, Markup) else printable(value, keep="\n\t")
    if isinstance(value, dict):
        return {visible(key): visible(one) for key, one in value.items()}
    return [visible(one) for one in value] if isinstance(value, list | tuple) else value


def style() -> Markup:
    """Return the style sheets of all pages, in one."""
    return Markup("\n".join(_asset(name) for name in _STYLES))  # noqa: S704 -- our own files


@cache
def _asset(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8").strip()


def load_templates() -> None:
    """Compile all templates now: reports that this process and its forks write later need not."""
    for name in environment().list_templates():
        environment().get_template(name)


@cache
def environment() -> jinja2.Environment:
    """Return the templates, with the filters of all pages."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        duration=duration,
        count=count,
        lost=words.lost,
        look_at=words.look_at,
        advice_rows=words.advice_rows,
        lead=words.lead,
        reasons=words.reasons,
        refused=words.refused,
        used_share=words.used_share,
        objective_name=words.objective_name,
        alert_words=words.alert_words,
        own_limit=own_limit,
        at=at,
    )
    environment.globals.update(quantity=words.quantity, counted=counted, marks=words.OUTCOME_MARKS)
    return environment


def _finalized(value: Any) -> Any:
    return visible(value) if isinstance(value, str) else value


def duration(ms: float | None) -> str:
    """A duration whose number and unit stay on one line."""
    return breakable_duration(ms).replace(" ", "\u00a0")


def at(t_ms: float | None) -> str:
    """A moment on the trial's clock: ``3.000 s``; a dash for None."""
    return NONE if t_ms is None or not math.isfinite(t_ms) else f"{t_ms / 1000:,.3f} s"
