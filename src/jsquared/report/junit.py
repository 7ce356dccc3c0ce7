"""JUnit XML for CI: a test case a trial and a violated finding, in the form that both the common schemas (Ant's and Jenkins') accept.

``violated`` is a failure, ``inconclusive`` an error: CI must not take either for a pass.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from jsquared.records.exclusions import Exclusion
from jsquared.records.findings import Finding
from jsquared.records.private_files import make_private_folder, open_given
from jsquared.records.run_directory import explain_write_errors
from jsquared.records.verdict import ObjectiveResult, RunVerdict, TrialVerdict
from jsquared.report import cause_words
from jsquared.report.ended_early import ended_early
from jsquared.report.team_words import laxer, own_limit
from jsquared.report.words import headline, objective_name, quantity
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
    left_out = [one for one in run.exclusions if one.effect == "left-out"]
    outcomes = [
        *(trial.outcome for trial in run.trials),
        *("violated" for _ in against),
        *("skipped" for _ in left_out),
    ]
    attributes = {
        "name": "jsquared",
        "package": "jsquared",
        "id": "0",
        "timestamp": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "hostname": "localhost",
        "tests": str(len(outcomes)),
        "failures": str(outcomes.count("violated")),
        "errors": str(outcomes.count("inconclusive")),
        "skipped": str(len(left_out)),
        "time": _seconds(sum(trial.duration_ms for trial in run.trials)),
    }
    suite = ET.SubElement(suites, "testsuite", attributes)
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(run):
        ET.SubElement(properties, "property", {"name": name, "value": xml_text(value)})
    for trial in run.trials:
        _case(suite, trial)
    for finding in against:
        _finding(suite, finding, run.trials[0].deployment if run.trials else "")
    for exclusion in left_out:
        _excluded(suite, exclusion)
    ET.SubElement(suite, "system-out")
    ET.SubElement(suite, "system-err").text = xml_text("\n".join(ended_early(run))) or None
    return suites


def _properties(run: RunVerdict) -> Iterator[tuple[str, str]]:
    """Yield names and values: the causes in one sentence, then each one's parts, ``cause.1.line`` the one that explains most."""
    if said := cause_words.headline(run.causes, run.unexplained):
        yield "causes", said
    for number, cause in enumerate(run.causes, 1):
        parts = {
            "line": cause.directive,
            "where": cause.where,
            "violations": str(cause.violations),
            "change": cause.fix,
            "predicted": cause_words.predicted(cause) if cause.fix else "",
            "scenarios": cause_words.folded(trial.scenario for trial in cause.trials),
            "command": cause.command,
            "notes": " ".join(cause_words.notes(cause)),
        }
        yield from ((f"cause.{number}.{name}", value) for name, value in parts.items() if value)
    yield from ((f"laxer.{number}", sentence) for number, sentence in enumerate(laxer(run), 1))
    yield from ((f"exclusion.{number}", str(one)) for number, one in enumerate(run.exclusions, 1))
    if run.unexplained:
        yield "unexplained", cause_words.folded(one.scenario for one in run.unexplained)


def _case(suite: ET.Element, trial: TrialVerdict) -> None:
    attributes = {
        "classname": xml_text(f"jsquared.{trial.deployment}"),
        "name": xml_text(f"{trial.label} (ack {trial.ack}, seed {trial.seed})"),
        "time": _seconds(trial.duration_ms),
    }
    case = ET.SubElement(suite, "testcase", attributes)
    if trial.outcome in _ELEMENTS:
        message = trial.reasons[0] if trial.reasons else trial.outcome
        problem = ET.SubElement(case, _ELEMENTS[trial.outcome], {"message": xml_text(message), "type": trial.outcome})
        problem.text = xml_text("\n".join(_lines(trial)))


def _excluded(suite: ET.Element, exclusion: Exclusion) -> None:
    """A scenario that the team's settings have kept out of the run: neither passed nor failed."""
    attributes = {"classname": "jsquared.excluded", "name": xml_text(exclusion.scenario), "time": _seconds(0)}
    case = ET.SubElement(suite, "testcase", attributes)
    ET.SubElement(case, "skipped", {"message": xml_text(str(exclusion))})


def _finding(suite: ET.Element, finding: Finding, deployment: str) -> None:
    """A violation that the configuration's text shows, which is not a trial's."""
    name = f"configuration: {finding.rule} ({finding.target})"
    case = ET.SubElement(
        suite,
        "testcase",
        {"classname": xml_text(f"jsquared.{deployment}"), "name": xml_text(name), "time": _seconds(0)},
    )
    problem = ET.SubElement(case, "failure", {"message": xml_text(finding.message), "type": "violated"})
    problem.text = xml_text(f"{finding.directive}\n{finding.where}\n{finding.fix}")


def _lines(trial: TrialVerdict) -> list[str]:
    objectives = [
        f"{objective_name(objective.name)}: {quantity(objective.value, objective.unit)} "
        f"(limit {quantity(objective.limit, objective.unit)}{_own(objective)}), {objective.outcome}"
        for objective in trial.objectives
    ]
    losses = [f"{loss.count:,} lost on {loss.node}: {loss.cause}: {loss.explanation}" for loss in trial.losses]
    folder = [f"run folder: {trial.run_dir}"] if trial.run_dir else []
    return [*trial.reasons, headline(trial), *objectives, *losses, *folder]


def _own(objective: ObjectiveResult) -> str:
    said = own_limit(objective)
    return f", {said}" if said else ""


def xml_text(text: str) -> str:
    """The text as XML can hold it and a terminal can show it."""
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", printable(text, keep="\n\t"))


def _seconds(ms: float) -> str:
    return f"{ms / 1000:.3f}"
