"""Findings that say the same of several nodes, together: people read a rule once."""

from collections.abc import Iterable

from jsquared.records.audit_result import AuditFinding

RuleGroup = list[AuditFinding]


def by_rule(findings: Iterable[AuditFinding]) -> list[RuleGroup]:
    """Return the findings in groups with the same rule and outcome, in their order."""
    groups: dict[tuple[str, str, bool, str], RuleGroup] = {}
    for one in findings:
        groups.setdefault((one.rule, one.outcome, one.is_new, one.waiver), []).append(one)
    return list(groups.values())


def targets_of(group: RuleGroup) -> str:
    """The targets of a group once each, separated by commas."""
    return ", ".join(dict.fromkeys(one.target for one in group))


def message_of(group: RuleGroup) -> str:
    """Return a group's first message, and how many more there are."""
    more = len(group) - 1
    return f"{group[0].message} ({more} more like this)" if more else group[0].message


def fixes_of(group: RuleGroup) -> list[str]:
    """Different things to do, once each."""
    return list(dict.fromkeys(one.fix for one in group if one.fix))
