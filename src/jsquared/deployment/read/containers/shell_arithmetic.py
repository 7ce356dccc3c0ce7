"""Arithmetic of shells: ``$((…))`` and ``((…))`` on whole numbers of 64 bits."""

import re
from collections.abc import Callable
from typing import Protocol

from jsquared.deployment.read.containers.shell_words import Unreadable

_TOKEN = re.compile(r"\s*(\d{1,18}|[A-Za-z_]\w*|\+\+|--|\+=|-=|<=|>=|==|!=|&&|\|\||[-+*/%()<>!=])")
_LEVELS = (("||",), ("&&",), ("==", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "/", "%"))
_BITS = 1 << 63
LONGEST = 1000
"""Characters of an expression."""


class Variables(Protocol):
    """The variables of a shell."""

    def get(self, name: str) -> str:
        """The value of a variable, empty without one."""
        ...

    def put(self, name: str, value: str) -> None:
        """Change a variable."""
        ...


def calculate(text: str, variables: Variables) -> int:
    """The value of an expression; assignments in it change variables.

    :raises Unreadable: it is no expression that is read here, or divides by zero.
    """
    if len(text) > LONGEST:
        raise Unreadable("an expression that is too long")
    tokens, at = [], 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None:
            raise Unreadable("an expression in (( … ))")
        tokens.append(found.group(1))
        at = found.end()
    return _Expression(tokens, variables).whole() if tokens else 0


class _Expression:
    def __init__(self, tokens: list[str], variables: Variables) -> None:
        self.tokens = tokens
        self.variables = variables
        self.at = 0

    def whole(self) -> int:
        value = self._assignment()
        if self.at < len(self.tokens):
            raise Unreadable("an expression in (( … ))")
        return value

    def _peek(self, ahead: int = 0) -> str:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ""

    def _assignment(self) -> int:
        name, operator = self._peek(), self._peek(1)
        if name.isidentifier() and operator in ("=", "+=", "-="):
            self.at += 2
            value = self._assignment()
            return self._put(
                name, {"=": value, "+=": self._number(name) + value}.get(operator, self._number(name) - value)
            )
        return self._level(0)

    def _level(self, level: int) -> int:
        if level == len(_LEVELS):
            return self._unary()
        value = self._level(level + 1)
        while self._peek() in _LEVELS[level]:
            operator = self._peek()
            self.at += 1
            value = _wrapped(_apply(operator, value, self._level(level + 1)))
        return value

    def _unary(self) -> int:
        sign = self._peek()
        self.at += 1
        if sign in ("-", "+", "!"):
            value = self._unary()
            return {"-": -value, "+": value, "!": int(not value)}[sign]
        if sign in ("++", "--"):
            name = self._peek()
            self.at += 1
            return self._put(name, self._number(name) + (1 if sign == "++" else -1))
        if sign == "(":
            value = self._assignment()
            if self._peek() != ")":
                raise Unreadable("an expression in (( … ))")
            self.at += 1
            return value
        return self._operand(sign)

    def _operand(self, sign: str) -> int:
        if sign.isdecimal():
            return int(sign)
        if not sign.isidentifier():
            raise Unreadable("an expression in (( … ))")
        value = self._number(sign)
        if self._peek() in ("++", "--"):
            self._put(sign, value + (1 if self._peek() == "++" else -1))
            self.at += 1
        return value

    def _number(self, name: str) -> int:
        written = self.variables.get(name).strip()
        if not written:
            return 0
        if not re.fullmatch(r"-?[0-9]{1,18}", written):
            raise Unreadable("an expression with a variable that is no number")
        return int(written)

    def _put(self, name: str, value: int) -> int:
        if not name.isidentifier():
            raise Unreadable("an expression in (( … ))")
        self.variables.put(name, str(_wrapped(value)))
        return _wrapped(value)


def _wrapped(value: int) -> int:
    return (value + _BITS) % (2 * _BITS) - _BITS


_SIMPLE: dict[str, Callable[[int, int], int]] = {
    "||": lambda a, b: int(bool(a or b)), "&&": lambda a, b: int(bool(a and b)), "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b), "<": lambda a, b: int(a < b), "<=": lambda a, b: int(a <= b), ">": lambda a, b: int(a > b),
    ">=": lambda a, b: int(a >= b), "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
}  # fmt: skip


def _apply(operator: str, left: int, right: int) -> int:
    if operator in _SIMPLE:
        return _SIMPLE[operator](left, right)
    if right == 0:
        raise Unreadable("an expression that divides by zero")
    quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    return quotient if operator == "/" else left - quotient * right
