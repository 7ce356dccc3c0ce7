"""The definition of an audit rule: what it is about, and the function that judges.

A rule of nodes is asked about each data node, each Sentinel or both, and answers with problems, or with nothing where the node passes; a
rule of the whole is asked once. Either may raise :class:`NotApplicableError` or :class:`CannotTellError`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from jsquared.analysis.analysis import RULES as ANALYSIS_RULES
from jsquared.audit.evidence import Evidence, NotApplicableError
from jsquared.deployment.model.directives import Directive
from jsquared.deployment.model.spec import Node
from jsquared.records.audit_result import AuditSeverity, RuleDescription

On = Literal["data", "sentinels", "nodes", "whole"]


@dataclass(frozen=True, kw_only=True)
class AuditProblem:
    """A problem that a rule saw. ``target`` is empty for the node that the rule was asked about."""

    message: str
    target: str = ""
    key: str = ""
    fix: str = ""
    file: str = ""
    line: int | None = None
    severity: AuditSeverity | None = None
    """Its own, where a rule's problems are not all as grave."""


class AuditRule(RuleDescription, frozen=True, kw_only=True):
    """One rule: what is told of it, and the function that judges."""

    on: On
    check: Callable[..., Iterable[AuditProblem]]

    def described(self) -> RuleDescription:
        """Return the rule for those who meet its findings."""
        return RuleDescription(**{name: getattr(self, name) for name in RuleDescription.__struct_fields__})


def audit_rule(name: str, severity: AuditSeverity, on: On, **about: Any) -> Callable[[Callable[..., Any]], AuditRule]:
    """Make a rule of a function, which is asked ``(evidence, node)``, or ``(evidence)`` for a rule of the whole.

    :param about: the texts of :class:`AuditRule`; ``known_from`` is files and running servers where nothing is said.
    """
    about.setdefault("known_from", ("files", "live"))
    return lambda check: AuditRule(id=name, severity=severity, on=on, check=check, **about)


def at(line: Directive | None, message: str, **more: Any) -> AuditProblem:
    """A problem of a line, or of one that is not written."""
    file, number = (line.source.place, line.line) if line else ("", None)
    return AuditProblem(message=message, file=file, line=number, **more)


def by_analysis(evidence: Evidence, *rules: str, needs: Iterable[tuple[Node, str]] = ()) -> Iterator[AuditProblem]:
    """Yield what rules of the resilience analysis find: the same evaluation, told as problems of single nodes.

    :param needs: settings that these rules read, which must be known.
    :raises NotApplicableError: as :meth:`Evidence.require`; so does CannotTellError.
    """
    for node, key in needs:
        evidence.require(node, key)
    sources = {node.name: node.source.place for node in evidence.deployment.nodes}
    for name in rules:
        for group in evidence.groups:
            for finding in ANALYSIS_RULES[name].findings(group):
                for target in finding.target.split(", "):
                    own = [line for line in finding.lines if line.file == sources.get(target)]
                    place = (own or list(finding.lines))[:1]
                    yield AuditProblem(
                        target=target,
                        message=finding.message,
                        key=name,
                        fix=finding.fix,
                        file=place[0].file if place else "",
                        line=place[0].line if place else None,
                    )


def need(condition: object, reason: str) -> None:
    """Make sure that there is something to judge.

    :raises NotApplicableError: there is not.
    """
    if not condition:
        raise NotApplicableError(reason)
