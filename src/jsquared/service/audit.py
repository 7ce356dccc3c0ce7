"""A security audit of a deployment's files, or of running servers, with its outcome; and the files that show it."""

import datetime
from collections.abc import Iterator
from pathlib import Path

import msgspec

from jsquared.advisories.database import today_utc
from jsquared.audit.baseline import mark_known, read_baseline
from jsquared.audit.evidence import Evidence
from jsquared.audit.from_live import evidence_of_running
from jsquared.audit.gate import outcome_of
from jsquared.audit.judgement import judge_evidence
from jsquared.audit.rule_catalogue import AUDIT_RULES
from jsquared.audit.server_version import version_of_program
from jsquared.audit.waivers import apply_waivers, read_waivers
from jsquared.deployment.model.spec import DataNode
from jsquared.deployment.render.not_reproduced import not_read
from jsquared.errors import BadInputError
from jsquared.records.audit_result import (
    AUDIT_OUTCOMES,
    AUDIT_SEVERITIES,
    Audit,
    AuditedNode,
    AuditFinding,
    AuditSeverity,
    counted_outcomes,
)
from jsquared.report.audit.audit_junit import junit_text
from jsquared.report.audit.audit_page import page_text
from jsquared.report.audit.audit_sarif import sarif_text
from jsquared.report.audit.audit_table import markdown_text
from jsquared.report.audit.requirements import requirements_text
from jsquared.report.html import write_file
from jsquared.running.engine import find_engine
from jsquared.service.access import AccessRequest, access_of, seeds_of
from jsquared.service.outputs import check_writable
from jsquared.service.request import DeploymentRequest


class AuditRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to audit, either files or running servers, how strictly, and the files to write."""

    files: DeploymentRequest | None = None
    running: AccessRequest | None = None
    engine: str = ""
    """The server that files are for, as ``--engine``; empty: not known."""
    name: str = ""
    fail_on: AuditSeverity = "high"
    baseline: Path | None = None
    new_only: bool = False
    waivers: Path | None = None
    sarif: Path | None = None
    junit: Path | None = None
    markdown: Path | None = None
    page: Path | None = None

    @property
    def outputs(self) -> dict[str, Path]:
        """The files to write, by their form."""
        named = {"sarif": self.sarif, "junit": self.junit, "markdown": self.markdown, "page": self.page}
        return {form: path for form, path in named.items() if path is not None}


FORMS = {"sarif": sarif_text, "junit": junit_text, "markdown": markdown_text, "page": page_text}


def audit(request: AuditRequest) -> Audit:
    """Audit a deployment, and write the files that were asked for.

    :raises BadInputError: there is no such deployment, no Sentinel answers, or a waiver or baseline is wrong.
    :raises RecordError: a file cannot be written.
    """
    if request.new_only and request.baseline is None:
        raise BadInputError("needs a baseline", where="--new-only", hint="--baseline FILE")
    if request.engine and request.running is not None:
        raise BadInputError("is asked by its servers", where="--engine", hint="leaving it out with --sentinel")
    today = datetime.datetime.now(datetime.UTC).date()
    waivers = read_waivers(request.waivers, today) if request.waivers else []
    known = read_baseline(request.baseline) if request.baseline else None
    for path in request.outputs.values():
        check_writable(path)
    evidence, notes = _evidence(request)
    findings = judge_evidence(evidence)
    waived = apply_waivers(findings, waivers, today)
    marked = mark_known(waived.findings, known) if known is not None else waived.findings
    result = Audit(
        outcome=outcome_of(
            marked,
            request.fail_on,
            new_only=request.new_only,
            has_expired=waived.has_expired,
            is_incomplete=bool(evidence.problems),
        ),
        findings=sorted(marked, key=_order),
        deployment=evidence.name,
        looked_at=evidence.looked_at,
        fail_on=request.fail_on,
        counts=counted_outcomes(marked),
        nodes=list(_nodes(evidence)),
        problems=list(evidence.problems),
        warnings=[*waived.warnings, *_warnings(evidence)],
        notes=notes,
        rules=[rule.described() for rule in AUDIT_RULES.values()],
    )
    for form, path in request.outputs.items():
        write_file(FORMS[form](result), path, given=True)
    return result


def requirements_document(result: Audit) -> str:
    """Return an audit as a document of requirements, in Markdown."""
    return requirements_text(result)


def _evidence(request: AuditRequest) -> tuple[Evidence, list[str]]:
    if request.running is not None:
        found = evidence_of_running(seeds_of(request.running), access_of(request.running), request.name)
        if not found.deployment.nodes:
            raise BadInputError(
                "its Sentinels monitor nothing", where="--sentinel", hint="a Sentinel of a running deployment"
            )
        return found, []
    assert request.files is not None
    deployment = request.files.load()
    engine = None
    if request.engine:
        found_engine = find_engine(request.engine)
        engine = version_of_program(found_engine.name, found_engine.version, Path(found_engine.path))
    name = request.name or deployment.name
    return Evidence(deployment=deployment, name=name, engine=engine), list(not_read(deployment))


def _warnings(evidence: Evidence) -> Iterator[str]:
    """Say so where advisories are probably missing."""
    today = today_utc()
    if evidence.has_versions and (known := evidence.known_advisories).is_stale(today):
        yield (
            f"The advisories of V1 and V2 are {known.age_days(today)} days old, so newer ones are missing: "
            "jsquared advisories update --from FILE adds some."
        )


def _order(finding: AuditFinding) -> tuple[int, int]:
    return AUDIT_OUTCOMES.index(finding.outcome), AUDIT_SEVERITIES.index(finding.severity)


def _nodes(evidence: Evidence) -> Iterator[AuditedNode]:
    for node in evidence.deployment.nodes:
        facts = evidence.facts.get(node.name)
        version = facts.version if facts else None
        yield AuditedNode(
            name=node.name,
            kind="data" if isinstance(node, DataNode) else "sentinel",
            version=f"{version.server} {version.version}" if version else "",
            problem=facts.problem if facts else "",
        )
