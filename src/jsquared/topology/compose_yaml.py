"""The text of a Docker Compose file as the values that Compose sees: merge keys folded in, ``${VARIABLE}`` filled in.

Variables come from the environment of this process, then from ``.env`` beside the file, as Compose takes them. Rules of interpolation:
the Compose specification, "Interpolation"; of merge keys: YAML 1.1.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import yaml

from jsquared.errors import BadInputError
from jsquared.topology.directives import Source
from jsquared.topology.yaml_items import Item, parse_yaml

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATORS = (":-", ":+", ":?", "-", "+", "?")
_MERGE = "tag:yaml.org,2002:merge"


@dataclass
class Variables:
    """What ``${NAME}`` means; ``missing`` collects the names that mean nothing."""

    values: Mapping[str, str]
    missing: set[str] = field(default_factory=set)

    def fill(self, text: str, bad: Callable[[str, str], BadInputError]) -> str:
        """The text with its variables filled in; ``$$`` is a dollar sign.

        :raises BadInputError: made by ``bad``: a brace that is not closed, or a variable that is required and missing.
        """
        out, at = [], 0
        while (dollar := text.find("$", at)) >= 0:
            out.append(text[at:dollar])
            value, at = self._one(text, dollar + 1, bad)
            out.append(value)
        return "".join([*out, text[at:]])

    def _one(self, text: str, at: int, bad: Callable[[str, str], BadInputError]) -> tuple[str, int]:
        """The value of what follows a dollar sign, and where it ends."""
        if text[at : at + 1] == "$":
            return "$", at + 1
        if text[at : at + 1] == "{":
            end = _closing(text, at)
            if end < 0:
                raise bad("'${' is not closed", "${NAME} or ${NAME:-default}; $$ for a plain dollar sign")
            return self._braced(text[at + 1 : end], bad), end + 1
        name = _NAME.match(text, at)
        if name is None:
            return "$", at
        return self._value(name.group()), name.end()

    def _value(self, name: str) -> str:
        if name not in self.values:
            self.missing.add(name)
        return self.values.get(name, "")

    def _braced(self, inside: str, bad: Callable[[str, str], BadInputError]) -> str:
        name = _NAME.match(inside)
        if name is None:
            raise bad(f"'${{{inside}}}' names no variable", "${NAME} or ${NAME:-default}")
        rest = inside[name.end() :]
        operator = next((operator for operator in _OPERATORS if rest.startswith(operator)), "")
        if rest and not operator:
            raise bad(f"'${{{inside}}}' cannot be read", "${NAME:-default}")
        word = rest[len(operator) :]
        present = name.group() in self.values and (":" not in operator or self.values[name.group()] != "")
        if operator.endswith("+"):
            return self.fill(word, bad) if present else ""
        if present or not operator:
            return self._value(name.group())
        if operator.endswith("?"):
            raise bad(f"{name.group()} is not set: {word}", f"{name.group()}=… in .env beside the file")
        return self.fill(word, bad)


def _closing(text: str, at: int) -> int:
    """Where the brace that opens at ``at`` is closed, -1 where it is not."""
    depth = 0
    for index in range(at, len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if depth == 0:
            return index
    return -1


def read_env(text: str) -> dict[str, str]:
    """The variables of a ``.env`` file: ``NAME=value`` lines, comments, values in quotes."""
    values = {}
    for raw in text.splitlines():
        line = raw.strip().removeprefix("export ")
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            values[name.strip()] = _unquoted(value.strip())
    return values


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] in "\"'" and value[-1] == value[0]:
        return value[1:-1]
    return re.sub(r"(^|\s)#.*$", "", value).rstrip()


def parse_compose(text: str, source: Source, variables: Variables) -> Item:
    """The root of a Compose file.

    :raises BadInputError: malformed YAML, or an interpolation that cannot be made.
    """
    root = parse_yaml(text, source)
    for node in _walk(root.node, set()):
        if isinstance(node, yaml.MappingNode):
            _fold(node, Item(node, source))
        elif isinstance(node, yaml.ScalarNode) and "$" in node.value:
            node.value = variables.fill(node.value, Item(node, source).bad)
    return root


def _walk(node: yaml.Node, seen: set[int]) -> Iterator[yaml.Node]:
    """Every node once, those inside first: what is merged in is folded already. Keys are not values, and stay as they are."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        for _, value in node.value:
            yield from _walk(value, seen)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _walk(value, seen)
    yield node


def _fold(mapping: yaml.MappingNode, item: Item) -> None:
    """Put in the entries of ``<<`` that the mapping has not of its own; of several the first counts."""
    own = [(key, value) for key, value in mapping.value if key.tag != _MERGE]
    if not all(isinstance(key, yaml.ScalarNode) for key, _ in mapping.value):
        raise item.bad("a key that is no text", "key: value")
    named = {key.value for key, _ in own}
    for _, merged in ((key, value) for key, value in mapping.value if key.tag == _MERGE):
        for other in merged.value if isinstance(merged, yaml.SequenceNode) else [merged]:
            if not isinstance(other, yaml.MappingNode) or other is mapping:
                raise item.bad("'<<' merges mappings only", "<<: *anchor")
            added = [(key, value) for key, value in other.value if str(key.value) not in named]
            own += added
            named |= {str(key.value) for key, _ in added}
    mapping.value = own
