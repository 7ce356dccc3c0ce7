"""The expansion of words with ``$`` in them: variables, arguments, arrays, and what stands in ``${…}``."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from jsquared.deployment.read.containers import shell_patterns as patterns
from jsquared.deployment.read.containers.shell_arithmetic import calculate
from jsquared.deployment.read.containers.shell_effort import Effort
from jsquared.deployment.read.containers.shell_scope import Scope
from jsquared.deployment.read.containers.shell_words import UNKNOWN, Unreadable, told
from jsquared.text import closing_brace

_SIMPLE = re.compile(r"\$([A-Za-z_]\w*|[0-9@*#?])")
_BRACED = re.compile(r"(#|!)?([A-Za-z_]\w*|[0-9]{1,3}|[@*#?])(?:\[([^\]]{1,100})\])?(.*)", re.DOTALL)
_OPERATORS = (":-", ":=", ":+", ":?", "##", "%%", "//", "^^", ",,", "-", "=", "+", "?", "#", "%", "/", "^", ",")
_DEEPEST = 20


@dataclass(frozen=True)
class Piece:
    """A piece of a word: its text, or several words (``"$@"``). ``is_value``: it came from a variable, so it is split without quotes."""

    text: str
    is_value: bool = False
    items: tuple[str, ...] | None = None


class Expansion:
    """Expands texts with the variables of a scope. ``operand`` gives the pieces of what stands in place of a variable."""

    def __init__(self, scope: Scope, effort: Effort, operand: Callable[[str, bool], list[Piece]]) -> None:
        self.scope = scope
        self.effort = effort
        self.operand = operand
        self.depth = 0

    def pieces(self, text: str, *, quoted: bool = True) -> Iterator[Piece]:
        """The pieces that a text consists of.

        :raises Unreadable: a variable is written in a way that is not read here, or stands for too much.
        """
        at = 0
        while (dollar := text.find("$", at)) >= 0:
            if dollar > at:
                yield Piece(text[at:dollar])
            pieces, at = self._one(text, dollar, quoted)
            yield from pieces
        if at < len(text):
            yield Piece(text[at:])

    def string(self, text: str) -> str:
        """Return a text in one piece."""
        return "".join(self._written(piece) for piece in self.pieces(text))

    def _written(self, piece: Piece) -> str:
        return self.effort.write(piece.text if piece.items is None else " ".join(piece.items))

    def _one(self, text: str, dollar: int, quoted: bool) -> tuple[list[Piece], int]:
        if text.startswith("${", dollar):
            end = closing_brace(text, dollar + 2)
            self.depth += 1
            if end < 0 or self.depth > _DEEPEST:
                raise Unreadable("a variable in ${…} that cannot be read")
            pieces = self._braced(text[dollar + 2 : end], quoted)
            self.depth -= 1
            return pieces, end + 1
        found = _SIMPLE.match(text, dollar)
        if found is None:
            if text[dollar + 1 : dollar + 2] in ("$", "-"):
                raise Unreadable("$… of a process that is not run")
            if text.startswith("!", dollar + 1):
                return [Piece(UNKNOWN, True)], dollar + 2
            return [Piece("$")], dollar + 1
        return [self._plain(found.group(1), quoted)], found.end()

    def _plain(self, name: str, quoted: bool) -> Piece:
        if name == "*" and quoted:
            return Piece(self.effort.write(self.scope.separators[:1].join(self.scope.arguments[1:])), True)
        if name in "@*":
            return Piece("", True, tuple(self.scope.arguments[1:]))
        return Piece(self.effort.write(self._value(name) or ""), True)

    def _value(self, name: str) -> str | None:
        if name == "?":
            return "0" if self.scope.ok else "1"
        if name == "#":
            return str(len(self.scope.arguments) - 1)
        if name.isdecimal():
            return self.scope.arguments[int(name)] if int(name) < len(self.scope.arguments) else None
        return self.scope.find(name)

    def _braced(self, inside: str, quoted: bool) -> list[Piece]:
        found = _BRACED.fullmatch(inside)
        if found is None:
            return [self._refused()]
        before, name, index, rest = found.groups()
        if index in ("@", "*") or name in "@*":
            return [self._several(before, name, rest, joined=quoted and "*" in (index, name))]
        value = self._value(name) if index is None else self._item(name, index)
        if before == "!":
            value = self._value(self._name_in(value))
        elif before:
            return [Piece(str(len(told(value or ""))), True) if not rest else self._refused()]
        operator = next((each for each in _OPERATORS if rest.startswith(each)), "")
        if operator.strip(":") in ("-", "=", "+", "?") and operator:
            return self._default(value, name, operator, rest[len(operator) :], quoted)
        return [Piece(self._operated(value, operator, rest), True)]

    @staticmethod
    def _refused() -> Piece:
        raise Unreadable("a variable in ${…} that cannot be read")

    @staticmethod
    def _name_in(value: str | None) -> str:
        if not value or not re.fullmatch(r"[A-Za-z_]\w*|[0-9]{1,3}", value):
            raise Unreadable("a variable in ${!…} that names none")
        return value

    def _several(self, before: str, name: str, rest: str, *, joined: bool) -> Piece:
        items = self.scope.arguments[1:] if name in "@*" else self.scope.items(name)
        if rest or before == "!":
            return self._refused()
        if before:
            return Piece(str(len(items)), True)
        if joined:
            return Piece(self.effort.write(self.scope.separators[:1].join(items)), True)
        return Piece("", True, tuple(items))

    def _item(self, name: str, index: str) -> str | None:
        items = self.scope.items(name)
        number = calculate(self.string(index), self.scope)
        return items[number] if -len(items) <= number < len(items) else None

    def _operated(self, value: str | None, operator: str, rest: str) -> str:
        word = rest[len(operator) :]
        if rest.startswith(":"):
            out = self._cut(told(value or ""), rest[1:])
        elif rest and not operator:
            out = self._refused().text
        else:
            out = self._changed(told(value or "") if operator else value or "", operator, word)
        self.effort.joints.note(out, [value or "", word])
        return self.effort.write(out)

    def _cut(self, value: str, word: str) -> str:
        """``${NAME:START:LENGTH}``; a start below zero counts from the end."""
        if "$(" in word or "`" in word:
            self._refused()
        start, *length = (calculate(self.string(each), self.scope) for each in word.split(":", 1))
        if start < -len(value):
            return ""
        rest = value[start:]
        return rest[: length[0]] if length else rest

    def _default(self, value: str | None, name: str, operator: str, word: str, quoted: bool) -> list[Piece]:
        there = value is not None and (":" not in operator or value != "")
        kind = operator[-1]
        if there != (kind == "+"):
            return [Piece(self.effort.write(value or "") if there else "", True)]
        if kind == "?":
            raise Unreadable("a variable that must be set and is not")
        pieces = self.operand(word, quoted)
        out = "".join(self._written(piece) for piece in pieces)
        self.effort.joints.note(out, [word, *(piece.text for piece in pieces)])
        if kind == "=":
            self.scope.put(name, out)
        return pieces

    def _changed(self, value: str, operator: str, word: str) -> str:
        longest = len(operator) == 2
        kind = operator[:1]
        if kind == "#":
            return patterns.without_beginning(value, self._pattern(word), self.effort, longest=longest)
        if kind == "%":
            return patterns.without_end(value, self._pattern(word), self.effort, longest=longest)
        if kind == "/":
            pattern, by = _in_two(word)
            if operator == "/" and word[:1] in ("#", "%"):
                self._refused()
            by = "".join(self._written(piece) for piece in self.operand(by, False))
            return patterns.replaced(value, self._pattern(pattern), by, self.effort, everywhere=longest)
        if kind in ("^", ","):
            change = str.upper if kind == "^" else str.lower
            return change(value) if longest else change(value[:1]) + value[1:]
        return value

    def _pattern(self, word: str) -> str:
        """The pattern behind an operator: what is quoted in it means itself."""
        texts = ((self._written(piece), piece.is_value) for piece in self.operand(word, False))
        return "".join(text if is_pattern else patterns.escaped(text) for text, is_pattern in texts)


def _in_two(word: str) -> tuple[str, str]:
    """Return the pattern and what replaces it: ``a/b``, where a slash may be escaped."""
    found = re.match(r"((?:\\.|[^/\\])*)(?:/(.*))?$", word, re.DOTALL)
    return (found.group(1), found.group(2) or "") if found else (word, "")
