"""The text of a Docker Compose file as the values that Compose sees: merge keys folded in, ``${VARIABLE}`` filled in.

Where variables come from: :mod:`jsquared.deployment.read.compose.compose_variables`. Rules of interpolation: the Compose specification,
"Interpolation"; of merge keys: YAML 1.1.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import yaml

from jsquared.deployment.model.directives import Source
from jsquared.deployment.read.containers.joints import Joints
from jsquared.deployment.read.yaml.yaml_items import Item, parse_yaml
from jsquared.errors import BadInputError
from jsquared.records.secret_names import names_secret
from jsquared.text import closing_brace

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CAPITALS = re.compile(r"[A-Z_][A-Z0-9_]*")
_BEFORE = " \t\n\"'=:,/["
_BEHIND = " \t\n\"',:/];"
_OPERATORS = (":-", ":+", ":?", "-", "+", "?")
_MERGE = "tag:yaml.org,2002:merge"


DEEPEST_DEFAULT = 20
MOST_FILLED = 4 << 20
"""So many characters variables may become in one file: values may be long, and be named again and again."""
MOST_MERGED = 100_000

Bad = Callable[[str, str], BadInputError]


@dataclass
class Variables:
    """The values of ``${NAME}``; ``missing`` collects the names that mean nothing.

    A dollar sign that somebody forgot to double makes a name of what may be half of a password (``pa$word``). So names that are not
    written in capitals, and those that are glued to something without braces, are nobody's to show, and are only counted, in ``unnamed``.
    """

    values: Mapping[str, str]
    missing: set[str] = field(default_factory=set)
    unnamed: int = 0
    filled: int = 0
    """How many characters were filled in so far."""
    joints: Joints = field(default_factory=Joints)
    """What was put together from parts."""

    def fill(self, text: str, bad: Bad, depth: int = 0) -> str:
        """The text with its variables filled in; ``$$`` is a dollar sign.

        :raises BadInputError: made by ``bad``: a brace that is not closed, a variable that is required and missing, defaults that are
            nested too deeply, or too much text altogether.
        """
        if depth > DEEPEST_DEFAULT:
            raise bad(f"defaults are nested more than {DEEPEST_DEFAULT} deep", "${NAME:-default}")
        out, at = [], 0
        while (dollar := text.find("$", at)) >= 0:
            out.append(text[at:dollar])
            value, at = self._one(text, dollar + 1, bad, depth)
            out.append(value)
            self.filled += len(value)
            if self.filled > MOST_FILLED:
                raise bad(f"variables expand to more than {MOST_FILLED} characters", "shorter values")
        return self.joints.note("".join([*out, text[at:]]), [*out, text[at:]])

    def _one(self, text: str, at: int, bad: Bad, depth: int) -> tuple[str, int]:
        """The value of what follows a dollar sign, and where it ends."""
        if text[at : at + 1] == "$":
            return "$", at + 1
        if text[at : at + 1] == "{":
            end = closing_brace(text, at + 1)
            if end < 0:
                raise bad("'${' is not closed", "${NAME} or ${NAME:-default}; $$ for a plain dollar sign")
            return self._braced(text[at + 1 : end], bad, depth), end + 1
        name = _NAME.match(text, at)
        if name is None:
            return "$", at
        if name.group() not in self.values and not _is_a_word_of_its_own(text, at - 1, name.end()):
            self.unnamed += 1
            return "", name.end()
        return self._value(name.group()), name.end()

    def _value(self, name: str) -> str:
        if name not in self.values and _CAPITALS.fullmatch(name):
            self.missing.add(name)
        elif name not in self.values:
            self.unnamed += 1
        return self.values.get(name, "")

    def _braced(self, inside: str, bad: Bad, depth: int) -> str:
        name = _NAME.match(inside)
        if name is None:
            raise bad("'${…}' names no variable", "${NAME} or ${NAME:-default}")
        rest = inside[name.end() :]
        operator = next((operator for operator in _OPERATORS if rest.startswith(operator)), "")
        if rest and not operator:
            raise bad(f"'${{{_shown(name.group())}…}}' cannot be read", "${NAME:-default}")
        word = rest[len(operator) :]
        present = name.group() in self.values and (":" not in operator or self.values[name.group()] != "")
        if operator.endswith("+"):
            return self.fill(word, bad, depth + 1) if present else ""
        if present or not operator:
            return self._value(name.group())
        if operator.endswith("?"):
            why = "" if names_secret(name.group()) else f": {word}"
            raise bad(f"{_shown(name.group(), 'a variable')} is not set{why}", how_to_set(name.group()))
        return self.fill(word, bad, depth + 1)


def _is_a_word_of_its_own(text: str, start: int, end: int) -> bool:
    """True if ``$NAME`` without braces is a variable without doubt: written in capitals, and glued to nothing."""
    return (
        bool(_CAPITALS.fullmatch(text, start + 1, end))
        and not text[start - 1 : start].strip(_BEFORE)
        and not text[end : end + 1].strip(_BEHIND)
    )


def _shown(name: str, otherwise: str = "") -> str:
    """The name of a variable that is written as names of variables are; any other one may be a part of a password."""
    return name if _CAPITALS.fullmatch(name) else otherwise


def how_to_set(name: str) -> str:
    """Return what to type so that a variable has a value."""
    name = _shown(name, "NAME")
    given = f"--env {name}, which the environment here has" if name in os.environ else f"--env {name}=…"
    return f"{name}=… in .env beside the file, or {given}"


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
    merged = 0
    for node in _walk(root.node, set()):
        if isinstance(node, yaml.MappingNode):
            merged += _fold(node, Item(node, source), MOST_MERGED - merged)
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


def _fold(mapping: yaml.MappingNode, item: Item, most: int) -> int:
    """Put in the entries of ``<<`` that the mapping has not of its own; of several the first counts. How many were looked at."""
    looked_at = 0
    own = [(key, value) for key, value in mapping.value if key.tag != _MERGE]
    if not all(isinstance(key, yaml.ScalarNode) for key, _ in mapping.value):
        raise item.bad("a key that is not text", "key: value")
    named = {key.value for key, _ in own}
    for _, merged in ((key, value) for key, value in mapping.value if key.tag == _MERGE):
        for other in merged.value if isinstance(merged, yaml.SequenceNode) else [merged]:
            if not isinstance(other, yaml.MappingNode) or other is mapping:
                raise item.bad("'<<' merges only mappings", "<<: *anchor")
            looked_at += len(other.value) + 1
            if looked_at > most:
                raise item.bad(f"'<<' merges more than {MOST_MERGED} entries in all", "fewer merges")
            added = [(key, value) for key, value in other.value if str(key.value) not in named]
            own += added
            named |= {str(key.value) for key, _ in added}
    mapping.value = own
    return looked_at
