"""An audit as a document of security requirements: each rule says what must hold, which check holds it, and its last outcome."""

from collections.abc import Iterator

from jsquared.records.audit_result import (
    AUDIT_OUTCOMES,
    AUDIT_SEVERITIES,
    Audit,
    AuditFinding,
    AuditOutcome,
    RuleDescription,
)
from jsquared.report.audit.grouping import targets_of
from jsquared.report.findings.markdown import code, plain


def requirements_text(audit: Audit) -> str:
    """The document, in Markdown, the gravest requirements first."""
    return "\n".join(_lines(audit)) + "\n"


def _lines(audit: Audit) -> Iterator[str]:
    yield f"# Security requirements of {code(audit.deployment)}\n"
    yield f"Checked by `jsquared audit` from its {'running servers' if audit.looked_at == 'live' else 'files'}: {audit.outcome}.\n"
    yield "| requirement | severity | rule | last outcome |"
    yield "| --- | --- | --- | --- |"
    rules = sorted(audit.rules, key=lambda rule: AUDIT_SEVERITIES.index(rule.severity))
    for rule in rules:
        yield f"| {plain(_must(rule))} | {rule.severity} | [{rule.id}](#{rule.id.lower()}) | {outcome_of_rule(audit, rule.id)} |"
    yield ""
    for rule in rules:
        yield from _section(rule, [one for one in audit.findings if one.rule == rule.id])
    for sentence in (*audit.problems, *audit.warnings):
        yield f"- {plain(sentence)}"


def outcome_of_rule(audit: Audit, rule: str) -> AuditOutcome:
    """The worst outcome of one rule."""
    found = [AUDIT_OUTCOMES.index(one.outcome) for one in audit.findings if one.rule == rule]
    return AUDIT_OUTCOMES[min(found)] if found else "not-applicable"


def _must(rule: RuleDescription) -> str:
    return f"Must not hold: {rule.fails_when}."


def _section(rule: RuleDescription, findings: list[AuditFinding]) -> Iterator[str]:
    yield f"## {rule.id}\n"
    yield f"{plain(rule.title)}. {plain(_must(rule))} {plain(rule.why)}\n"
    yield f"- To keep it: {code(rule.fix)}"
    yield f"- Source: {plain(rule.source)} ({rule.cwe})"
    yield f"- Reads: {plain(rule.reads)}"
    for outcome in AUDIT_OUTCOMES:
        own = [one for one in findings if one.outcome == outcome]
        if own:
            yield f"- {outcome}: {plain(targets_of(own))}. {plain(own[0].message)}"
    yield ""
