"""The expansion of words with ``$`` in them: variables, arguments, arrays, and what stands in ``${…}``."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from jsquared.deployment.read.containers import shell_patterns as patterns
from jsquared.deployment.read.containers.shell_arithmetic import calculate
from jsquared.deployment.read.containers.shell_effort import Effort
from jsquared.deployment.read.containers.shell_scope import Scope
from jsquared.deployment.read.containers.shell_words import Unreadable
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
    """Expands texts with the variables of a scope."""

    def __init__(self, scope: Scope, effort: Effort) -> None:
        self.scope = scope
        self.effort = effort
        self.depth = 0

    def pieces(self, text: str) -> Iterator[Piece]:
        """The pieces that a text consists of.

        :raises Unreadable: a variable is written in a way that is not read here, or stands for too much.
        """
        at = 0
        while (dollar := text.find("$", at)) >= 0:
            if dollar > at:
                yield Piece(text[at:dollar])
            piece, at = self._one(text, dollar)
            yield piece
        if at < len(text):
            yield Piece(text[at:])

    def string(self, text: str) -> str:
        """Return a text in one piece."""
        return "".join(self._written(piece) for piece in self.pieces(text))

    def _written(self, piece: Piece) -> str:
        return self.effort.write(piece.text if piece.items is None else " ".join(piece.items))

    def _one(self, text: str, dollar: int) -> tuple[Piece, int]:
        if text.startswith("${", dollar):
            end = closing_brace(text, dollar + 2)
            self.depth += 1
            if end < 0 or self.depth > _DEEPEST:
                raise Unreadable("a variable in ${…} that cannot be read")
            piece = self._braced(text[dollar + 2 : end])
            self.depth -= 1
            return piece, end + 1
        found = _SIMPLE.match(text, dollar)
        if found is None:
            if text[dollar + 1 : dollar + 2] in ("$", "!", "-"):
                raise Unreadable("$… of a process that is not run")
            return Piece("$"), dollar + 1
        return self._plain(found.group(1)), found.end()

    def _plain(self, name: str) -> Piece:
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

    def _braced(self, inside: str) -> Piece:
        if "$(" in inside or "`" in inside:
            raise Unreadable("a variable in ${…} that cannot be read")
        found = _BRACED.fullmatch(inside)
        if found is None:
            return self._refused()
        before, name, index, rest = found.groups()
        if index in ("@", "*") or name in "@*":
            return self._several(before, name, rest, joined=index == "*")
        value = self._value(name) if index is None else self._item(name, index)
        if before == "!":
            value = self._value(self._name_in(value))
        elif before:
            return Piece(str(len(value or "")), True) if not rest else self._refused()
        return Piece(self._operated(value, name, rest), True)

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
            return Piece(self.effort.write(" ".join(items)), True)
        return Piece("", True, tuple(items))

    def _item(self, name: str, index: str) -> str | None:
        items = self.scope.items(name)
        number = calculate(self.string(index), self.scope)
        return items[number] if -len(items) <= number < len(items) else None

    def _operated(self, value: str | None, name: str, rest: str) -> str:
        operator = next((each for each in _OPERATORS if rest.startswith(each)), "")
        if rest and not operator:
            self._refused()
        word = rest[len(operator) :]
        if operator.strip(":") in ("-", "=", "+", "?") and operator:
            out = self._default(value, name, operator, word)
        else:
            out = self._changed(value or "", operator, word)
        self.effort.joints.note(out, [value or "", word])
        return self.effort.write(out)

    def _default(self, value: str | None, name: str, operator: str, word: str) -> str:
        there = value is not None and (":" not in operator or value != "")
        kind = operator[-1]
        if kind == "+":
            return self._word(word) if there else ""
        if there:
            return value or ""
        if kind == "?":
            raise Unreadable("a variable in ${…} that cannot be read")
        out = self._word(word)
        if kind == "=":
            self.scope.put(name, out)
        return out

    def _changed(self, value: str, operator: str, word: str) -> str:
        longest = len(operator) == 2
        kind = operator[:1]
        if kind == "#":
            return patterns.without_beginning(value, self.string(word), self.effort, longest=longest)
        if kind == "%":
            return patterns.without_end(value, self.string(word), self.effort, longest=longest)
        if kind == "/":
            pattern, by = _in_two(word)
            text, by = self.string(pattern), self._word(by)
            return patterns.replaced(value, text, by, self.effort, everywhere=longest)
        if kind in ("^", ","):
            change = str.upper if kind == "^" else str.lower
            return change(value) if longest else change(value[:1]) + value[1:]
        return value

    def _word(self, word: str) -> str:
        """The word behind an operator, without its quotes."""
        plain = re.sub(r"\\(.)|[\"']", lambda found: found.group(1) or "", word, flags=re.DOTALL)
        return self.string(plain)


def _in_two(word: str) -> tuple[str, str]:
    """Return the pattern and what replaces it: ``a/b``, where a slash may be escaped."""
    found = re.match(r"((?:\\.|[^/\\])*)(?:/(.*))?$", word, re.DOTALL)
    return (found.group(1), found.group(2) or "") if found else (word, "")
