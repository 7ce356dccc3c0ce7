"""PromQL as the linter sees it: the selectors of an expression with all that is around each of them.

The parser is a library that recurses in native code, so what would exhaust its stack is refused before.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import promql_parser

from jsquared.errors import BadInputError

LONGEST_EXPRESSION = 20_000
MOST_OPERATORS = 400
DEEPEST = 60
_OPERATOR = re.compile(r"[-+*/%^!=<>]|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`')


@dataclass(frozen=True)
class Matcher:
    """``label op value``; ``op`` is ``=``, ``!=``, ``=~`` or ``!~``."""

    op: str
    label: str
    value: str

    def accepts(self, value: str) -> bool:
        """True if a series with this value is selected. A pattern that Python does not know accepts everything."""
        if self.op in ("=", "!="):
            return (value == self.value) is (self.op == "=")
        try:
            return (re.fullmatch(self.value, value) is not None) is (self.op == "=~")
        except re.error:
            return True


@dataclass(frozen=True)
class Selector:
    """One selector. ``functions`` are those around it, the innermost first; ``range_s`` is 0 for an instant."""

    metric: str
    matchers: tuple[Matcher, ...] = ()
    functions: tuple[str, ...] = ()
    aggregated: bool = False
    range_s: float = 0


@dataclass(frozen=True)
class Comparison:
    """A selector that is compared with a number, in this order."""

    selector: Selector
    op: str
    number: float


@dataclass(frozen=True)
class Side:
    """One side of an operation between vectors: a bare selector, or one that keeps only ``by`` of its labels; None else."""

    selector: Selector | None = None
    by: frozenset[str] | None = None


@dataclass(frozen=True)
class Joining:
    """An operation between two vectors; ``on`` is None where all labels must agree, and where ``ignoring`` is said nothing is known."""

    op: str
    left: Side
    right: Side
    on: frozenset[str] | None = None
    ignoring: bool = False


@dataclass
class Expression:
    """All that was found in one expression."""

    selectors: list[Selector] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    joinings: list[Joining] = field(default_factory=list)


def parsed(text: str) -> Expression:
    """Read an expression.

    :raises BadInputError: it is none, or it is longer or deeper than anything that people write.
    """
    bare = _TEXT.sub('""', text)
    if len(text) > LONGEST_EXPRESSION or len(_OPERATOR.findall(bare)) > MOST_OPERATORS or _depth(bare) > DEEPEST:
        raise BadInputError("is longer or deeper than an expression that is read")
    try:
        tree = promql_parser.parse(text)
    except ValueError as problem:
        raise BadInputError(f"is no PromQL: {problem}") from problem
    found = Expression()
    _read(tree, found, (), aggregated=False)
    return found


def _depth(text: str) -> int:
    depth = deepest = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    return deepest


def _read(node: Any, found: Expression, functions: tuple[str, ...], *, aggregated: bool) -> None:
    selector = _selector(node, functions, aggregated=aggregated)
    if selector is not None:
        found.selectors.append(selector)
    elif isinstance(node, promql_parser.BinaryExpr):
        _compare(node, found)
        for side in (node.lhs, node.rhs):
            _read(side, found, functions, aggregated=aggregated)
    else:
        name = node.func.name if isinstance(node, promql_parser.Call) else ""
        inside = aggregated or isinstance(node, promql_parser.AggregateExpr)
        for child in _children(node):
            _read(child, found, (*functions, name) if name else functions, aggregated=inside)


def _children(node: Any) -> Iterator[Any]:
    if isinstance(node, promql_parser.Call):
        yield from node.args
    elif hasattr(node, "expr"):
        yield node.expr


def _compare(node: Any, found: Expression) -> None:
    op, left, right = str(node.op), _bare(node.lhs), _bare(node.rhs)
    selector = _selector(left, (), aggregated=False)
    if selector is not None and isinstance(right, promql_parser.NumberLiteral):
        found.comparisons.append(Comparison(selector, op, right.val))
    matching = getattr(node.modifier, "matching", None)
    labels = frozenset(matching.labels) if matching is not None else None
    ignoring = matching is not None and str(matching.type).endswith("Exclude")
    found.joinings.append(Joining(op, _side(left), _side(right), None if ignoring else labels, ignoring))


def _side(node: Any) -> Side:
    node = _bare(node)
    if isinstance(node, promql_parser.AggregateExpr):
        modifier = node.modifier
        if modifier is None:
            return Side(by=frozenset())
        return Side(by=frozenset(modifier.labels)) if not str(modifier.type).endswith("Without") else Side()
    if isinstance(node, promql_parser.BinaryExpr) and isinstance(_bare(node.rhs), promql_parser.NumberLiteral):
        return _side(node.lhs)  # a comparison with a number keeps the labels
    return Side(selector=_selector(node, (), aggregated=False))


def _bare(node: Any) -> Any:
    while isinstance(node, promql_parser.ParenExpr):
        node = node.expr
    return node


def _selector(node: Any, functions: tuple[str, ...], *, aggregated: bool) -> Selector | None:
    range_s = 0.0
    if isinstance(node, promql_parser.MatrixSelector):
        range_s, node = node.range.total_seconds(), node.vector_selector
    if not isinstance(node, promql_parser.VectorSelector):
        return None
    matchers = tuple(Matcher(_OPS[str(m.op)], m.name, m.value) for m in node.matchers.matchers)
    name = node.name or next((m.value for m in matchers if m.label == "__name__" and m.op == "="), "")
    return Selector(name, matchers, functions[::-1], aggregated, range_s)


_OPS = {"MatchOp.Equal": "=", "MatchOp.NotEqual": "!=", "MatchOp.Re": "=~", "MatchOp.NotRe": "!~"}
