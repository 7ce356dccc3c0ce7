"""An audit as a table: for a terminal, and in Markdown for a pull request."""

from collections.abc import Iterator

from jsquared.records.audit_result import Audit, AuditFinding
from jsquared.report.audit.grouping import by_rule, fixes_of, message_of, targets_of
from jsquared.report.findings.markdown import code, plain
from jsquared.text import one_line

COLUMNS = ("rule", "outcome", "severity", "target", "finding", "fix")
FIX = "fix: "
TOLD = ("fail", "unknown", "waived")
"""The outcomes that people are told one by one; the rest is counted."""


def told(audit: Audit, *, new_only: bool = False) -> list[AuditFinding]:
    """The findings to tell; with ``new_only`` without failures that the baseline has."""
    return [
        one
        for one in audit.findings
        if one.outcome in TOLD and (one.is_new or not new_only or one.outcome == "unknown")
    ]


def table_rows(audit: Audit, *, new_only: bool = False) -> list[list[str]]:
    """The rows of the table, a rule once where it says the same of several nodes."""
    return [
        [
            group[0].rule,
            group[0].outcome,
            group[0].severity,
            one_line(targets_of(group)),
            one_line(message_of(group) + (f" Waived: {group[0].waiver}" if group[0].waiver else "")),
            one_line("; ".join(fixes_of(group))) if group[0].outcome == "fail" else "",
        ]
        for group in by_rule(told(audit, new_only=new_only))
    ]


def narrow_rows(audit: Audit, *, new_only: bool = False) -> list[list[str]]:
    """The same with what to do below the finding, for terminals."""
    return [
        [*others, finding + (f"\n{FIX}{fix}" if fix else "")]
        for *others, finding, fix in table_rows(audit, new_only=new_only)
    ]


def count_line(audit: Audit) -> str:
    """``violated: 4 fail, 1 unknown, 30 pass, 12 not-applicable``."""
    counts = ", ".join(f"{count} {outcome}" for outcome, count in audit.counts.items() if count)
    return f"{audit.deployment}: {audit.outcome} ({counts}; fails on {audit.fail_on} and above)"


def asides(audit: Audit) -> Iterator[str]:
    """Yield the lines beside the table: gaps, warnings and notes."""
    yield from (f"not complete: {one_line(sentence)}" for sentence in audit.problems)
    yield from (f"warning: {one_line(sentence)}" for sentence in audit.warnings)
    yield from (f"not read: {one_line(sentence)}" for sentence in audit.notes)


def markdown_text(audit: Audit) -> str:
    """The audit as Markdown: a heading with the outcome, and the table."""
    lines = [f"### Security audit of {code(audit.deployment)}: {audit.outcome}\n", f"{plain(count_line(audit))}\n"]
    rows = table_rows(audit)
    if rows:
        lines += [f"| {' | '.join(COLUMNS)} |", "| --- | --- | --- | --- | --- | --- |"]
        for rule, outcome, severity, target, finding, fix in rows:
            shown = f"**{outcome}**" if outcome == "fail" else outcome
            cells = [rule, shown, severity, code(target), plain(finding), code(fix) if fix else ""]
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    lines += [f"- {plain(sentence)}" for sentence in asides(audit)]
    return "\n".join(lines).rstrip() + "\n"
