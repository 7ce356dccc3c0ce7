"""Judges recorded runs again, from their folders alone."""

from collections.abc import Sequence
from pathlib import Path

from jsquared.check.causes import explain
from jsquared.check.judge import judge
from jsquared.records.exclusions import all_exclusions
from jsquared.records.run_directory import RunDirectory
from jsquared.records.verdict import RunVerdict, TrialVerdict, outcome_of_run


def check(folders: Sequence[Path]) -> RunVerdict:
    """Return the verdict on these run folders together.

    :raises BadInputError: one is no run folder, or it is damaged.
    """
    return document_of([judge_folder(folder) for folder in folders])


def document_of(verdicts: list[TrialVerdict]) -> RunVerdict:
    """The document of these trials together, with their causes."""
    found = list(
        dict.fromkeys(finding for verdict in verdicts for finding in verdict.findings if not verdict.is_static)
    )
    return explain(
        RunVerdict(
            outcome=outcome_of_run(verdicts, found),
            trials=verdicts,
            findings=found,
            exclusions=all_exclusions(verdict.exclusions for verdict in verdicts),
        )
    )


def judge_folder(folder: Path) -> TrialVerdict:
    """The verdict on a run folder.

    :raises BadInputError: it is none, or it is damaged.
    """
    verdict = judge(RunDirectory(folder).load_of_others())
    verdict.run_dir = str(folder)
    return verdict
