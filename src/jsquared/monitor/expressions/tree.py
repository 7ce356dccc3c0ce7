"""The syntax tree of a PromQL expression, as plain values that compare by what they say.

Two nodes that are equal give the same result at the same time, which is how contradictions are found.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import promql_parser

from jsquared.errors import BadInputError
from jsquared.monitor.expressions.label_patterns import pattern_of, pattern_problem

LONGEST_TEXT = 60
"""A sentence quotes so much of an expression."""


@dataclass(frozen=True)
class Matcher:
    """``label op value``; ``op`` is ``=``, ``!=``, ``=~`` or ``!~``."""

    op: str
    label: str
    value: str

    def accepts(self, value: str) -> bool:
        """True if a series with this value is selected, or may be: of some patterns it is not known what they match."""
        if self.op in ("=", "!="):
            return (value == self.value) is (self.op == "=")
        pattern = pattern_of(self.value)
        matches = pattern.matches(value) if pattern is not None else None
        return True if matches is None else matches is (self.op == "=~")

    @property
    def asked(self) -> str:
        """What it asks of the value, for a sentence."""
        return self.value if self.op in ("=", "=~") else f"{self.op} {self.value}"

    def values(self) -> frozenset[str] | None:
        """Return the only values that are selected, where the matcher lists them."""
        if self.op == "=":
            return frozenset({self.value})
        pattern = pattern_of(self.value) if self.op == "=~" else None
        return pattern.values() if pattern is not None else None


@dataclass(frozen=True)
class Number:
    """A literal."""

    value: float


@dataclass(frozen=True)
class Text:
    """A literal, which only parameters are."""

    value: str


@dataclass(frozen=True)
class Series:
    """A selector; ``moved`` is what its ``offset`` and ``@`` say. ``range_s`` is 0 for an instant."""

    metric: str
    matchers: tuple[Matcher, ...] = ()
    range_s: float = 0
    moved: str = ""


@dataclass(frozen=True)
class Subquery:
    """``inner[5m:1m]``; ``window`` is all that is said about its times."""

    inner: "Node"
    window: str


@dataclass(frozen=True)
class Negation:
    """``-inner``."""

    inner: "Node"


@dataclass(frozen=True)
class Function:
    """A call."""

    name: str
    args: tuple["Node", ...]


@dataclass(frozen=True)
class Aggregation:
    """``op by (labels) (inner)``; ``without`` tells that the labels are those that are lost."""

    op: str
    inner: "Node"
    labels: tuple[str, ...] = ()
    without: bool = False
    parameter: "Node | None" = None


@dataclass(frozen=True)
class Binary:
    """``left op right``; ``on`` and ``ignoring`` are None where they are not said."""

    op: str
    left: "Node"
    right: "Node"
    as_bool: bool = False
    on: frozenset[str] | None = None
    ignoring: frozenset[str] | None = None
    grouped: bool = False
    filled: bool = False


Node = Number | Text | Series | Subquery | Negation | Function | Aggregation | Binary


def children(node: Node) -> Iterator[Node]:
    """The nodes right below one."""
    match node:
        case Binary():
            yield from (node.left, node.right)
        case Function():
            yield from node.args
        case Aggregation():
            yield from (node.inner, *([node.parameter] if node.parameter is not None else []))
        case Subquery() | Negation():
            yield node.inner


def shown(node: Node) -> str:
    """A node for a sentence: in PromQL, without what would make the sentence long."""
    text = _text(node)
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def _text(node: Node) -> str:
    match node:
        case Number():
            text = f"{node.value:g}"
        case Text():
            text = f'"{node.value}"'
        case Series():
            matchers = ", ".join(f'{m.label}{m.op}"{m.value}"' for m in node.matchers)
            window = f"[{node.range_s:g}s]" if node.range_s else ""
            text = f"{node.metric}{'{' + matchers + '}' if matchers else ''}{window}"
        case Subquery():
            text = f"{_operand(node.inner)}[…]"
        case Negation():
            text = f"-{_operand(node.inner)}"
        case Function():
            text = f"{node.name}({', '.join(map(_text, node.args))})"
        case Aggregation():
            labels = f" {'without' if node.without else 'by'} ({', '.join(node.labels)}) " if node.labels else ""
            text = f"{node.op}{labels}({_text(node.inner)})"
        case Binary():
            text = f"{_operand(node.left)} {node.op}{' bool' if node.as_bool else ''} {_operand(node.right)}"
    return text


def _operand(node: Node) -> str:
    return f"({_text(node)})" if isinstance(node, Binary) else _text(node)


def tree_of(node: Any) -> Node:
    """Return the parser's tree as ours; parentheses are no nodes.

    :raises BadInputError: it has something that Prometheus does not know.
    """
    while isinstance(node, promql_parser.ParenExpr):
        node = node.expr
    read = _READERS.get(type(node))
    if read is None:
        raise BadInputError(f"has something that is not known: {type(node).__name__}")
    return read(node)


def _series(node: Any, range_s: float) -> Series:
    if node.matchers.or_matchers:
        raise BadInputError("is no PromQL: 'or' between labels")
    matchers = tuple(Matcher(_OPS[str(m.op)], m.name, m.value) for m in node.matchers.matchers)
    for matcher in matchers:
        problem = pattern_problem(matcher.value) if matcher.op in ("=~", "!~") else ""
        if problem:
            raise BadInputError(f"is no PromQL: the pattern of {matcher.label} has {problem}")
    name = node.name or next((m.value for m in matchers if m.label == "__name__" and m.op == "="), "")
    moved = f"{node.offset} {node.at}" if node.offset is not None or node.at is not None else ""
    return Series(name, matchers, range_s, moved)


def _aggregation(node: Any) -> Aggregation:
    modifier = node.modifier
    parameter = node.param
    if parameter is not None:
        parameter = Text(parameter) if isinstance(parameter, str) else tree_of(parameter)
    labels = tuple(modifier.labels) if modifier is not None else ()
    without = modifier is not None and str(modifier.type).endswith("Without")
    return Aggregation(str(node.op), tree_of(node.expr), labels, without, parameter)


def _binary(node: Any) -> Binary:
    modifier = node.modifier
    matching = getattr(modifier, "matching", None)
    labels = frozenset(matching.labels) if matching is not None else None
    excluded = matching is not None and str(matching.type).endswith("Exclude")
    fill = getattr(modifier, "fill_values", None)
    return Binary(
        str(node.op),
        tree_of(node.lhs),
        tree_of(node.rhs),
        as_bool=modifier is not None and bool(modifier.return_bool),
        on=None if excluded else labels,
        ignoring=labels if excluded else None,
        grouped=modifier is not None and str(modifier.card).endswith(("ManyToOne", "OneToMany")),
        filled=fill is not None and (fill.lhs is not None or fill.rhs is not None),
    )


_OPS = {"MatchOp.Equal": "=", "MatchOp.NotEqual": "!=", "MatchOp.Re": "=~", "MatchOp.NotRe": "!~"}
_READERS: dict[type, Callable[[Any], Node]] = {
    promql_parser.NumberLiteral: lambda node: Number(float(node.val)),
    promql_parser.StringLiteral: lambda node: Text(node.val),
    promql_parser.VectorSelector: lambda node: _series(node, 0),
    promql_parser.MatrixSelector: lambda node: _series(node.vector_selector, node.range.total_seconds()),
    promql_parser.SubqueryExpr: lambda node: Subquery(
        tree_of(node.expr), f"{node.range} {node.step} {node.offset} {node.at}"
    ),
    promql_parser.UnaryExpr: lambda node: Negation(tree_of(node.expr)),
    promql_parser.Call: lambda node: Function(node.func.name, tuple(map(tree_of, node.args))),
    promql_parser.AggregateExpr: _aggregation,
    promql_parser.BinaryExpr: _binary,
}
