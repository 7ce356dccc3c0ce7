"""JUnit XML of a run, for CI systems: a test case a trial."""

import xml.etree.ElementTree as ET
from pathlib import Path

from jsquared.records.verdict import RunVerdict, TrialVerdict


def write_junit(run: RunVerdict, path: Path) -> None:
    """Write the file. A violated trial is a failure; an inconclusive one is an error, since it proved nothing."""
    outcomes = [trial.outcome for trial in run.trials]
    seconds = sum(trial.duration_ms for trial in run.trials) / 1000
    counts = {
        "tests": str(len(outcomes)),
        "failures": str(outcomes.count("violated")),
        "errors": str(outcomes.count("inconclusive")),
        "time": f"{seconds:.3f}",
    }
    root = ET.Element("testsuites", {"name": "jsquared", **counts})
    suite = ET.SubElement(root, "testsuite", {"name": "jsquared", "skipped": "0", **counts})
    for trial in run.trials:
        _add_case(suite, trial)
    ET.indent(root)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _add_case(suite: ET.Element, trial: TrialVerdict) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        {
            "classname": f"jsquared.{trial.deployment}",
            "name": f"{trial.scenario}[{trial.seed}]",
            "time": f"{trial.duration_ms / 1000:.3f}",
        },
    )
    if trial.outcome != "pass":
        kind = "failure" if trial.outcome == "violated" else "error"
        first = trial.reasons[0] if trial.reasons else trial.outcome
        problem = ET.SubElement(case, kind, {"message": first, "type": trial.outcome})
        problem.text = "\n".join(trial.reasons)
    if trial.run_dir:
        ET.SubElement(case, "system-out").text = trial.run_dir
