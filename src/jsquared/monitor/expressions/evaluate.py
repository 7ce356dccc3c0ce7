"""What an expression can result in, node by node: empty or not, and which values.

It proves and does not guess: what it calls empty has no element at any time, as long as the exporter's series are as they are known to
be. Of what it does not call empty it says nothing.
"""

from dataclasses import replace

from jsquared.monitor.exporters import CURRENT, OLD, known_exporter
from jsquared.monitor.expressions import operators
from jsquared.monitor.expressions.agreement import by_label, contradiction
from jsquared.monitor.expressions.expected_result import Cause, Presence, Result, never
from jsquared.monitor.expressions.facts import VALUES, Known
from jsquared.monitor.expressions.functions import (
    ABSENCE,
    NEEDS_NO_SERIES,
    PICKING,
    SAME_LABELS,
    TWO_NEEDED,
    aggregated,
    made,
    picks_nothing,
)
from jsquared.monitor.expressions.ranges import ANYTHING, of_points
from jsquared.monitor.expressions.tree import (
    Aggregation,
    Binary,
    Function,
    Negation,
    Node,
    Number,
    Series,
    Subquery,
    Text,
    shown,
)
from jsquared.text import did_you_mean

EVERY_TARGET = frozenset({"instance", "job"})
"""Labels that all that is scraped has."""


