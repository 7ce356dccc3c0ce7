"""The outcome of an audit: what fails it, and what leaves it open."""

from collections.abc import Iterable

from jsquared.records.audit_result import AuditFinding, AuditSeverity, severity_at_least
from jsquared.records.verdict import Outcome


def outcome_of(
    findings: Iterable[AuditFinding],
    fail_on: AuditSeverity,
    *,
    new_only: bool = False,
    has_expired: bool = False,
    is_incomplete: bool = False,
) -> Outcome:
    """Return the outcome: a grave failure violates, an answer that is missing leaves the audit inconclusive, whatever its severity.

    :param new_only: failures that the baseline has do not count.
    :param has_expired: a waiver that is needed has expired, which violates whatever the severity.
    :param is_incomplete: a part of the deployment could not be read or asked.
    """
    findings = list(findings)
    failed = [one for one in findings if one.outcome == "fail" and (one.is_new or not new_only)]
    if has_expired or any(severity_at_least(one.severity, fail_on) for one in failed):
        return "violated"
    if is_incomplete or any(one.outcome == "unknown" for one in findings):
        return "inconclusive"
    return "pass"
