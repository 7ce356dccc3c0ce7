"""Rules that can never fire, that always do, or that are blind to what they are for, found in their text alone.

*never*: no series, and no value, can make it fire with this exporter; it is said only where it is proven. *always*: it has a result
whatever the series are. *dead*: it can fire, but a part of it is empty always. *blind*: it can fire, but not on a failover that takes no
longer than the objective allows, or not on what its function looks for. *labels*: it fires only where the user's own targets carry a
label. *option*: it fires only where the exporter runs with an option, or with a server or a version that brings what it asks for.
*unknown*: it asks for a series that neither the exporter nor these files have, and that may come from elsewhere, or it is not read.
"""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from jsquared.monitor.exporters import Exporter
from jsquared.monitor.expressions.agreement import never_agreeing
from jsquared.monitor.expressions.evaluate import Evaluation
from jsquared.monitor.expressions.expected_result import Presence
from jsquared.monitor.expressions.facts import EVENTS, TARGET_LABELS, Known
from jsquared.monitor.expressions.functions import DIFFERENCES
from jsquared.monitor.expressions.operators import lone_labels
from jsquared.monitor.expressions.tree import Binary, Node, Series, Subquery, Text, children
from jsquared.monitor.promql import Expression, NotReadError, Selector, TooLargeError, parsed
from jsquared.monitor.rule_files import WrittenRule
from jsquared.text import did_you_mean, listed

OBJECTIVE_S = 10.0
"""A failover may take so long."""
MOVING = {
    "redis_sentinel_master_status": "master_address and master_status",
    "redis_sentinel_master_slaves": "master_address",
    "redis_sentinel_master_sentinels": "master_address",
    "redis_sentinel_master_ckquorum_status": "message",
    "redis_instance_info": "role",
    "redis_slave_info": "master_host",
    "redis_connected_slave_lag_seconds": "slave_state",
}
"""Metrics to the labels in which they carry what changes: another value is another series."""
SENTINELS = "redis_sentinel_master_"
PASSING = frozenset({"sdown", "odown"})
MISSPELT = 0.85
"""A name of another prefix that is so near to one of the exporter's is likely meant to be it."""

LONGEST_LINT_S = 30.0
"""Processor time for all rules together: people's files take far less, and of the rules after it nothing is said."""

Outcome = Literal["never", "always", "dead", "blind", "labels", "option", "unknown"]


@dataclass(frozen=True, kw_only=True)
class RuleFinding:
    """What is wrong with one rule, and what to write instead."""

    file: str
    line: int
    rule: str
    outcome: Outcome
    message: str
    hint: str = ""


@dataclass(frozen=True)
class _Given:
    """What a check looks at."""

    rule: WrittenRule
    expression: Expression
    known: Known
    evaluation: Evaluation
    seen_otherwise: bool
    """Another alert looks back in time for a failover, so that this one may wait for a primary that stays down."""


Said = tuple[Outcome, str, str]
TOO_LATE: Said = ("unknown", "the rules before it took too long: nothing is known of it", "a file of its own")
Check = Callable[[_Given], Iterator[Said]]


def lint(
    rules: Sequence[WrittenRule], exporter: Exporter, *, scrape_s: float = 15.0, target_labels: Collection[str] = ()
) -> list[RuleFinding]:
    """Return what is wrong with rules.

    :param scrape_s: how often is scraped, which also is how often a group without an interval is computed.
    :param target_labels: labels that the user's targets carry beside the usual ones.
    :raises BadInputError: an expression is none, which :func:`~jsquared.monitor.rule_files.read_rules` has refused before.
    """
    until_s = time.process_time() + LONGEST_LINT_S
    recorded = frozenset(rule.name for rule in rules if rule.records)
    known = Known(exporter, recorded, TARGET_LABELS | frozenset(target_labels), scrape_s)
    findings, expressions = [], []
    for rule in rules:
        try:
            expressions.append((rule, parsed(rule.expr)))
        except NotReadError as problem:
            hint = "two rules" if isinstance(problem, TooLargeError) else "promtool check rules"
            findings.append(_finding(rule, ("unknown", f"its expression {problem.what}: nothing is known of it", hint)))
    seen = _looks_back(expressions)
    for rule, expression in expressions:
        if time.process_time() > until_s:
            findings.append(_finding(rule, TOO_LATE))
            continue
        given = _Given(rule, expression, known, Evaluation(known), seen)
        said = [one for check in CHECKS for one in dict.fromkeys(check(given))]
        never = [one for one in said if one[0] == "never"]
        findings += [_finding(rule, one) for one in never or said]
    return sorted(findings, key=lambda finding: (finding.file, finding.line))


