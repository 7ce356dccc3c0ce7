"""An audit as JUnit XML: a test case an answer; a failure is a failure, what could not be read an error, and the rest skipped or passed."""

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from jsquared.records.audit_result import Audit, AuditFinding
from jsquared.report.junit import xml_text

_ELEMENTS = {"fail": "failure", "unknown": "error", "waived": "skipped", "not-applicable": "skipped"}


def junit_text(audit: Audit, at: datetime | None = None) -> str:
    """The audit as text; ``at`` is the time that it states, now by default."""
    root = ET.Element("testsuites")
    counts = audit.counts
    suite = ET.SubElement(
        root,
        "testsuite",
        {
            "name": "jsquared audit",
            "package": "jsquared",
            "id": "0",
            "timestamp": (at or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "hostname": "localhost",
            "tests": str(len(audit.findings)),
            "failures": str(counts["fail"]),
            "errors": str(counts["unknown"]),
            "skipped": str(counts["waived"] + counts["not-applicable"]),
            "time": "0.000",
        },
    )
    ET.SubElement(suite, "properties")
    for finding in audit.findings:
        _case(suite, finding, audit)
    ET.SubElement(suite, "system-out")
    ET.SubElement(suite, "system-err").text = xml_text("\n".join([*audit.problems, *audit.warnings])) or None
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ET.Element, finding: AuditFinding, audit: Audit) -> None:
    name = f"{finding.rule} {finding.title} ({finding.target}{f', {finding.key}' if finding.key else ''})"
    attributes = {"classname": xml_text(f"jsquared.audit.{audit.deployment}"), "name": xml_text(name), "time": "0.000"}
    case = ET.SubElement(suite, "testcase", attributes)
    element = _ELEMENTS.get(finding.outcome)
    if element == "skipped":
        ET.SubElement(case, element)
    elif element:
        problem = ET.SubElement(case, element, {"message": xml_text(finding.message), "type": finding.severity})
        problem.text = xml_text(f"{finding.why}\nfix: {finding.fix}\n{finding.file}")
