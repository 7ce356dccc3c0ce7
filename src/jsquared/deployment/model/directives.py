"""One line of redis.conf or sentinel.conf: its words, and where the user wrote it.

Splitting and quoting follow ``sdssplitargs`` and ``sdscatrepr`` of both engines, so a line means here what it means to the server.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from jsquared.deployment.model.input_files import LONGEST_PLACE, readable
from jsquared.errors import BadInputError
from jsquared.records.secret_places import is_nearly, secret_words, secrets_in
from jsquared.records.secrets import Secrets
from jsquared.text import whole_number

_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"a": b"\a"}
_ESCAPED = {value: b"\\" + key for key, value in _ESCAPES.items()} | {b"\\": b"\\\\", b'"': b'\\"'}
_SPACES = b" \t\n\v\f\r\0"
_PLAIN_WORD = re.compile(r"[!#-&(-\[\]-~]+")  # printable, without quotes, backslashes and spaces
_HEX = b"0123456789abcdefABCDEF"

# Names that the engines accept for the same thing, beside the general slave/replica pairs.
_ALIASES = {"primaryauth": "masterauth", "primaryuser": "masteruser"}
_MADE_BY_YAML = ("data", "sentinels", "quorum")  # places in a YAML deployment that JSquared's own lines come from


@lru_cache(maxsize=1024)
def canonical(name: str) -> str:
    """The name under which aliases of a directive compare equal: lower case, ``replica`` rather than ``slave``."""
    lowered = name.lower().replace("slave", "replica")
    return _ALIASES.get(lowered, lowered)


@dataclass(frozen=True)
class Source:
    """A file of the user's: ``name`` relative to the deployment (a key of its input files), ``path`` as one can open it.

    ``shown`` is the path for people where that is another one: a file of an archive lies in a folder that is gone soon.
    """

    name: str
    path: str
    shown: str = ""

    @property
    def place(self) -> str:
        """The path for people."""
        return self.shown or self.path


@dataclass(frozen=True)
class Directive:
    """One configuration line.

    ``text`` is how it was written, in a deployment with marks in the place of the secrets that ``words`` have.
    ``path`` is its place in a YAML file, else its name.
    """

    words: tuple[str, ...]
    source: Source
    line: int | None
    text: str
    path: str = ""
    located: bool = False
    """Whether the file that it names is named by its path on this machine."""

    def __post_init__(self) -> None:
        """Refuse zero bytes: a server compares names as C strings, so ``"loadmodule\\x00"`` is ``loadmodule`` to it and nothing to us.

        :raises BadInputError: a word holds one.
        """
        if any("\0" in word for word in self.words):
            what = "a word holds a zero byte, and servers ignore everything after it"
            raise BadInputError(what, where=self.where, hint="removing it")

    @classmethod
    def make(cls, words: Sequence[str], source: Source, line: int | None, path: str) -> "Directive":
        """A line that was not written as such by anybody: its text is made from the words."""
        return cls(tuple(words), source, line, join_words(words), path)

    @cached_property
    def key(self) -> str:
        """Canonical name, asked for again and again; for Sentinel's own lines with the second word: ``sentinel monitor``."""
        name = canonical(self.words[0])
        return f"sentinel {canonical(self.words[1])}" if name == "sentinel" and len(self.words) > 1 else name

    @property
    def arguments(self) -> tuple[str, ...]:
        """The words after the key."""
        return self.words[2:] if self.key.startswith("sentinel ") else self.words[1:]

    @property
    def where(self) -> str:
        """For error messages: file, line and the place in it."""
        at = self.source.place if self.line is None else f"{self.source.place}:{self.line}"
        named = 2 if is_nearly(self.words[0], "sentinel") else 1
        glued = any(
            index < named and start > 0 for index, start in secret_words(self.words)
        )  # to the name, which has it then
        name = join_words(Secrets().words(self.words)[:2]) if glued and self.key != "user" else self.key
        return readable(f"{at}, {self.path or name}", LONGEST_PLACE)

    def bad(self, what: str, hint: str = "") -> BadInputError:
        """The error that this line is the cause of; what the line keeps secret is not in it."""
        return BadInputError(Secrets().and_also(secrets_in([self.words])).mask(what), where=self.where, hint=hint)

    def number(self, index: int, lowest: int, highest: int) -> int:
        """The argument at ``index`` as a whole number.

        :raises BadInputError: there is none, it is no number or outside the limits.
        """
        text = self.arguments[index] if index < len(self.arguments) else ""
        number = whole_number(text)
        if number is None or not lowest <= number <= highest:
            raise self.bad(
                f"'{text}' is not a whole number from {lowest} to {highest}", f"{self.key} with a plain number"
            )
        return number


def is_users(line: Directive) -> bool:
    """True if an address in this line is the user's own, not one that JSquared wrote for a YAML deployment."""
    return line.path not in _MADE_BY_YAML


def split_words(line: str) -> tuple[str, ...] | None:
    """The words of a line by the servers' rules; None where quotes are unbalanced or followed by something else than a space.

    Bytes written as ``\\xHH`` that are not UTF-8 come back as surrogate escapes.
    """
    data = line.encode("utf-8", "surrogateescape")
    words: list[str] = []
    at = 0
    while True:
        while at < len(data) and data[at] in _SPACES:
            at += 1
        if at >= len(data):
            return tuple(words)
        word, at = _one_word(data, at)
        if word is None:
            return None
        words.append(word.decode("utf-8", "surrogateescape"))


def _one_word(data: bytes, at: int) -> tuple[bytes | None, int]:
    word = b""
    while at < len(data) and data[at] not in _SPACES:
        char = data[at : at + 1]
        if char in (b'"', b"'"):
            part, at = _quoted(data, at + 1, char)
            return (None, at) if part is None else (word + part, at)
        word += char
        at += 1
    return word, at


def _quoted(data: bytes, at: int, quote: bytes) -> tuple[bytes | None, int]:
    out = bytearray()
    while at < len(data):
        char = data[at : at + 1]
        if char == quote:
            at += 1
            closed = at >= len(data) or data[at] in _SPACES
            return (bytes(out), at) if closed else (None, at)
        char, at = _escape(data, at) if quote == b'"' else _single_escape(data, at)
        out += char
    return None, at


def _escape(data: bytes, at: int) -> tuple[bytes, int]:
    if data[at : at + 1] != b"\\" or at + 1 >= len(data):
        return data[at : at + 1], at + 1
    digits = data[at + 2 : at + 4]
    if data[at + 1 : at + 2] == b"x" and len(digits) == 2 and all(digit in _HEX for digit in digits):
        return bytes([int(digits, 16)]), at + 4
    char = data[at + 1 : at + 2]
    return _ESCAPES.get(char, char), at + 2


def _single_escape(data: bytes, at: int) -> tuple[bytes, int]:
    return (b"'", at + 2) if data[at : at + 2] == b"\\'" else (data[at : at + 1], at + 1)


def quote_word(word: str) -> str:
    """The word as a server reads it back: as it is where that is safe, else in double quotes."""
    if _PLAIN_WORD.fullmatch(word):
        return word
    data = word.encode("utf-8", "surrogateescape")
    return '"' + "".join(_printable(bytes([byte])) for byte in data) + '"'


def _printable(byte: bytes) -> str:
    if byte in _ESCAPED:
        return _ESCAPED[byte].decode()
    return byte.decode() if 0x20 <= byte[0] <= 0x7E else f"\\x{byte[0]:02x}"


def join_words(words: Iterable[str]) -> str:
    """A configuration line of these words."""
    return " ".join(quote_word(word) for word in words)
