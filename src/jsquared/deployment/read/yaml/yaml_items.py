"""Values of a YAML file that know where they stand, so every refusal names file, line and path.

Scalars stay the text that the user wrote: ``yes`` is Redis' word and not a truth value, ``0700`` no octal number, a date no date.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import yaml

from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.input_files import LONGEST_PLACE, readable
from jsquared.deployment.model.known import shown_name
from jsquared.errors import BadInputError
from jsquared.text import did_you_mean, whole_number

R = TypeVar("R")

_BOOL, _NULL = "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null"
LARGEST_YAML = 128 << 10
"""Larger ones take seconds to parse, and no deployment needs them."""
DEEPEST_BRACKETS = 200
"""The parser takes time that grows with the square of this."""
_WORDS = {"true": "yes", "on": "yes", "false": "no", "off": "no"}


class Item:
    """One value and its place, such as ``sentinel.quorum``."""

    def __init__(self, node: yaml.Node, source: Source, path: str = "") -> None:
        self._node = node
        self.source = source
        self.path = path
        self.line: int = node.start_mark.line + 1

    @property
    def node(self) -> yaml.Node:
        """The YAML node itself."""
        return self._node

    def bad(self, what: str, hint: str = "") -> BadInputError:
        """The error that this value is the cause of."""
        place = f", {self.path}" if self.path else ""
        where = readable(f"{self.source.path}:{self.line}{place}", LONGEST_PLACE)
        return BadInputError(what, where=where, hint=hint)

    def mapping(self, known: Sequence[str] = ()) -> dict[str, "Item"]:
        """The entries of a mapping; with ``known``, only these keys are allowed.

        :raises BadInputError: no mapping, a key twice, or an unknown key.
        """
        if not isinstance(self._node, yaml.MappingNode):
            raise self.bad(f"must be a mapping, not {self._kind()}", "keys and values, each on a line 'key: value'")
        entries: dict[str, Item] = {}
        for key, node in self._entries(self._node):
            shown = shown_name(key)
            item = Item(node, self.source, f"{self.path}.{shown}".lstrip("."))
            item.line = item.line if node.start_mark.line >= self._node.start_mark.line else self.line
            if key in entries:
                raise item.bad("is given twice", "removing one of them")
            if known and key not in known:
                raise item.bad(f"unknown key '{shown}'", self._suggest(key, known))
            entries[key] = item
        return entries

    def _entries(self, mapping: yaml.MappingNode) -> Iterator[tuple[str, yaml.Node]]:
        for key, value in mapping.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self.bad("a key must be a word", "key: value")
            yield key.value, value

    @staticmethod
    def _suggest(key: str, known: Sequence[str]) -> str:
        return did_you_mean(key, known, otherwise=f"one of {', '.join(known)}")

    def items(self) -> list["Item"]:
        """The values of a list.

        :raises BadInputError: no list.
        """
        if not isinstance(self._node, yaml.SequenceNode):
            raise self.bad(f"must be a list, not {self._kind()}", "[n1, n2, n3]")
        return [Item(node, self.source, f"{self.path}[{index}]") for index, node in enumerate(self._node.value)]

    @property
    def is_mapping(self) -> bool:
        """True if it is a mapping."""
        return isinstance(self._node, yaml.MappingNode)

    @property
    def is_null(self) -> bool:
        """True if nothing is written, or ``null``; an empty word in quotes is something."""
        return self._node.tag == _NULL

    @property
    def is_empty(self) -> bool:
        """True if nothing is written, ``null``, or an empty word."""
        return isinstance(self._node, yaml.ScalarNode) and (self._node.tag == _NULL or not self._node.value)

    @property
    def is_list(self) -> bool:
        """True if it is a list."""
        return isinstance(self._node, yaml.SequenceNode)

    def text(self) -> str:
        """A scalar as written; truth values other than ``yes`` and ``no`` become these words.

        :raises BadInputError: a mapping, a list or nothing.
        """
        if not isinstance(self._node, yaml.ScalarNode):
            raise self.bad(f"must be one value, not {self._kind()}", "key: value")
        if self._node.tag == _NULL:
            raise self.bad("has no value", f'a value, or "" for an empty one: {self.path.rpartition(".")[2]}: ""')
        value: str = self._node.value
        return _WORDS.get(value.lower(), value.lower()) if self._node.tag == _BOOL else value

    def integer(self, lowest: int, highest: int) -> int:
        """A whole number within limits.

        :raises BadInputError: it is none.
        """
        text = self.text()
        number = whole_number(text)
        if number is None or not lowest <= number <= highest:
            raise self.bad(f"'{text}' is not a whole number from {lowest} to {highest}", f"{lowest} or more")
        return number

    def word(self, choices: Sequence[str]) -> str:
        """One of the given words.

        :raises BadInputError: it is another.
        """
        text = self.text()
        if text not in choices:
            raise self.bad(
                f"'{text}' is none of {', '.join(choices)}", did_you_mean(text, choices, otherwise=choices[0])
            )
        return text

    def _kind(self) -> str:
        if isinstance(self._node, yaml.MappingNode):
            return "a mapping"
        return "a list" if self.is_list else "a single value" if self._node.value else "nothing"


def _without_quotes(problem: str | None) -> str:
    """Return the parser's message without the quoted words of the file, which may be a password: ``found undefined alias '…'``."""
    return re.sub(r"'(?!<)[^']{2,}'", "'…'", problem or "cannot be read")


def _depth(text: str) -> int:
    """How many brackets are open at once, those in quotes and comments taken for brackets too."""
    depth = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        depth = max(0, depth + (1 if bracket in "[{" else -1))
        deepest = max(deepest, depth)
    return deepest


def parse_yaml(text: str, source: Source) -> Item:
    """The root of a YAML text.

    :raises BadInputError: malformed (with line and column) or empty.
    """
    root = _composed(text, source, LARGEST_YAML, lambda: yaml.compose(text, Loader=yaml.SafeLoader))
    if root is None:
        raise BadInputError("is empty", where=source.path, hint="data: [n1, n2, n3] and sentinels: [n1, n2, n3]")
    return Item(root, source)


def parse_documents(text: str, source: Source, largest: int = LARGEST_YAML) -> list[Item]:
    """The roots of a YAML text with several documents; empty ones are left out.

    :param largest: characters that it may have.
    :raises BadInputError: malformed (with line and column), or too large.
    """
    roots = _composed(text, source, largest, lambda: list(yaml.compose_all(text, Loader=yaml.SafeLoader)))
    items = [Item(root, source) for root in roots]
    return [item for item in items if not item.is_null]


def _composed(text: str, source: Source, largest: int, compose: Callable[[], R]) -> R:
    if len(text) > largest:
        what = f"{len(text)} characters of YAML are too many (at most {largest})"
        raise BadInputError(what, where=source.path, hint="a smaller file")
    if _depth(text) > DEEPEST_BRACKETS:
        raise BadInputError("malformed YAML: nested too deeply", where=source.path, hint="a simpler file")
    try:
        return compose()
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise BadInputError(
            f"malformed YAML: {_without_quotes(problem.problem)}",
            where=f"{source.path}{place}",
            hint="checking indentation and quotes",
        ) from problem
    except RecursionError as problem:
        raise BadInputError("malformed YAML: nested too deeply", where=source.path, hint="a simpler file") from problem
    except (yaml.YAMLError, ValueError) as problem:
        what = " ".join(str(problem).split()).removesuffix('in "<unicode string>", position').strip()
        raise BadInputError(f"malformed YAML: {what}", where=source.path, hint="plain text in YAML") from problem
