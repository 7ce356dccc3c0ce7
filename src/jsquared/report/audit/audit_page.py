"""An audit as one page that opens from disk, in the style of the reports, without scripts and without a network."""

from jsquared.records.audit_result import Audit
from jsquared.report.audit.audit_table import TOLD, count_line
from jsquared.report.audit.grouping import by_rule, fixes_of, targets_of
from jsquared.report.html import environment, style


def page_text(audit: Audit) -> str:
    """The page."""
    groups = by_rule(one for one in audit.findings if one.outcome in TOLD)
    rest = by_rule(one for one in audit.findings if one.outcome not in TOLD)
    rows = [
        {"first": group[0], "all": group, "targets": targets_of(group), "fixes": fixes_of(group)} for group in groups
    ]
    others = [{"first": group[0], "targets": targets_of(group)} for group in rest]
    template = environment().get_template("audit.html.j2")
    return template.render(audit=audit, rows=rows, others=others, count=count_line(audit), style=style())
