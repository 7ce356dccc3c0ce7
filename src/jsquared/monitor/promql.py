"""PromQL as the linter sees it: an expression's tree, and its selectors with all that is around each of them.

The parser is a library that recurses in native code, so what would exhaust its stack is refused before.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import promql_parser

from jsquared.errors import BadInputError
from jsquared.monitor.expressions.label_patterns import pattern_problem
from jsquared.monitor.expressions.tree import Aggregation, Function, Matcher, Node, Series, children, tree_of
from jsquared.text import one_line

LONGEST_EXPRESSION = 20_000
LONGEST_REASON = 300
MOST_OPERATORS = 400
DEEPEST = 60
"""So many brackets may be open at once."""
DEEPEST_TREE = 200
"""Whatever goes through a tree takes some calls for each level, of which Python has a thousand."""
_OPERATOR = re.compile(r"[-+*/%^!=<>]|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)
_TEXT = re.compile(r"""(?P<text>"(?:[^"\\]|\\.)*(?:"|$)|'(?:[^'\\]|\\.)*(?:'|$)|`[^`]*(?:`|$))|#[^\n]*""", re.DOTALL)
"""Texts and comments; one without an end goes on to the end of all, so that nothing is read twice."""
RENAMED = {"holt_winters": "double_exponential_smoothing"}
"""Functions that Prometheus 2 has under another name than 3, with the same arguments."""
REMOVED = frozenset({"count_scalar", "drop_common_labels"})
"""Functions of Prometheus 1."""
_UNKNOWN_FUNCTION = re.compile(r"unknown function with name '(\w+)'")
_WRONG_PATTERN = re.compile(r"illegal regex for (.*)", re.DOTALL)
_NEWER = re.compile(
    r"\b(?:anchored|smoothed)\b|</|>/|[0-9]_[0-9]"
    r"|\[[^\]]*[-+*/%^(][^\]]*\]|\boffset\s*[-+]?\s*(?:\(|[a-z]+\s*\()",
    re.IGNORECASE,
)
"""Words and signs of newer versions of Prometheus, some behind a flag, which the parser does not know."""


_ENDLESS = re.compile(
    r"(?:\boffset\s*[-+]?\s*|\[\s*(?:[^\]:]*:\s*)?)(?:inf\b|nan\b|[0-9.]+e[-+]?[0-9]|[0-9]{12})", re.IGNORECASE
)
"""Times that no clock has, at which the parser panics."""


class NotReadError(BadInputError):
    """An expression that may be sound, but is not read."""


class TooLargeError(NotReadError):
    """One that is not read for its size."""


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
    :raises NotReadError: some version of Prometheus may read it, and this does not.
    :raises BadInputError: it is none, so Prometheus refuses the whole file.
    """
    found = _outcome(text)
    if isinstance(found, BadInputError):
        raise type(found)(found.what)
    return found


@lru_cache(maxsize=512)
def _outcome(text: str) -> Expression | BadInputError:
    """An expression, or why it is none: a YAML file can name one expression thousands of times."""
    try:
        return _read(text)
    except BadInputError as problem:
        return problem.with_traceback(None)


def _read(text: str) -> Expression:
    bare = _TEXT.sub(_emptied, text) if len(text) <= LONGEST_EXPRESSION else ""
    if (not bare and text) or len(_OPERATOR.findall(bare)) > MOST_OPERATORS or _depth(bare) > DEEPEST:
        raise TooLargeError("is longer or deeper than an expression that is read")
    if _ENDLESS.search(bare):
        raise NotReadError("has a time that is longer than any that is kept")
    found = _parsed(_TEXT.sub(_escaped, text), bare)
    if _levels(found) > DEEPEST_TREE:
        raise TooLargeError("is deeper than an expression that is read")
    try:
        tree = tree_of(found)
    except (ValueError, OverflowError) as problem:
        raise NotReadError("has a number that is not read") from problem
    return Expression(tree, list(_selectors(tree, (), aggregated=False)))


def _emptied(found: re.Match[str]) -> str:
    return '""' if found["text"] is not None else " "


def _escaped(found: re.Match[str]) -> str:
    """A text in backquotes as one in double quotes: the parser takes a backslash in it for an escape, and Prometheus for itself."""
    text = found[0]
    if len(text) < 2 or text[0] != "`" or text[-1] != "`":
        return text
    inside = text[1:-1].replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{inside}"'


def _parsed(text: str, bare: str) -> Any:
    try:
        return promql_parser.parse(text)
    except ValueError as problem:
        said = one_line(str(problem))
        function = _UNKNOWN_FUNCTION.search(said)
        if function and function[1] in RENAMED:
            renamed = _renamed(text, function[1])
            if renamed != text:
                return _parsed(renamed, bare)
            raise NotReadError(f"has {function[1]}() in a form that is not read") from problem
        if function and function[1] in REMOVED:
            raise NotReadError(f"has {function[1]}(), which only Prometheus 1 knows") from problem
        if pattern := _WRONG_PATTERN.search(str(problem)):
            if wrong := pattern_problem(pattern[1]):
                raise BadInputError(f"is no PromQL: a pattern has {wrong}") from problem
            raise NotReadError("has a pattern that is not read") from problem
        if _NEWER.search(bare) or "ParseFloatError" in said:
            raise NotReadError("has something that only some versions of Prometheus read") from problem
        raise BadInputError(f"is no PromQL: {said[:LONGEST_REASON]}") from problem
    except BaseException as problem:
        if type(problem).__name__ != "PanicException":
            raise
        raise NotReadError("has something at which the parser fails") from problem


def _renamed(text: str, function: str) -> str:
    """The text with the newer name of a function, in calls of it alone."""
    call = re.compile(rf"{_TEXT.pattern}|(?P<call>\b{function}(?=\s*\())", re.DOTALL)
    return call.sub(lambda found: RENAMED[function] if found["call"] else found[0], text)


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
