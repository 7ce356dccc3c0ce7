"""PromQL as the linter sees it: an expression's tree, and its selectors with all that is around each of them.

The parser is a library that recurses in native code, so what would exhaust its stack is refused before.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import promql_parser

from jsquared.errors import BadInputError
from jsquared.monitor.expressions.tree import Aggregation, Function, Matcher, Node, Series, children, tree_of

LONGEST_EXPRESSION = 20_000
MOST_OPERATORS = 400
DEEPEST = 60
_OPERATOR = re.compile(r"[-+*/%^!=<>]|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`')


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

    :raises BadInputError: it is none, or it is longer or deeper than anything that people write.
    """
    bare = _TEXT.sub('""', text)
    if len(text) > LONGEST_EXPRESSION or len(_OPERATOR.findall(bare)) > MOST_OPERATORS or _depth(bare) > DEEPEST:
        raise BadInputError("is longer or deeper than an expression that is read")
    try:
        tree = tree_of(promql_parser.parse(text))
    except ValueError as problem:
        raise BadInputError(f"is no PromQL: {problem}") from problem
    return Expression(tree, list(_selectors(tree, (), aggregated=False)))


def _depth(text: str) -> int:
    depth = deepest = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
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
