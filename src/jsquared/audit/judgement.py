"""Applies the rules to the evidence: every rule answers, by a problem, a pass, a reason why there is nothing to judge, or why it cannot."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from jsquared.audit.audit_rule import AuditProblem, AuditRule
from jsquared.audit.evidence import CannotTellError, Evidence, NotApplicableError
from jsquared.audit.rule_catalogue import AUDIT_RULES
from jsquared.deployment.model.spec import Node
from jsquared.records.audit_result import AuditFinding, AuditOutcome, fingerprint_of

MOST_TARGETS = 16
MOST_CHARACTERS = 500


@dataclass
class _Answers:
    """The answers of one rule: problems by target, and for all other targets what stands in the place of one."""

    problems: list[tuple[str, AuditProblem]] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    unknown: dict[str, str] = field(default_factory=dict)
    not_applicable: dict[str, str] = field(default_factory=dict)

    def ask(self, target: str, check: Callable[[], Any]) -> None:
        """Ask about one target; what was found before a rule stops counts."""
        problems: list[AuditProblem] = []
        try:
            for problem in _several(check()):
                problems.append(problem)  # noqa: PERF402 -- what came before a rule stops is kept
        except CannotTellError as reason:
            self.unknown[target] = str(reason)
        except NotApplicableError as reason:
            self.not_applicable[target] = str(reason)
        else:
            self.passed += [target] * (not problems)
        self.problems += [(problem.target or target, problem) for problem in problems]


def _several(found: AuditProblem | Iterable[AuditProblem] | None) -> Iterable[AuditProblem]:
    if found is None:
        return ()
    return (found,) if isinstance(found, AuditProblem) else found


def judge_evidence(evidence: Evidence, rules: Iterable[AuditRule] = tuple(AUDIT_RULES.values())) -> list[AuditFinding]:
    """Return what every rule answers; a rule that fails somewhere and cannot tell elsewhere says both."""
    return [finding for rule in rules for finding in _answer(rule, evidence)]


def _answer(rule: AuditRule, evidence: Evidence) -> Iterator[AuditFinding]:
    answers = _Answers()
    nodes = _nodes(rule, evidence)
    if rule.on == "whole":
        answers.ask(_together([node.name for node in evidence.deployment.nodes]), lambda: rule.check(evidence))
    for node in nodes:
        answers.ask(node.name, lambda node=node: rule.check(evidence, node))  # type: ignore[misc]
    seen = set()
    for target, problem in answers.problems:
        if (target, problem.key) not in seen:
            seen.add((target, problem.key))
            yield _finding(rule, evidence, "fail", target, problem.message, problem)
    for outcome, reasons in (("unknown", answers.unknown), ("not-applicable", answers.not_applicable)):
        is_silent = outcome == "not-applicable" and (answers.problems or answers.passed or answers.unknown)
        if reasons and not is_silent:
            shown = "; ".join(dict.fromkeys(reasons.values()))
            yield _finding(rule, evidence, outcome, _together(list(reasons)), _sentence(shown))  # type: ignore[arg-type]
    if answers.passed and not answers.problems and not answers.unknown:
        yield _finding(rule, evidence, "pass", _together(answers.passed), f"Does not hold here: {_lower(rule.title)}.")


def _nodes(rule: AuditRule, evidence: Evidence) -> Sequence[Node]:
    match rule.on:
        case "data":
            return evidence.data
        case "sentinels":
            return evidence.sentinels
        case "nodes":
            return evidence.deployment.nodes
    return ()


def _together(names: list[str]) -> str:
    more = [f"and {len(names) - MOST_TARGETS} more"] if len(names) > MOST_TARGETS else []
    return ", ".join([*names[:MOST_TARGETS], *more])


def _sentence(text: str) -> str:
    shown = text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"
    first = shown.partition(" ")[0]  # the name of a node stays as it is
    return f"{shown[:1].upper()}{shown[1:]}." if first.isalpha() else f"{shown}."


def _lower(title: str) -> str:
    return title if re.match(r"[A-Z]{2}", title) else f"{title[:1].lower()}{title[1:]}"


def _finding(
    rule: AuditRule,
    evidence: Evidence,
    outcome: AuditOutcome,
    target: str,
    message: str,
    problem: AuditProblem | None = None,
) -> AuditFinding:
    mask = evidence.deployment.secrets.mask
    key = problem.key if problem else ""
    return AuditFinding(
        rule=rule.id,
        outcome=outcome,
        severity=(problem.severity if problem else None) or rule.severity,
        target=mask(target),
        message=mask(message),
        fix=mask((problem.fix if problem else "") or rule.fix),
        title=rule.title,
        why=rule.why,
        source=rule.source,
        cwe=rule.cwe,
        key=mask(key),
        fingerprint=fingerprint_of(rule.id, evidence.name, target, key if outcome == "fail" else outcome),
        file=mask(problem.file) if problem else "",
        line=problem.line if problem else None,
    )
