"""The result of a security audit: plain data, as every output of ``jsquared audit`` carries it."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from typing import Literal

import msgspec

from jsquared.records.verdict import Outcome

AuditOutcome = Literal["fail", "unknown", "waived", "pass", "not-applicable"]
AuditSeverity = Literal["critical", "high", "medium", "low"]
Source = Literal["files", "live", "machine"]
"""Where a rule can be answered from: the text of a deployment, its running servers, or the machine that these run on."""

AUDIT_OUTCOMES: tuple[AuditOutcome, ...] = ("fail", "unknown", "waived", "pass", "not-applicable")
AUDIT_SEVERITIES: tuple[AuditSeverity, ...] = ("critical", "high", "medium", "low")


class AuditFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of one rule: about one node or primary where it failed, about all that it looked at where it passed.

    ``unknown``: it could not read what it needs, which is never a pass. ``not-applicable``: there is nothing to judge, or only the other
    way of looking (files, or running servers) can tell; the message says which. ``waived``: it fails, and a waiver in force accepts that.
    """

    rule: str
    outcome: AuditOutcome
    severity: AuditSeverity
    target: str
    """The node, primary or nodes that it is about."""
    message: str
    """One sentence: what is wrong and what follows, or why there is no answer."""
    fix: str = ""
    """The line to write, or what to do."""
    title: str = ""
    why: str = ""
    source: str = ""
    """Who says that it matters: the engine's own documentation, a STIG, a CVE, or a measurement."""
    cwe: str = ""
    key: str = ""
    """What it is about within the target, such as a user's name; part of the fingerprint."""
    fingerprint: str = ""
    """Stable over runs, values and failovers: of the rule, the deployment's name, the target and the key."""
    file: str = ""
    line: int | None = None
    is_new: bool = True
    """False where the baseline has it already."""
    waiver: str = ""
    """Reason, owner and end of the waiver, where there is one."""


class AuditedNode(msgspec.Struct, frozen=True, kw_only=True):
    """A server that was audited. ``version`` is what it says of itself, empty where only files were read."""

    name: str
    kind: str
    version: str = ""
    problem: str = ""
    """Why it could not be asked."""


class RuleDescription(msgspec.Struct, frozen=True, kw_only=True):
    """A rule for those who meet its findings: all that does not depend on a deployment."""

    id: str
    title: str
    severity: AuditSeverity
    fails_when: str
    why: str
    source: str
    fix: str
    cwe: str
    reads: str
    known_from: tuple[Source, ...]


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """A whole audit. ``outcome``: violated where a finding at or above ``fail_on`` fails, inconclusive where a rule could not read."""

    outcome: Outcome
    findings: list[AuditFinding]
    deployment: str
    looked_at: Literal["files", "live"]
    fail_on: AuditSeverity
    counts: dict[str, int]
    nodes: list[AuditedNode] = []
    problems: list[str] = []
    """What could not be read or asked, one sentence each: the audit is not complete then."""
    warnings: list[str] = []
    """What to know besides, such as a waiver that nothing needs."""
    notes: list[str] = []
    """Parts of the deployment that its reader left out."""
    rules: list[RuleDescription] = []
    """Every rule that was applied."""


def fingerprint_of(rule: str, deployment: str, target: str, key: str) -> str:
    """Return the fingerprint of a finding: of nothing that a value, a role or a run changes."""
    identity = "\0".join((rule, deployment, target, key))
    return hashlib.sha256(identity.encode("utf-8", "backslashreplace")).hexdigest()


def severity_at_least(severity: AuditSeverity, least: AuditSeverity) -> bool:
    """True if a severity is as grave as another, or graver."""
    return AUDIT_SEVERITIES.index(severity) <= AUDIT_SEVERITIES.index(least)


def counted_outcomes(findings: Iterable[AuditFinding]) -> dict[str, int]:
    """Return the number of findings by outcome, every outcome named."""
    found = Counter(finding.outcome for finding in findings)
    return {outcome: found[outcome] for outcome in AUDIT_OUTCOMES}
