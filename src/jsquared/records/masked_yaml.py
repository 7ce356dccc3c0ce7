"""A YAML text with marks for secrets, by its structure: whatever YAML does to write a value, the value is marked as a whole.

Each scalar is known with the place where it is written, its tag and anchor included; an alias is marked where its anchor stands.
"""

import json
import re
from collections.abc import Callable, Iterator

from jsquared.records import comments
from jsquared.records import secret_places as places
from jsquared.records.masked_text import TextMasker
from jsquared.records.yaml_spans import Mapping, Node, Scalar, Sequence, children, roots_of, scalars_of

_SCRIPTS = frozenset(("command", "entrypoint", "test", "run", "args", "cmd", "script", "shell", "exec"))
_PROSE = frozenset(("description", "title", "summary", "comment"))
_CALLED = frozenset(("name", "key", "variable", "var", "env", "field", "option", "k", "n"))
"""Keys of a name that has its value beside it."""
_STRUCTURE = frozenset(
    "file external environment name content value default from source target labels driver template_driver".split()
)
"""Keys that stay readable where a whole mapping is called like a secret, as the ``secrets`` of a Compose file are."""
_REFERENCES = frozenset("valuefrom secretkeyref secretref redissecret".split())
_NAMES_OF_SECRETS = ("secretname", "secretpath")
"""Keys of Kubernetes under which a Secret is named, and none of its values stands."""
_COMMENT = re.compile(r"#[^\n\r\x85\u2028\u2029]*")
_HEAD = re.compile(
    r"(?:[&!]\S*+|\s++|#[^\n\r\x85\u2028\u2029]*+)*+(?:[|>][-+0-9]*+(?=\s)[ \t]*+(?:#[^\n\r\x85\u2028\u2029]*+)?)?"
)
"""A scalar's tag and anchor, and the sign of a block: comments may stand behind each."""


def masked_yaml(text: str, masker: TextMasker) -> str:
    """The text with marks.

    :raises NoYamlError: it cannot be read as YAML.
    """
    roots = roots_of(text)
    walk = _Walk(masker)
    for root in roots:
        walk.visit(root, "entry", secret=False)
    scalars = scalars_of(roots)
    shown = _Comments(text, scalars, masker)
    out, done = [], 0
    for scalar in scalars:
        written = text[scalar.start : scalar.end]
        rewritten = _rewritten(scalar, written, walk.shown(scalar), masker.secrets.mask(scalar.anchor))
        kept = _head_end(text, scalar) if rewritten == written else scalar.start
        out += [shown.between(done, kept), rewritten[kept - scalar.start :]]
        done = scalar.end
    return masker.secrets.by_value("".join([*out, shown.between(done, len(text))]))


class _Walk:
    def __init__(self, masker: TextMasker) -> None:
        self.masker = masker
        self.texts: dict[int, str] = {}
        self.hidden: set[int] = set()
        self.seen: set[tuple[int, str, bool]] = set()
        """Nodes with what was done to them: an alias under thousands of keys is looked at as often as there are ways to."""

    def shown(self, scalar: Scalar) -> str:
        """The value with marks; one that stands in a secret's place somewhere is marked as a whole everywhere."""
        if id(scalar) in self.hidden:
            return self.masker.whole(scalar.value)
        return self.masker.secrets.mask(self.texts.get(id(scalar), scalar.value))

    def visit(self, node: Node, kind: str, *, secret: bool) -> None:
        """Everything in a node that stands under a key of this kind."""
        if (id(node), kind, secret) in self.seen:
            return
        self.seen.add((id(node), kind, secret))
        if isinstance(node, Mapping):
            self._mapping(node, kind, secret=secret)
        elif isinstance(node, Sequence):
            self._sequence(node, kind, secret=secret)
        elif secret:
            self.hidden.add(id(node))
        else:
            self.texts[id(node)] = self._reader(kind)(self.texts.get(id(node), node.value))

    def _reader(self, kind: str) -> Callable[[str], str]:
        if kind == "user":
            return lambda text: self.masker.entry(self.masker.rules(text))
        return {"prose": self.masker.prose, "script": self.masker.script}.get(kind, self.masker.entry)

    def _mapping(self, mapping: Mapping, kind: str, *, secret: bool) -> None:
        named = any(
            _text(name).lower() in _CALLED and isinstance(value, Scalar) and self.masker.is_secret(value.value)
            for name, value in mapping.pairs
        )
        for name, value in mapping.pairs:
            called = _text(name)
            if _is_reference(called.lower(), value):
                continue
            beside = named and called.lower() not in _CALLED
            self.visit(name, "entry", secret=secret and called not in _STRUCTURE)
            is_secret = self.masker.is_secret(called) or any(map(self.masker.is_secret, _names_in(name)))
            is_secret = is_secret or (called.lower() == "secrets" and isinstance(value, Scalar))
            self.visit(value, _kind_of(called) if called else kind, secret=secret or beside or is_secret)

    def _sequence(self, sequence: Sequence, kind: str, *, secret: bool) -> None:
        scalars = [item for item in sequence.items if isinstance(item, Scalar)]
        if not secret:
            values = [scalar.value for scalar in scalars]
            for scalar, masked in zip(scalars, self.masker.words(values), strict=True):
                if masked != scalar.value and places.is_mark(masked):
                    self.hidden.add(id(scalar))
                elif masked != scalar.value:
                    self.texts[id(scalar)] = masked
        for item in sequence.items:
            self.visit(item, kind, secret=secret)


