"""Rules that can never fire, or that are blind to what they are for, found in their text alone.

*never*: no series, or no value, can make it fire with this exporter. *blind*: it can fire, but not on a failover that takes no longer
than the objective allows, or not on what its function looks for. *labels*: it fires only where the user's own targets carry a label.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from jsquared.errors import BadInputError
from jsquared.monitor.exporters import CURRENT, OLD, PREFIX, Exporter, known_exporter
from jsquared.monitor.promql import Comparison, Expression, Joining, Selector, Side, parsed
from jsquared.monitor.rule_files import WrittenRule
from jsquared.text import did_you_mean, listed

OBJECTIVE_S = 10.0
"""A failover may take so long."""
TARGET_LABELS = frozenset(
    (
        "job instance deployment cluster namespace pod service container endpoint node host hostname env environment region "
        "zone datacenter dc team app application prometheus master_name addr alias"
    ).split()
)
"""Labels that targets often carry: nobody can say from a rule that they are not there."""
VALUES = {
    ("redis_instance_info", "role"): ("master", "slave", ""),
    ("redis_instance_info", "redis_mode"): ("standalone", "sentinel", "cluster"),
    ("redis_sentinel_master_status", "master_status"): ("ok", "sdown", "odown"),
    ("redis_connected_slave_lag_seconds", "slave_state"): (
        "online",
        "wait_bgsave",
        "send_bulk",
        "send_bulk_and_stream",
    ),
}
"""The values that labels can have (INFO of Redis 6.2 to 8 and of Valkey; an empty role is a Sentinel's)."""
TRUTHS = frozenset(
    f"redis_{name}"
    for name in (
        "up master_link_up master_sync_in_progress instance_info slave_info loading_dump_file cluster_enabled aof_enabled "
        "rdb_last_bgsave_status aof_last_write_status aof_last_bgrewrite_status rdb_bgsave_in_progress aof_rewrite_in_progress "
        "sentinel_tilt sentinel_master_status sentinel_master_ckquorum_status exporter_last_scrape_error repl_backlog_is_active"
    ).split()
)
"""Metrics that are 0 or 1."""
NEGATIVE = frozenset(
    f"redis_{name}"
    for name in (
        "second_repl_offset repl_backlog_first_byte_offset rdb_current_bgsave_duration_sec "
        "rdb_last_bgsave_duration_sec aof_last_rewrite_duration_sec aof_current_rewrite_duration_sec master_last_io_seconds_ago "
        "connected_slave_lag_seconds key_value script_values config_value memory_used_dataset_bytes mem_fragmentation_bytes "
        "allocator_rss_bytes allocator_frag_bytes"
    ).split()
)
"""Metrics that can be below 0; all others cannot."""
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
OVER_TIME = frozenset({"changes", "delta", "idelta", "deriv", "resets", "increase", "rate", "irate"})
SENTINELS = "redis_sentinel_master_"
EVENTS = "redis_sentinel_events_total"
"""A counter of Sentinels' events, which comes from their logs and not from the exporter."""
PASSING = frozenset({"sdown", "odown"})

Outcome = Literal["never", "blind", "labels"]


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
    exporter: Exporter
    recorded: frozenset[str]
    target_labels: frozenset[str]
    scrape_s: float
    seen_otherwise: bool
    """Another alert looks back in time for a failover, so that this one may wait for a primary that stays down."""

    def labels(self, metric: str) -> frozenset[str] | None:
        """The exporter's labels of a metric; None for one that it does not have."""
        return self.exporter.metrics.get(metric)


Said = tuple[Outcome, str, str]
Check = Callable[[_Given], Iterator[Said]]


def lint(
    rules: Sequence[WrittenRule], exporter: Exporter, *, scrape_s: float = 15.0, target_labels: Collection[str] = ()
) -> list[RuleFinding]:
    """Return what is wrong with rules.

    :param scrape_s: how often is scraped, which also is how often a group without an interval is computed.
    :param target_labels: labels that the user's targets carry beside the usual ones.
    """
    recorded = frozenset(rule.name for rule in rules if rule.records)
    findings, expressions = [], []
    for rule in rules:
        try:
            expressions.append((rule, parsed(rule.expr)))
        except BadInputError as problem:
            findings.append(_finding(rule, ("never", f"its expression {problem.what}", "promtool check rules")))
    seen = _looks_back(expressions)
    labels = TARGET_LABELS | frozenset(target_labels)
    for rule, expression in expressions:
        given = _Given(rule, expression, exporter, recorded, labels, scrape_s, seen)
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


def _missing_metrics(given: _Given) -> Iterator[Said]:
    for selector in given.expression.selectors:
        name = selector.metric
        if name.startswith(PREFIX) and not given.exporter.may_have(name) and name not in given.recorded | {EVENTS}:
            if "absent" in selector.functions or "absent_over_time" in selector.functions:
                yield "blind", f"{given.exporter.name} has no {name}: it is absent always", _instead(name, given)
            else:
                yield "never", f"{given.exporter.name} has no {name}{_elsewhere(name)}", _instead(name, given)


def _elsewhere(name: str) -> str:
    having = [version for version in (OLD, CURRENT) if name in known_exporter(version).metrics]
    return f" ({listed(having)} has it)" if having else ""


def _instead(name: str, given: _Given) -> str:
    return did_you_mean(name, given.exporter.metrics, cutoff=0.75)


def _missing_labels(given: _Given) -> Iterator[Said]:
    for selector in given.expression.selectors:
        known = given.labels(selector.metric)
        for matcher in selector.matchers if known is not None else ():
            assert known is not None
            if matcher.label in known or matcher.label in given.target_labels or matcher.label == "__name__":
                continue
            if not matcher.accepts(""):
                message = f"{selector.metric} has no label {matcher.label}: it fires only if your targets carry one"
                yield "labels", message, did_you_mean(matcher.label, known) or f"--target-label {matcher.label}"


def _impossible_values(given: _Given) -> Iterator[Said]:
    for selector in given.expression.selectors:
        for matcher in selector.matchers:
            values = VALUES.get((selector.metric, matcher.label))
            if values and not any(map(matcher.accepts, values)):
                message = f"{matcher.label} of {selector.metric} is never {matcher.value}"
                yield "never", message, f"one of {', '.join(value or 'empty' for value in values)}"


def _impossible_comparisons(given: _Given) -> Iterator[Said]:
    for compared in given.expression.comparisons:
        metric = compared.selector.metric
        if given.labels(metric) is None:
            continue
        lowest, highest = (
            (0.0, 1.0) if metric in TRUTHS else (float("-inf") if metric in NEGATIVE else 0.0, float("inf"))
        )
        if not _possible(compared, lowest, highest, whole=metric in TRUTHS):
            is_so = "is 0 or 1" if metric in TRUTHS else "is never below 0"
            yield "never", f"{metric} {is_so}, so never {compared.op} {compared.number:g}", ""


def _possible(compared: Comparison, lowest: float, highest: float, *, whole: bool) -> bool:
    number = compared.number
    tests = {
        "==": lowest <= number <= highest and not (whole and number not in (lowest, highest)),
        ">": highest > number,
        ">=": highest >= number,
        "<": lowest < number,
        "<=": lowest <= number,
    }
    return tests.get(compared.op, True)


def _series_that_change(given: _Given) -> Iterator[Said]:
    """A change that is carried by a label begins a new series, which no function over time connects with the old one."""
    for selector in given.expression.selectors:
        used = OVER_TIME.intersection(selector.functions[:1])
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
    for selector in given.expression.selectors:
        two_needed = OVER_TIME.intersection(selector.functions[:1])
        if two_needed and 0 < selector.range_s < 2 * given.scrape_s:
            message = (
                f"[{selector.range_s:g}s] holds fewer than two samples at a scrape every {given.scrape_s:g} s, and "
                f"{listed(sorted(two_needed))}() needs two"
            )
            yield "never", message, f"[{4 * given.scrape_s:g}s]"


def _moving_labels_with_a_hold(given: _Given) -> Iterator[Said]:
    for selector in given.expression.selectors:
        if selector.metric == "redis_sentinel_master_ckquorum_status" and given.rule.hold_s and not selector.aggregated:
            message = "the label message changes from scrape to scrape, and each time 'for' begins anew"
            yield "blind", message, f"min by (instance, master_name) ({selector.metric})"


def _passing_states(given: _Given) -> Iterator[Said]:
    """A state that lasts only while a failover is under way must be seen by a scrape, and then last for the whole hold."""
    if given.seen_otherwise:
        return
    interval_s = given.rule.interval_s or given.scrape_s
    needed_s = given.scrape_s + interval_s + given.rule.hold_s
    for selector in given.expression.selectors:
        states = [m for m in selector.matchers if m.label == "master_status" and any(map(m.accepts, PASSING))]
        if selector.metric == "redis_sentinel_master_status" and not _over_time(selector) and needed_s > OBJECTIVE_S:
            if states and any(m.accepts("sdown") and not m.accepts("odown") for m in states):
                continue
            message = (
                f"it needs the primary to be down for {needed_s:g} s (scrape {given.scrape_s:g}, rule {interval_s:g}, for "
                f"{given.rule.hold_s:g}), and a failover that keeps the objective is over in {OBJECTIVE_S:g}"
            )
            yield (
                "blind",
                message,
                "max_over_time(…[1m]), without 'for', or a rule on what has changed: FailoverHappened",
            )


def _joins(given: _Given) -> Iterator[Said]:
    for joining in given.expression.joinings:
        yield from _join(given, joining)


def _join(given: _Given, joining: Joining) -> Iterator[Said]:
    if joining.op == "or" or joining.ignoring:
        return
    sides = ((joining.left, joining.right), (joining.right, joining.left))
    if joining.on is None:
        left, right = (_own_labels(given, side) for side in (joining.left, joining.right))
        if left is not None and right is not None and (lone := (left ^ right) - given.target_labels):
            if joining.op == "unless":
                yield "blind", f"'unless' takes nothing away: only one side has {listed(sorted(lone))}", "unless on (…)"
            else:
                yield (
                    "never",
                    f"the two sides of '{joining.op}' never match: only one has {listed(sorted(lone))}",
                    "on (…)",
                )
        return
    for one, other in sides:
        kept, whole = one.by, _own_labels(given, other)
        lost = (
            joining.on & (whole or frozenset()) | joining.on & {"instance", "job"} if whole is not None else frozenset()
        )
        if kept is not None and whole is not None and (missing := lost - kept) and joining.op != "unless":
            yield (
                "never",
                f"the sides of '{joining.op}' never match: one has lost {listed(sorted(missing))} by its aggregation",
                "",
            )


def _own_labels(given: _Given, side: Side) -> frozenset[str] | None:
    return given.labels(side.selector.metric) if side.selector is not None else None


CHECKS: tuple[Check, ...] = (
    _missing_metrics,
    _missing_labels,
    _impossible_values,
    _impossible_comparisons,
    _series_that_change,
    _windows,
    _moving_labels_with_a_hold,
    _passing_states,
    _joins,
)
