"""Compares two runs, from their documents or their folders."""

from pathlib import Path
from typing import Literal

import msgspec

from jsquared.campaign import comparison
from jsquared.errors import BadInputError
from jsquared.records.verdict import RunVerdict, worst
from jsquared.service.check import judge_folder


class Comparison(msgspec.Struct, kw_only=True):
    """All objectives of two runs side by side; ``worse`` when one of them got worse beyond noise."""

    outcome: Literal["worse", "not worse"]
    differences: list[comparison.Difference]


def compare(old: Path, new: Path) -> Comparison:
    """Compare two runs objective by objective.

    :raises BadInputError: one of them is no run, or it is damaged.
    """
    differences = comparison.compare(read_run(old), read_run(new))
    is_worse = any(difference.change == "worse" for difference in differences)
    return Comparison(outcome="worse" if is_worse else "not worse", differences=differences)


def read_run(path: Path) -> RunVerdict:
    """A run from the file that ``run --json`` printed, from one run folder, or from a folder of run folders.

    :raises BadInputError: none of these, or damaged.
    """
    if _is_folder(path):
        folders = [path] if (path / "plan.json").exists() else sorted(p.parent for p in path.glob("*/plan.json"))
        if not folders:
            raise BadInputError("no run folder in it", where=str(path), hint="a file from 'jsquared run --json'")
        verdicts = [judge_folder(folder) for folder in folders]
        return RunVerdict(outcome=worst(verdict.outcome for verdict in verdicts), trials=verdicts)
    return comparison.read_run_document(path)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # such as a name that is too long, or a folder that may not be entered
        return False
