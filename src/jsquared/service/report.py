"""Writes the HTML report of recorded runs again, from their folders alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jsquared.check.judge import judge
from jsquared.records.run_directory import RunDirectory, explain_write_errors
from jsquared.report.html import write_run_report, write_trial_report
from jsquared.report.markdown import write_markdown
from jsquared.report.openmetrics import write_openmetrics
from jsquared.service.check import document_of


@dataclass(frozen=True, kw_only=True)
class ReportRequest:
    """Run folders to report on, at least one."""

    folders: Sequence[Path]
    out: Path | None = None
    """The file to write; None: the report of the first folder."""
    redact: bool = False
    """Leave the configuration out, to pass the report on."""
    markdown: Path | None = None
    """A Markdown file to write besides."""
    openmetrics: Path | None = None
    """A file with every figure as OpenMetrics to write besides."""


def report(request: ReportRequest) -> Path:
    """Write one report of all folders, and return its file.

    :raises BadInputError: one is no run folder, or it is damaged.
    :raises RecordError: the file cannot be written.
    """
    records = []
    for folder in request.folders:
        record = RunDirectory(folder).load_of_others()
        records.append((record, judge(record)))
    document = document_of([verdict for _, verdict in records])
    path = request.out or RunDirectory(request.folders[0]).report_file
    is_given = request.out is not None
    with explain_write_errors(path):
        if len(records) == 1:
            write_trial_report(*records[0], path, redact=request.redact, given=is_given)
        else:
            write_run_report(records, document, path, redact=request.redact, given=is_given)
    if request.markdown is not None:
        write_markdown(document, request.markdown)
    if request.openmetrics is not None:
        write_openmetrics(document, request.openmetrics)
    return path
