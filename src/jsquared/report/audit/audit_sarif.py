"""An audit as SARIF 2.1.0, for code scanning. No line of a configuration is quoted, and waived findings are left out.

GitHub shows suppressed results like others, so the file has what is to be done and nothing else; ``--json`` has everything.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jsquared.records.audit_result import Audit, AuditFinding, AuditSeverity, RuleDescription
from jsquared.report.sarif_log import LINE_HASH, sarif_log
from jsquared.text import encode_json, printable

FINGERPRINT = "jsquaredAudit/v1"
SECURITY_SEVERITY: dict[AuditSeverity, str] = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0"}
"""Numbers within the bounds that GitHub gives for critical (over 9.0), high (7.0), medium (4.0) and low."""
LEVELS: dict[AuditSeverity, str] = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}


def sarif_text(audit: Audit) -> str:
    """The audit as text."""
    return encode_json(audit_sarif(audit)).decode() + "\n"


def audit_sarif(audit: Audit) -> dict[str, Any]:
    """The audit as one run of one tool, as plain data: failures, and rules that could not read."""
    shown = [one for one in audit.findings if one.outcome in ("fail", "unknown")]
    notifications = [
        {"level": level, "message": {"text": printable(sentence)}}
        for level, sentences in (("error", audit.problems), ("warning", audit.warnings), ("note", audit.notes))
        for sentence in sentences
    ]
    return sarif_log(
        called="JSquared security audit",
        category=f"jsquared-audit/{printable(audit.deployment)}/",
        rules=[_rule(rule) for rule in audit.rules],
        invocation={"executionSuccessful": not audit.problems, "toolExecutionNotifications": notifications},
        results=[_result(one, audit) for one in shown],
    )


def _rule(rule: RuleDescription) -> dict[str, Any]:
    text = f"{rule.why} Fails when: {rule.fails_when}. Fix: {rule.fix}. Source: {rule.source}."
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.title.replace("'s", "").split()),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {
            "tags": ["security", "redis", "sentinel", f"external/cwe/{rule.cwe.lower()}"],
            "precision": "high",
            "problem.severity": {"error": "error", "warning": "warning", "note": "recommendation"}[
                LEVELS[rule.severity]
            ],
            "security-severity": SECURITY_SEVERITY[rule.severity],
        },
    }


def _result(finding: AuditFinding, audit: Audit) -> dict[str, Any]:
    ids = [rule.id for rule in audit.rules]
    is_unknown = finding.outcome == "unknown"
    return {
        "ruleId": finding.rule,
        "ruleIndex": ids.index(finding.rule),
        "kind": "open" if is_unknown else "fail",
        "level": "none" if is_unknown else LEVELS[finding.severity],
        "message": {"text": printable(f"{finding.message} Fix: {finding.fix}")},
        "locations": [_location(finding, audit)],
        "partialFingerprints": {LINE_HASH: f"{finding.fingerprint[:32]}:1", FINGERPRINT: finding.fingerprint},
        "baselineState": "new" if finding.is_new else "unchanged",
        "properties": {
            "outcome": finding.outcome,
            "severity": finding.severity,
            "target": printable(finding.target),
            "security-severity": SECURITY_SEVERITY[finding.severity],
        },
    }


def _location(finding: AuditFinding, audit: Audit) -> dict[str, Any]:
    """Its file and line, relative; for a running server, which has none, a name in the place of a file."""
    uri = relative_uri(finding.file) or quote(f"{audit.deployment}/{finding.target.split(', ')[0]}")
    return {
        "physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": finding.line or 1}},
        "logicalLocations": [{"name": printable(finding.target), "kind": "resource"}],
    }


def relative_uri(file: str) -> str:
    """A file as a relative URI where it lies below the working folder, its name alone elsewhere; empty for none."""
    if not file:
        return ""
    path = Path(os.path.normpath(file))
    if path.is_absolute():
        path = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else Path(path.name)
    return quote(path.as_posix())
