"""The words and operators of a shell script, with what of each word is quoted: nothing is expanded here."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from jsquared.text import closing_brace

OPERATORS = (
    "&&",
    "||",
    ";;",
    "<<-",
    "<<<",
    "<<",
    ">>",
    ">&",
    "<&",
    "&>",
    ";",
    "&",
    "|",
    "((",
    "(",
    ")",
    "<",
    ">",
    "\n",
)


KNOWN_WORDS = frozenset(
    """
    . apk apt-get awk basename bash break case cat chmod chown command continue cp curl cut dig dirname do done echo
    elif else env envsubst esac eval exec exit export false fi find for function getent git gomplate grep gosu head
    hostname if in install ip jq kubectl ln local ls mkdir mktemp mv nc nslookup openssl perl ping printf python python3
    read readonly redis-cli redis-sentinel redis-server return rm sed select seq set sh sha1sum shift sleep socat sort
    source su-exec sudo supervisord switch tail tar tee test then time timeout touch tr trap true until valkey-cli
    valkey-sentinel valkey-server wait wget while xargs [ [[ ! { } ( ) && || & | ; ;; < > << >> <<- <<< >& <& &>
    """.split()
)
"""What may be quoted of a script: any other word of it may be a part of a password."""
_PATH = re.compile(
    r"/(bin|bitnami|conf|config|configs|data|etc|home|mnt|opt|redis|root|run|sbin|scripts|sentinel|srv|tmp|usr|var)(/[\w.-]{1,100}){1,9}"
    r"|[\w./-]{0,150}[\w-]\.(sh|py|pl|rb|conf|cfg|acl|env|txt|tmpl|tpl|template|in|ya?ml|json)"
)
"""What looks like a path and not like a password with a slash in it."""


UNKNOWN = "\ufdd0"
"""Stands for what only a running container knows, such as the time: it may be shown, and nothing may depend on it."""


class Unreadable(Exception):  # noqa: N818 -- a property of the text, caught by who reads it
    """A statement that cannot be read; its argument says which one, and quotes nothing that may be a secret."""


def command_in(words: Sequence[str]) -> str:
    """Return a name for a statement that cannot be read: its program, where that is a known one or a script's file, and no arguments."""
    program = words[0] if words else ""
    if program.rpartition("/")[2] in KNOWN_WORDS or _PATH.fullmatch(program):
        return f"{program} …" if len(words) > 1 else program
    return "a command that is not known" if program else "an empty command"


def file_in(path: str) -> str:
    """Return a name for a missing file: its path, where it looks like one."""
    return path if "/" in path and _PATH.fullmatch(path) else "a file"


@dataclass(frozen=True)
class Part:
    """A piece of a word: ``literal`` as it is, ``text`` with variables, or a ``command`` whose output stands there."""

    kind: str
    text: str
    quoted: bool = False


@dataclass(frozen=True)
class Word:
    """One word, not yet expanded; ``items`` are the words in the parentheses behind ``NAME=`` or ``NAME+=``, an array."""

    parts: tuple[Part, ...]
    items: "tuple[Word, ...] | None" = None

    @property
    def plain(self) -> str:
        """Its text as written, without quotes."""
        return "".join(part.text for part in self.parts)

    @property
    def is_keyword(self) -> bool:
        """True if it may be a keyword: nothing of it is quoted."""
        return len(self.parts) == 1 and not self.parts[0].quoted


Token = str | Word


def told(text: str) -> str:
    """Return a text that something depends on.

    :raises Unreadable: only a running container knows it.
    """
    if UNKNOWN in text:
        raise Unreadable("what only a running container knows")
    return text


def escapes(text: str) -> str:
    """Return a text with ``\\n``, ``\\r``, ``\\t`` and ``\\\\`` as their characters; others that shells know are unknown."""
    known = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\"}
    return re.sub(r"\\([nrt\\0-7abcefuvxEU])", lambda match: known.get(match.group(1), UNKNOWN), text)


def document_parts(text: str) -> list[Part]:
    """The parts of a here-document, or of another text that is expanded as in double quotes."""
    return _Lexer(text).quoted("")


def operand_parts(text: str, *, quoted: bool) -> list[Part]:
    """The parts of what stands behind the operator in ``${…}``, which is one text with its blanks."""
    return document_parts(re.sub(r'(?<!\\)"', "", text)) if quoted else _Lexer(text).operand()


def tokens_of(text: str) -> list[Token]:
    """The words and operators of a script; the word after ``<<`` is the here-document itself.

    :raises Unreadable: a quote or a substitution is not closed.
    """
    return _Lexer(text).tokens()


class _Lexer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.out: list[Token] = []
        self.documents: list[tuple[int, str, bool]] = []

    def tokens(self) -> list[Token]:
        while self.at < len(self.text):
            char = self.text[self.at]
            operator = next((each for each in OPERATORS if self.text.startswith(each, self.at)), "")
            if char in " \t\r":
                self.at += 1
            elif self.text.startswith("\\\n", self.at):
                self.at += 2
            elif char == "#":
                self.at = self._end_of_line()
            elif operator:
                self.at += len(operator)
                self.out.append(operator)
                if operator == "\n":
                    self._documents()
            else:
                self._word()
        self._documents()
        return self.out

    def _end_of_line(self) -> int:
        end = self.text.find("\n", self.at)
        return len(self.text) if end < 0 else end

    def _word(self) -> None:
        match = re.compile(r"\d(?=[<>])").match(self.text, self.at)
        if match:  # the number of a descriptor before a redirection
            self.at = match.end()
            self.out.append(Word((Part("descriptor", match.group()),)))
            return
        parts: list[Part] = []
        while self.at < len(self.text) and self.text[self.at] not in " \t\r\n;&|()<>":
            parts += self._part()
        self.out.append(Word(tuple(parts)))
        if len(self.out) > 1 and self.out[-2] in ("<<", "<<-"):
            quoted = any(part.quoted or part.kind == "literal" for part in parts)
            self.documents.append((len(self.out) - 1, "".join(part.text for part in parts), quoted))

    def operand(self) -> list[Part]:
        parts: list[Part] = []
        while self.at < len(self.text):
            parts += self._part("")
        return parts

    def _part(self, ends: str = " \t\r\n;&|()<>") -> list[Part]:
        """The next part of a word that one of ``ends`` ends."""
        char = self.text[self.at]
        if char == "'":
            return [Part("literal", self._until("'", self.at + 1), True)]
        if char == '"':
            self.at += 1
            return self.quoted('"')
        if self.text.startswith("$'", self.at):
            return [Part("literal", escapes(self._until("'", self.at + 2)), True)]
        if char == "\\":
            self.at += 2
            escaped = self.text[self.at - 1 : self.at]
            return [] if escaped == "\n" else [Part("literal", escaped)]
        if (substituted := self._substitution()) is not None:
            return [Part("command", substituted)]
        return [Part("text", self._run(ends + "'\"\\`"))]

    def _until(self, closing: str, start: int) -> str:
        end = self.text.find(closing, start)
        if end < 0:
            raise Unreadable("a quote that is not closed")
        self.at = end + 1
        return self.text[start:end]

    def quoted(self, closing: str) -> list[Part]:
        """The parts up to the quote that closes, or without one to the end."""
        parts = [Part("text", "", True)]
        while (char := self.text[self.at : self.at + 1]) != closing:
            if not char:
                raise Unreadable("a quote that is not closed")
            escaped = self.text[self.at + 1 : self.at + 2]
            if char == "\\" and escaped in ("$", "`", "\\", "\n", closing or "$"):
                parts.append(Part("literal", escaped.strip("\n"), True))
                self.at += 2
            elif char == "\\":
                parts.append(Part("literal", char, True))
                self.at += 1
            elif (substituted := self._substitution()) is not None:
                parts.append(Part("command", substituted, True))
            else:
                parts.append(Part("text", self._run(closing + "\\`"), True))
        self.at += 1
        return parts

    def _run(self, stops: str) -> str:
        """Text up to one of ``stops``, a substitution or the end; what stands in ``${…}`` belongs to it."""
        start = self.at
        ends = ("$(", "$'") if "'" in stops else ("$(",)
        while self.at < len(self.text):
            if self.text.startswith("${", self.at):
                self.at = closing_brace(self.text, self.at + 2) + 1
                if not self.at:
                    raise Unreadable("a } is missing")
            elif self.text[self.at] in stops or self.text.startswith(ends, self.at):
                break
            else:
                self.at += 1
        return self.text[start : self.at]

    def _substitution(self) -> str | None:
        """The command in ``$(…)`` or backquotes, None where there is none here."""
        if self.text[self.at] == "`":
            return self._until("`", self.at + 1)
        if not self.text.startswith("$(", self.at):
            return None
        depth, start = 0, self.at + 2
        for end in range(self.at + 1, len(self.text)):
            depth += {"(": 1, ")": -1}.get(self.text[end], 0)
            if depth == 0:
                self.at = end + 1
                return self.text[start:end]
        raise Unreadable("a $( that is not closed")

    def _documents(self) -> None:
        """Read the here-documents that were announced on the line that has ended."""
        for index, closing, quoted in self.documents:
            lines, strip = [], self.out[index - 1] == "<<-"
            while self.at < len(self.text):
                end = self._end_of_line()
                line = self.text[self.at : end]
                self.at = min(end + 1, len(self.text))
                line = line.lstrip("\t") if strip else line
                if line == closing:
                    break
                lines.append(line + "\n")
            self.out[index] = Word((Part("literal" if quoted else "document", "".join(lines), True),))
        self.documents = []