def _looks_back(expressions: Sequence[tuple[WrittenRule, Expression]]) -> bool:
    """True if an alert sees a failover in what was different before: over time, or in what has been counted."""
    about = {
        rule.name
        for rule, expression in expressions
        if rule.records and any(selector.metric.startswith(SENTINELS) for selector in expression.selectors)
    }
    return any(
        selector.metric == EVENTS
        or ((selector.metric in about or selector.metric.startswith(SENTINELS)) and _over_time(selector))
        for rule, expression in expressions
        if not rule.records
        for selector in expression.selectors
    )


def _over_time(selector: Selector) -> bool:
    return any(function.endswith("_over_time") for function in selector.functions)


def _finding(rule: WrittenRule, said: Said) -> RuleFinding:
    outcome, message, hint = said
    return RuleFinding(file=rule.file, line=rule.line, rule=rule.name, outcome=outcome, message=message, hint=hint)


def _no_vector(given: _Given) -> Iterator[Said]:
    """A range of samples, or a text: Prometheus loads it, and fails whenever it computes the rule."""
    match given.expression.tree:
        case Series(range_s=range_s) if range_s > 0:
            what, hint = "a range of samples", f"a function over it, or no [{range_s:g}s]"
        case Subquery():
            what, hint = "a range of samples", "a function over it, as in max_over_time(…)"
        case Text():
            what, hint = "a text", "a series and a comparison, as in redis_up == 0"
        case _:
            return
    yield "never", f"its result is {what}, which Prometheus loads but can make no alert and no series of", hint


def _proven(given: _Given) -> Iterator[Said]:
    """What follows from the expression itself: a result that is always empty, or never, or that has a part which is always empty.

    Without any series at all an alert that always fires is meant to: it tells that monitoring is alive.
    """
    evaluation = given.evaluation
    result = evaluation.of(given.expression.tree)
    if result.is_never:
        yield from (("never", cause.message, cause.hint) for cause in result.causes)
        return
    causes = evaluation.causes
    if result.presence is Presence.ALWAYS and given.expression.selectors and not given.rule.records:
        for cause in causes:
            yield "always", f"it fires all the time: {cause.message}", cause.hint
        if not causes:
            yield "always", "it fires all the time: a part of it has a result whatever the series are", ""
        return
    for cause in causes:
        yield "dead", f"a part of it is always empty: {cause.message}", cause.hint


def _unmatched_labels(given: _Given) -> Iterator[Said]:
    """Patterns, and ``!=""``, for labels that only the user's targets could have."""
    for selector in given.expression.selectors:
        for matcher in given.known.unknown_labels(selector.metric, selector.matchers):
            if matcher.op != "=":
                message = f"{selector.metric} has no label {matcher.label}: it fires only if your targets carry one"
                known = given.known.labels(selector.metric) or frozenset()
                yield "labels", message, did_you_mean(matcher.label, known) or f"--target-label {matcher.label}"


def _what_takes_something(given: _Given) -> Iterator[Said]:
    """Series and labels that are there only with an option of the exporter, or with a server or a version of some kind."""
    for selector in given.expression.selectors:
        for what, brings in given.known.takes(selector.metric, selector.matchers):
            yield "option", f"{brings} only with {what}", what if what.startswith("-") else ""


def _unknown_series(given: _Given) -> Iterator[Said]:
    """Series of others: what no rule of these files records, and what looks like a misspelt name of the exporter's."""
    known = given.known
    for selector in given.expression.selectors:
        name = selector.metric
        if name in known.recorded or name in known.exporter.metrics or known.is_missing(name):
            continue
        if ":" in name:
            hint = did_you_mean(
                name, known.recorded, cutoff=0.75, otherwise="linting the file that records it together with this one"
            )
            yield "unknown", f"no rule of these files records {name}", hint
            continue
        near = did_you_mean(name, known.exporter.metrics, cutoff=MISSPELT)
        if near and not known.exporter.may_have(name) and name != EVENTS:
            yield "unknown", f"{known.exporter.name} has no {name}; if nothing else has it, this finds nothing", near