class _Comments:
    """The text between scalars: comments, tags and the names of anchors, and signs without content."""

    def __init__(self, text: str, scalars: list[Scalar], masker: TextMasker) -> None:
        self.text = text
        self.masker = masker
        ends = [0, *(scalar.end for scalar in scalars)]
        starts = [*(_head_end(text, scalar) for scalar in scalars), len(text)]
        found = [span for gap in zip(ends, starts, strict=True) for span in _comments_in(text, *gap)]
        for start, end in found:
            self._masked(start, end)  # what it tells is looked for elsewhere
        self.left_out = comments.telling_comments(text, found, masker.names)

    def between(self, start: int, end: int) -> str:
        """The text from here to there with its comments masked."""
        out, done = [], start
        for at, until in _comments_in(self.text, start, end):
            shown = comments.LEFT_OUT if (at, until) in self.left_out else self._masked(at, until)
            out += [self._named(done, at), shown]
            done = until
        return "".join([*out, self._named(done, end)])

    def _named(self, start: int, end: int) -> str:
        between = self.text[start:end]
        return self.masker.secrets.mask(between) if re.search(r"[&!*]", between) else between

    def _masked(self, start: int, end: int) -> str:
        comment = self.text[start:end]
        body = comment.lstrip("# \t")
        return comment[: len(comment) - len(body)] + self.masker.comment(body)


def _head_end(text: str, scalar: Scalar) -> int:
    """Return the beginning of a scalar's content, behind everything that may have a comment."""
    found = _HEAD.match(text, scalar.start, scalar.end) if text[scalar.start] in "&!|>" else None
    return found.end() if found else scalar.start


def _comments_in(text: str, start: int, end: int) -> Iterator[comments.Span]:
    for found in _COMMENT.finditer(text, start, end):
        yield found.start(), found.start() + len(found.group().rstrip())


def _kind_of(key: str) -> str:
    """Return how texts under a key are read."""
    lowered = key.lower()
    if places.is_nearly(lowered, "user"):
        return "user"
    return "prose" if lowered in _PROSE else "script" if lowered in _SCRIPTS else "entry"


def _is_reference(key: str, value: Node) -> bool:
    """True if a key only names a Secret of Kubernetes."""
    if isinstance(value, Mapping):
        return key in _REFERENCES or (key == "secret" and any(_text(name) == "secretName" for name, _ in value.pairs))
    return isinstance(value, Scalar) and key in _NAMES_OF_SECRETS


def _text(node: Node) -> str:
    return node.value.strip() if isinstance(node, Scalar) else ""


def _names_in(node: Node) -> Iterator[str]:
    """The words of a key that is not a scalar."""
    for child in children(node):
        if isinstance(child, Scalar):
            yield child.value


def _rewritten(scalar: Scalar, written: str, shown: str, anchor: str) -> str:
    """A scalar as it is written where nothing is marked in it, else rewritten in the same style where that is possible."""
    if shown == scalar.value:
        return written
    end = re.search(r"[\n\r\x85\u2028\u2029]*\Z", written)
    before = f"&{anchor} " if anchor else ""
    return before + _styled(scalar, written, shown) + (end.group() if end else "")


def _styled(scalar: Scalar, written: str, shown: str) -> str:
    if scalar.style == "|" or "\n" in shown.strip("\n"):
        return _block(scalar, written, shown)
    line = " ".join(shown.split())
    if not scalar.style and written == scalar.value:
        return line
    if scalar.style in ("'", '"') and written[1:-1] == scalar.value and scalar.style not in line:
        return scalar.style + line + scalar.style
    return "'" + line.replace("'", "''") + "'"


def _block(scalar: Scalar, written: str, shown: str) -> str:
    """Several lines: a block as it was, with the same number of spaces before its lines; in quotes where that may be another text."""
    lines = re.split(r"[\n\r\x85\u2028\u2029]", written)
    body = next((line for line in lines[1:] if line.strip()), "")
    indent = len(body) - len(body.lstrip(" "))
    plain = scalar.style == "|" and indent and not scalar.value.startswith((" ", "\n"))
    if not plain or "\t" in body[:indent]:
        return json.dumps(shown, ensure_ascii=False)
    keep = "" if shown.endswith("\n") else "-"
    return f"|{keep}\n" + "\n".join(" " * indent + line if line else "" for line in shown.rstrip("\n").split("\n"))
