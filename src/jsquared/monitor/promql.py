"""PromQL as the linter sees it: an expression's tree, and its selectors with all that is around each of them.

The parser is a library that recurses in native code, so what would exhaust its stack is refused before.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import promql_parser

from jsquared.errors import BadInputError
from jsquared.monitor.expressions.tree import Aggregation, Function, Matcher, Node, Series, children, tree_of

LONGEST_EXPRESSION = 20_000
MOST_OPERATORS = 400
DEEPEST = 60
"""So many brackets may be open at once."""
DEEPEST_TREE = 200
"""Whatever goes through a tree takes some calls for each level, of which Python has a thousand."""
_OPERATOR = re.compile(r"[-+*/%^!=<>]|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`')


class TooLargeError(BadInputError):
    """An expression that may be sound, but is not read."""


@dataclass(frozen=True)
class Selector:
    """One selector. ``functions`` are those around it, the innermost first; ``range_s`` is 0 for an instant."""

    metric: str
    matchers: tuple[Matcher, ...] = ()
    functions: tuple[str, ...] = ()
    aggregated: bool = False
    range_s: float = 0


@dataclass(frozen=True)
class Expression:
    """One expression."""

    tree: Node
    selectors: list[Selector]


def parsed(text: str) -> Expression:
    """Read an expression.

    :raises TooLargeError: it is longer or deeper than anything that people write.
    :raises BadInputError: it is none.
    """
    bare = _TEXT.sub('""', text)
    if len(text) > LONGEST_EXPRESSION or len(_OPERATOR.findall(bare)) > MOST_OPERATORS or _depth(bare) > DEEPEST:
        raise TooLargeError("is longer or deeper than an expression that is read")
    try:
        found = promql_parser.parse(text)
    except ValueError as problem:
        raise BadInputError(f"is no PromQL: {problem}") from problem
    if _levels(found) > DEEPEST_TREE:
        raise TooLargeError("is deeper than an expression that is read")
    tree = tree_of(found)
    return Expression(tree, list(_selectors(tree, (), aggregated=False)))


def _depth(text: str) -> int:
    depth = deepest = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    return deepest


def _levels(root: Any) -> int:
    """How deep the parser's tree is, found without recursion."""
    deepest, left = 0, [(root, 1)]
    while left:
        node, depth = left.pop()
        deepest = max(deepest, depth)
        below = [getattr(node, name, None) for name in ("lhs", "rhs", "expr", "param")]
        left += [
            (each, depth + 1) for each in (*below, *getattr(node, "args", ())) if isinstance(each, promql_parser.Expr)
        ]
    return deepest


def _selectors(node: Node, functions: tuple[str, ...], *, aggregated: bool) -> Iterator[Selector]:
    match node:
        case Series():
            yield Selector(node.metric, node.matchers, functions[::-1], aggregated, node.range_s)
        case Function():
            functions = (*functions, node.name)
        case Aggregation():
            aggregated = True
    for child in children(node):
        yield from _selectors(child, functions, aggregated=aggregated)