class Evaluation:
    """The results of one expression's nodes. ``causes`` has why parts are always empty, also those that do not matter to the whole."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self.causes: dict[Cause, None] = {}
        self._results: dict[int, tuple[Node, Result]] = {}
        """The results by the nodes' identities; each node is kept, so that no other one can have its identity."""

    def of(self, node: Node) -> Result:
        """Return what can be said of the result of a node."""
        if id(node) not in self._results:
            result = self._of(node)
            self.causes.update(dict.fromkeys(result.causes))
            self._results[id(node)] = node, result
        return self._results[id(node)][1]

    def _of(self, node: Node) -> Result:
        match node:
            case Number() | Text():
                values = of_points([node.value]) if isinstance(node, Number) else ANYTHING
                result = Result(presence=Presence.ALWAYS, scalar=True, values=values)
            case Series():
                result = self._series(node)
            case Subquery():
                result = _over_time(self.of(node.inner))
            case Negation():
                result = self.of(Binary("*", Number(-1.0), node.inner))
            case Function():
                result = self._function(node)
            case Aggregation():
                result = self._aggregation(node)
            case Binary():
                result = self._binary(node)
        return result

    def _series(self, node: Series) -> Result:
        known = self._known
        if known.is_missing(node.metric):
            hint = did_you_mean(node.metric, known.exporter.metrics, cutoff=0.75)
            return never(Cause(f"{known.exporter.name} has no {node.metric}{_elsewhere(node.metric)}", hint))
        if causes := _contradictions(node) or self._impossible_labels(node):
            return never(*causes)
        labels = known.labels(node.metric)
        fixed = frozenset(m.label for m in node.matchers if m.op == "=" and m.value and m.label != "__name__")
        return Result(
            values=known.values(node.metric, node.matchers),
            has=fixed | (EVERY_TARGET | known.sure_labels(node.metric) if labels is not None else frozenset()),
            may=labels | EVERY_TARGET | fixed if labels is not None else None,
            targets=True,
            base=replace(node, matchers=(), range_s=0) if node.metric else node,
            matchers=frozenset(node.matchers),
            exact=ANYTHING,
            asks=frozenset(m for m in node.matchers if m.label != "__name__"),
        )

    def _impossible_labels(self, node: Series) -> list[Cause]:
        causes = []
        for matcher in self._known.unknown_labels(node.metric, node.matchers):
            if matcher.op == "=":
                known = self._known.labels(node.metric) or frozenset()
                near = did_you_mean(matcher.label, known | self._known.target_labels, cutoff=0.75)
                own = f"--target-label {matcher.label}, if your targets carry it"
                message = f"{node.metric} has no label {matcher.label}, and targets are not known to carry one"
                causes.append(Cause(message, f"{near}, or {own}" if near else own))
        for metric, label in VALUES:
            mine = [m for m in node.matchers if m.label == label and metric == node.metric]
            values = VALUES[metric, label]
            carried = label in self._known.target_labels or metric in self._known.recorded
            if mine and not carried and not any(all(m.accepts(value) for m in mine) for value in values):
                message = f"{label} of {metric} is never {' and '.join(m.asked for m in mine)}"
                causes.append(Cause(message, f"one of {', '.join(value or 'empty' for value in values)}"))
        return causes

    def _function(self, node: Function) -> Result:
        inputs = [self.of(argument) for argument in node.args]
        vectors = [one for one in inputs if not one.scalar]
        if node.name in ABSENCE:
            return _absence(node, inputs[0])
        if node.name == "scalar":
            values = vectors[0].values if vectors else ANYTHING
            return Result(presence=Presence.ALWAYS, scalar=True, values=replace(values, nan=True))
        if node.name == "vector":
            return Result(presence=Presence.ALWAYS, values=inputs[0].values, may=frozenset())
        if node.name in NEEDS_NO_SERIES and not inputs:
            return Result(presence=Presence.ALWAYS, values=made(node, ANYTHING, None), may=frozenset())
        if not vectors:
            return Result(presence=Presence.ALWAYS, scalar=node.name in ("time", "pi"))
        return self._made(node, vectors[0])

    def _made(self, node: Function, given: Result) -> Result:
        if given.is_never:
            return given
        series = next((one for one in node.args if isinstance(one, Series) and one.range_s), None)
        scraped = series is not None and self._known.labels(series.metric) is not None
        scrape_s = self._known.scrape_s
        if series is not None and scraped and node.name in TWO_NEEDED and series.range_s < scrape_s:
            message = f"[{series.range_s:g}s] holds fewer than two samples at a scrape every {scrape_s:g} s, and {node.name}() needs two"
            return never(Cause(message, f"[{4 * scrape_s:g}s]"))
        values = made(node, given.values, scrape_s if scraped else None)
        result = Result(values=values, base=node, exact=ANYTHING)
        if node.name in SAME_LABELS:
            # clamp() of limits in the wrong order is empty
            presence = Presence.MAYBE if node.name == "clamp" else given.presence
            result = replace(
                result, presence=presence, has=given.has, may=given.may, targets=given.targets, asks=given.asks
            )
        return result

    def _aggregation(self, node: Aggregation) -> Result:
        given = self.of(node.inner)
        if node.parameter is not None:
            self.of(node.parameter)
        if given.is_never:
            return given
        if picks_nothing(node):
            return never(Cause(f"{shown(node)} picks nothing", f"{node.op}(1, …)"))
        if node.op in PICKING:
            return replace(given, presence=Presence.MAYBE, exact=None)
        labels = frozenset(node.labels)
        result = Result(presence=given.presence, values=aggregated(node, given.values), base=node, exact=ANYTHING)
        if node.op == "count_values":
            return result
        asks = frozenset(m for m in given.asks if (m.label in labels) is not node.without)
        result = replace(result, asks=asks)
        if node.without:
            may = given.may - labels if given.may is not None else None
            return replace(result, has=given.has - labels, may=may, targets=given.targets)
        return replace(result, has=given.has & labels, may=labels)

    def _binary(self, node: Binary) -> Result:
        left, right = self.of(node.left), self.of(node.right)
        carried = self._known.target_labels
        if left.scalar and right.scalar:
            return operators.numbers(node, left, right)
        if left.scalar or right.scalar:
            return operators.with_number(node, left, right)
        match node.op:
            case "or":
                return operators.either(left, right)
            case "and":
                return operators.both(node, left, right, carried)
            case "unless":
                return operators.without(node, left, right, carried)
        return operators.matched(node, left, right, carried)


def _over_time(given: Result) -> Result:
    """A subquery: what holds at all times holds for its window, but it may be too short for a single step."""
    return given if given.is_never else replace(given, presence=Presence.MAYBE, base=None, exact=None)


def _absence(node: Function, given: Result) -> Result:
    if given.presence is Presence.ALWAYS:
        return never(Cause(f"{shown(node)} is always empty: its series is always there"))
    presence = Presence.ALWAYS if given.is_never else Presence.MAYBE
    return Result(presence=presence, values=of_points([1.0]), base=node, exact=ANYTHING)


def _contradictions(node: Series) -> list[Cause]:
    """Matchers that no value fulfils together, whatever values there are."""
    for label, mine in by_label(node.matchers).items():
        if found := contradiction(mine):
            both = " and ".join(m.asked for m in found)
            message = f"{label} of {node.metric or 'a series'} is never {both} at once"
            return [Cause(message, '=~ with both, as in =~"a|b"')]
    return []


def _elsewhere(name: str) -> str:
    having = [version for version in (OLD, CURRENT) if name in known_exporter(version).metrics]
    return f" ({' and '.join(having)} {'have' if len(having) > 1 else 'has'} it)" if having else ""
