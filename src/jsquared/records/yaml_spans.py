"""A YAML text as a tree in which every scalar knows where it is written, with its tag and anchor.

It is read as :mod:`jsquared.deployment.read.yaml.yaml_items` reads it, so that no two readers take a text for different things.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

LARGEST_YAML = 128 << 10
DEEPEST = 150
"""So deep lists and mappings may stand in each other."""
_BRACKETS = 200


class NoYamlError(ValueError):
    """The text is none, or takes too long to be read."""


@dataclass(eq=False)
class Scalar:
    """A scalar: ``start`` and ``end`` are characters of the text, ``style`` the sign that it begins with, empty for a plain one."""

    start: int
    end: int
    value: str
    style: str
    anchor: str = ""


@dataclass(eq=False)
class Sequence:
    """A list."""

    items: "list[Node]" = field(default_factory=list)


@dataclass(eq=False)
class Mapping:
    """A mapping, with its pairs as they are written."""

    pairs: "list[tuple[Node, Node]]" = field(default_factory=list)


Node = Scalar | Sequence | Mapping


@lru_cache(maxsize=16)
def roots_of(text: str) -> tuple[Node, ...]:
    """The documents of a text; an alias is the node that it stands for.

    :raises NoYamlError: it cannot be read.
    """
    import yaml  # noqa: PLC0415 -- a trial without such files does not pay for it

    if len(text) > LARGEST_YAML or _is_deep(text):
        raise NoYamlError
    try:
        return tuple(_Reader(yaml.parse(text, Loader=yaml.SafeLoader)).documents())
    except (yaml.YAMLError, ValueError, RecursionError, StopIteration) as problem:
        raise NoYamlError from problem


def is_mapping(text: str) -> bool:
    """True if a text begins as a YAML mapping, whatever follows."""
    import yaml  # noqa: PLC0415

    if len(text) > LARGEST_YAML or _is_deep(text):
        return False
    try:
        events = yaml.parse(text, Loader=yaml.SafeLoader)
        first = next(
            event for event in events if not isinstance(event, yaml.StreamStartEvent | yaml.DocumentStartEvent)
        )
    except (yaml.YAMLError, ValueError, RecursionError, StopIteration):
        return False
    return isinstance(first, yaml.MappingStartEvent)


def scalars_of(nodes: tuple[Node, ...]) -> list[Scalar]:
    """Every scalar once, keys among them, in the order of the text."""
    found = {scalar.start: scalar for node in nodes for scalar in _scalars(node, set())}
    return [found[start] for start in sorted(found) if found[start].end > start]


def _scalars(node: Node, seen: set[int]) -> Iterator[Scalar]:
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, Scalar):
        yield node
    for child in children(node):
        yield from _scalars(child, seen)


def children(node: Node) -> "list[Node]":
    """Return a node's direct children."""
    if isinstance(node, Sequence):
        return node.items
    return [each for pair in node.pairs for each in pair] if isinstance(node, Mapping) else []


def _is_deep(text: str) -> bool:
    depth = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", text):
        depth = max(0, depth + (1 if bracket in "[{" else -1))
        deepest = max(deepest, depth)
    return deepest > _BRACKETS


class _Reader:
    def __init__(self, events: Iterator[Any]) -> None:
        self.events = events
        self.anchors: dict[str, Node] = {}
        self.depth = 0

    def documents(self) -> Iterator[Node]:
        for event in self.events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent":
                self.anchors = {}
            elif kind not in ("StreamStartEvent", "StreamEndEvent", "DocumentEndEvent"):
                yield self._node(event)

    def _node(self, event: Any) -> Node:
        kind = type(event).__name__
        if kind == "AliasEvent":
            if event.anchor not in self.anchors:
                raise NoYamlError
            return self.anchors[event.anchor]
        if kind == "ScalarEvent":
            return self._named(event, self._scalar(event))
        self.depth += 1
        if self.depth > DEEPEST:
            raise NoYamlError
        node = self._collection(event, is_mapping=kind == "MappingStartEvent")
        self.depth -= 1
        return node

    def _named(self, event: Any, node: Node) -> Node:
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    @staticmethod
    def _scalar(event: Any) -> Scalar:
        return Scalar(event.start_mark.index, event.end_mark.index, event.value, event.style or "", event.anchor or "")

    def _collection(self, event: Any, *, is_mapping: bool) -> Node:
        node = self._named(event, Mapping() if is_mapping else Sequence())
        inner: list[Node] = []
        while not type(following := next(self.events)).__name__.endswith("EndEvent"):
            inner.append(self._node(following))
        if isinstance(node, Mapping):
            node.pairs = list(zip(inner[::2], inner[1::2], strict=True))
        elif isinstance(node, Sequence):
            node.items = inner
        return node