def _unless_that_takes_nothing(given: _Given) -> Iterator[Said]:
    for node in _nodes(given.expression.tree):
        if isinstance(node, Binary) and node.op == "unless":
            left, right = (given.evaluation.of(side) for side in (node.left, node.right))
            if left.is_never or right.is_never:
                continue
            if lone := lone_labels(node, left, right, given.known.target_labels):
                yield "blind", f"'unless' takes nothing away: only one side has {listed(sorted(lone))}", "unless on (…)"
            elif found := never_agreeing(node, left, right):
                both = " and ".join(m.asked for m in found)
                message = f"'unless' takes nothing away: {found[0].label} is never {both} at once"
                yield "blind", message, "unless ignoring (…)"


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in children(node):
        yield from _nodes(child)


def _series_that_change(given: _Given) -> Iterator[Said]:
    """A change that is carried by a label begins a new series, which no function over time connects with the old one."""
    for selector in given.expression.selectors:
        used = DIFFERENCES.intersection(selector.functions[:1])
        if used and selector.metric in MOVING and not _fixed(selector):
            message = (
                f"{listed(sorted(used))}() of {selector.metric} sees no failover: {MOVING[selector.metric]} change with it, "
                "and another label is another series"
            )
            yield "blind", message, "count by (master_name) over last_over_time(…), as jsquared alerts rules does"


def _fixed(selector: Selector) -> bool:
    """True if its value changes too, not only its labels: the selector picks one of them."""
    return selector.metric == "redis_sentinel_master_status" and any(
        m.label == "master_status" for m in selector.matchers
    )


def _windows(given: _Given) -> Iterator[Said]:
    """A window between one interval and two holds two samples only where the rule happens to be computed soon after a scrape."""
    scrape_s = given.known.scrape_s
    for selector in given.expression.selectors:
        two_needed = DIFFERENCES.intersection(selector.functions[:1])
        if two_needed and 0 < selector.range_s < 2 * scrape_s:
            message = (
                f"[{selector.range_s:g}s] often holds fewer than two samples at a scrape every {scrape_s:g} s, and "
                f"{listed(sorted(two_needed))}() compares two"
            )
            yield "blind", message, f"[{4 * scrape_s:g}s]"


def _moving_labels_with_a_hold(given: _Given) -> Iterator[Said]:
    for selector in given.expression.selectors:
        if selector.metric == "redis_sentinel_master_ckquorum_status" and given.rule.hold_s and not selector.aggregated:
            message = "the label message changes from scrape to scrape, and each time 'for' begins anew"
            yield "blind", message, f"min by (instance, master_name) ({selector.metric})"


def _passing_states(given: _Given) -> Iterator[Said]:
    """A state that lasts only while a failover is under way must be seen by a scrape, and then last for the whole hold."""
    if given.seen_otherwise:
        return
    scrape_s = given.known.scrape_s
    interval_s = given.rule.interval_s or scrape_s
    needed_s = scrape_s + interval_s + given.rule.hold_s
    for selector in given.expression.selectors:
        states = [m for m in selector.matchers if m.label == "master_status" and any(map(m.accepts, PASSING))]
        if selector.metric == "redis_sentinel_master_status" and not _over_time(selector) and needed_s > OBJECTIVE_S:
            if states and any(m.accepts("sdown") and not m.accepts("odown") for m in states):
                continue
            message = (
                f"it needs the primary to be down for {needed_s:g} s (scrape {scrape_s:g}, rule {interval_s:g}, for "
                f"{given.rule.hold_s:g}), and a failover that keeps the objective is over in {OBJECTIVE_S:g}"
            )
            yield (
                "blind",
                message,
                "max_over_time(…[1m]), without 'for', or a rule on what has changed: FailoverHappened",
            )


CHECKS: tuple[Check, ...] = (
    _no_vector,
    _proven,
    _unmatched_labels,
    _what_takes_something,
    _unknown_series,
    _unless_that_takes_nothing,
    _series_that_change,
    _windows,
    _moving_labels_with_a_hold,
    _passing_states,
)
