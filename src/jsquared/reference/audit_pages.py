"""The page of audit rules: what each checks, why, what it reads, and what mends it."""

from collections.abc import Iterator

from jsquared.audit.audit_rule import AuditRule
from jsquared.audit.rule_catalogue import AUDIT_RULES
from jsquared.reference.cells import cell

INTRODUCTION = """# Audit rules

`jsquared audit` applies all of these; [the guide](../guides/audit.md) shows how to use it. A rule is answered from a deployment's
*files*, from its *live* servers, or only on the *machine* that they run on, where an audit of running servers also looks at their
processes. Where a rule cannot be answered the way it was asked it does not apply, and says which way would answer it; where it could
have been, and was refused, it is unknown.

Names of sources: *Redis documentation* is that of the engine; *STIG* are findings of the DISA guide for Redis Enterprise 6.x, applied
here where they fit; *Lynis* are tests of that scanner; *measured* was tried with Redis 7.0.15.
"""


def page() -> str:
    """All rules, in a table and one by one."""
    parts = [INTRODUCTION, "| rule | severity | what fails it | answered from |", "| --- | --- | --- | --- |"]
    for rule in AUDIT_RULES.values():
        known = ", ".join(rule.known_from)
        parts.append(f"| [{rule.id}](#{rule.id.lower()}) | {rule.severity} | {cell(rule.fails_when)} | {known} |")
    for rule in AUDIT_RULES.values():
        parts += _section(rule)
    return "\n".join([*parts, ""])


def _section(rule: AuditRule) -> Iterator[str]:
    yield f"\n## {rule.id}\n"
    yield f"{rule.title} ({rule.severity}). {rule.why}\n"
    yield f"- Fails when: {rule.fails_when}."
    yield f"- To mend it: `{rule.fix}`"
    yield f"- Reads: {rule.reads}"
    yield f"- Source: {rule.source}; {rule.cwe}"
