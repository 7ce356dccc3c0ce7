"""JUnit XML for CI: a test case a trial and a violated finding, in the form that both the common schemas (Ant's and Jenkins') accept.

``violated`` is a failure, ``inconclusive`` an error: CI must not take either for a pass.
"""

import re
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from jsquared.records.findings import Finding
from jsquared.records.private_files import make_private_folder, open_given
from jsquared.records.run_directory import explain_write_errors
from jsquared.records.verdict import RunVerdict, TrialVerdict
from jsquared.report.ended_early import ended_early
from jsquared.report.words import headline, quantity
from jsquared.text import printable

# What XML 1.0 cannot hold at all, not even escaped.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ELEMENTS = {"violated": "failure", "inconclusive": "error"}


def write_junit(run: RunVerdict, path: Path, *, at: datetime | None = None) -> None:
    """Write a run's verdicts as JUnit XML. ``at`` is the time that the file states, now by default.

    :raises RecordError: the file cannot be written.
    """
    document = ET.ElementTree(_suites(run, at or datetime.now(UTC)))
    ET.indent(document)
    with explain_write_errors(path):
        make_private_folder(path.parent, exist_ok=True)
        with open_given(path, "wb") as file:
            document.write(file, encoding="utf-8", xml_declaration=True)


def _suites(run: RunVerdict, at: datetime) -> ET.Element:
    suites = ET.Element("testsuites")
    against = run.unreported()
    outcomes = [*(trial.outcome for trial in run.trials), *("violated" for _ in against)]
    attributes = {
        "name": "jsquared",
        "package": "jsquared",
        "id": "0",
        "timestamp": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "hostname": "localhost",
        "tests": str(len(outcomes)),
        "failures": str(outcomes.count("violated")),
        "errors": str(outcomes.count("inconclusive")),
        "skipped": "0",
        "time": _seconds(sum(trial.duration_ms for trial in run.trials)),
    }
    suite = ET.SubElement(suites, "testsuite", attributes)
    ET.SubElement(suite, "properties")
    for trial in run.trials:
        _case(suite, trial)
    for finding in against:
        _finding(suite, finding, run.trials[0].deployment if run.trials else "")
    ET.SubElement(suite, "system-out")
    ET.SubElement(suite, "system-err").text = _clean("\n".join(ended_early(run))) or None
    return suites


def _case(suite: ET.Element, trial: TrialVerdict) -> None:
    attributes = {
        "classname": _clean(f"jsquared.{trial.deployment}"),
        "name": _clean(f"{trial.label} (ack {trial.ack}, seed {trial.seed})"),
        "time": _seconds(trial.duration_ms),
    }
    case = ET.SubElement(suite, "testcase", attributes)
    if trial.outcome in _ELEMENTS:
        message = trial.reasons[0] if trial.reasons else trial.outcome
        problem = ET.SubElement(case, _ELEMENTS[trial.outcome], {"message": _clean(message), "type": trial.outcome})
        problem.text = _clean("\n".join(_lines(trial)))


def _finding(suite: ET.Element, finding: Finding, deployment: str) -> None:
    """A violation that the configuration's text shows, which is not a trial's."""
    name = f"configuration: {finding.rule} ({finding.target})"
    case = ET.SubElement(
        suite, "testcase", {"classname": _clean(f"jsquared.{deployment}"), "name": _clean(name), "time": _seconds(0)}
    )
    problem = ET.SubElement(case, "failure", {"message": _clean(finding.message), "type": "violated"})
    problem.text = _clean(f"{finding.directive}\n{finding.where}\n{finding.fix}")


def _lines(trial: TrialVerdict) -> list[str]:
    objectives = [
        f"{objective.name}: {quantity(objective.value, objective.unit)} "
        f"(limit {quantity(objective.limit, objective.unit)}), {objective.outcome}"
        for objective in trial.objectives
    ]
    losses = [f"{loss.count:,} lost on {loss.node}: {loss.cause}: {loss.explanation}" for loss in trial.losses]
    folder = [f"run folder: {trial.run_dir}"] if trial.run_dir else []
    return [*trial.reasons, headline(trial), *objectives, *losses, *folder]


def _clean(text: str) -> str:
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", printable(text, keep="\n\t"))


def _seconds(ms: float) -> str:
    return f"{ms / 1000:.3f}"
