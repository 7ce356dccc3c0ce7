"""Every audit rule by its id, by family and number. A new family is a module in ``rules/`` with ``RULES``, which is added here."""

import re

from jsquared.audit.audit_rule import AuditRule
from jsquared.audit.rules import accounts, encryption, failover, machine, network, operation, permissions, versions

_FAMILIES = "NAPRSTFOV"
_MODULES = (network, accounts, permissions, failover, encryption, machine, operation, versions)


def _order(rule: AuditRule) -> tuple[int, int]:
    return _FAMILIES.index(rule.id[0]), int(re.sub(r"\D", "", rule.id))


AUDIT_RULES: dict[str, AuditRule] = {
    rule.id: rule for rule in sorted((rule for module in _MODULES for rule in module.RULES), key=_order)
}
