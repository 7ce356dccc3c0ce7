"""Findings as SARIF 2.1.0, which code scanning of GitHub, GitLab and editors reads.

A result's fingerprint is made of what stays when lines move, or a value changes and is still wrong: the rule, the file, the nodes.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

from jsquared.records.findings import Finding, FindingOutcome, ResponsibleLine
from jsquared.report.findings.document import Document, RuleHelp, needs_secret, options_to_copy, without_secret
from jsquared.report.sarif_log import LINE_HASH, sarif_log
from jsquared.text import printable

LEVELS: dict[FindingOutcome, str] = {"violated": "error", "warning": "warning", "fact": "note"}
_PROBLEMS: dict[FindingOutcome, str] = {"violated": "error", "warning": "warning", "fact": "recommendation"}
FINGERPRINT = "jsquaredFinding/v1"


def as_sarif(document: Document) -> dict[str, Any]:
    """The analysis as one run of one tool, as plain data."""
    findings = document.worst_first()
    return sarif_log(
        called="JSquared, the resilience lab for Redis Sentinel",
        category=f"jsquared-analyse/{document.path(document.deployment)}/",
        rules=[_rule(rule) for rule in document.rules],
        invocation=_invocation(document),
        results=[
            _result(finding, fingerprint, document)
            for finding, fingerprint in zip(findings, fingerprints(findings, document), strict=True)
        ],
    )


def fingerprints(findings: Sequence[Finding], document: Document) -> list[str]:
    """Return a fingerprint for each finding, different ones for findings that are alike in everything that it is made of."""
    met: Counter[str] = Counter()
    made = []
    for finding in findings:
        files = dict.fromkeys(document.path(place.file) for place in document.places(finding))
        identity = "\0".join((finding.rule, finding.master_name, finding.target, *files))
        digest = hashlib.sha256(identity.encode("utf-8", "backslashreplace")).hexdigest()[:32]
        met[digest] += 1
        made.append(f"{digest}:{met[digest]}")
    return made


def _rule(rule: RuleHelp) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.split("-")),
        "shortDescription": {"text": rule.about},
        "fullDescription": {"text": rule.help},
        "help": {"text": rule.help},
        "defaultConfiguration": {"level": LEVELS[rule.outcome]},
        "properties": {
            "tags": ["redis", "sentinel", *rule.ways],
            "precision": "very-high",
            "problem.severity": _PROBLEMS[rule.outcome],
        },
    }


def _invocation(document: Document) -> dict[str, Any]:
    notes = [{"level": "note", "message": {"text": printable(sentence)}} for sentence in document.not_reproduced]
    return {"executionSuccessful": True, "toolExecutionNotifications": notes}


def _result(finding: Finding, fingerprint: str, document: Document) -> dict[str, Any]:
    ids = [rule.id for rule in document.rules]
    place = {"ruleIndex": ids.index(finding.rule)} if finding.rule in ids else {}
    return {
        "ruleId": finding.rule,
        **place,
        "level": LEVELS[finding.outcome],
        "message": {"text": _message(finding)},
        "locations": [_location(line, document) for line in document.places(finding)],
        "partialFingerprints": {LINE_HASH: fingerprint, FINGERPRINT: fingerprint},
        "properties": {
            "outcome": finding.outcome,
            "severity": finding.severity,
            "target": printable(finding.target),
            "directive": printable(finding.directive),
            "fix": printable(finding.fix),
            "tryWith": [printable(setting) for setting in finding.try_with],
        },
    }


def _message(finding: Finding) -> str:
    parts = [finding.message]
    if finding.fix:
        parts.append(f"Try: {finding.fix}")
    if needs_secret(finding):
        parts.append(without_secret(finding))
    elif options := options_to_copy(finding):
        parts.append(options)
    return "\n".join(map(printable, parts))


def _location(line: ResponsibleLine, document: Document) -> dict[str, Any]:
    """A line, or the beginning of the file that does not have it: code scanning wants a line."""
    region: dict[str, Any] = {"startLine": line.line or 1}
    if line.written and line.line and line.text:
        region["snippet"] = {"text": printable(line.text)}
    return {"physicalLocation": {"artifactLocation": {"uri": document.uri(line.file)}, "region": region}}
