"""``jsquared check``: judge recorded runs again, from their folders alone."""

from pathlib import Path
from typing import Annotated

import typer

from jsquared.check.judge import judge
from jsquared.cli.options import JsonFlag
from jsquared.cli.output import explain_output_errors, print_json, stderr_console, stdout_console
from jsquared.records.run_directory import RunDirectory
from jsquared.records.verdict import EXIT_CODES, RunVerdict, TrialVerdict, outcome_of_run
from jsquared.report.text import print_summary


def check(
    folders: Annotated[
        list[Path], typer.Argument(metavar="RUN_DIR...", help="Run folders, including those of killed runs.")
    ],
    as_json: JsonFlag = False,
) -> int:
    """Judge a run again from its folder alone: no Redis, no sandbox, nothing is changed.

    Example:  jsquared check runs/20260101T120000-primary-crash-1
    """
    verdicts = [judge_folder(folder) for folder in folders]
    found = list(
        dict.fromkeys(finding for verdict in verdicts for finding in verdict.findings if not verdict.is_static)
    )
    run = RunVerdict(outcome=outcome_of_run(verdicts, found), trials=verdicts, findings=found)
    if as_json:
        print_json(run)
    with explain_output_errors():
        print_summary(run, stderr_console() if as_json else stdout_console())
    return EXIT_CODES[run.outcome]


def judge_folder(folder: Path) -> TrialVerdict:
    """The verdict on a run folder.

    :raises BadInputError: it is none, or it is damaged.
    """
    verdict = judge(RunDirectory(folder).load_of_others())
    verdict.run_dir = str(folder)
    return verdict
