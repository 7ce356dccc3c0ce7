"""The lines on which the keys of a TOML file stand: Python's own reader says nothing of them.

The text has been read by that reader before, so its syntax is right, and nothing is checked here.
"""

from collections.abc import Mapping

Path = tuple[str, ...]
_BARE_END = frozenset(",]}\n#")


def lines_of(text: str) -> Mapping[Path, int]:
    """Return the keys and tables of a valid TOML text by their paths, each with its first line; those in lists are left out."""
    return _Lines(text).found


class _Lines:
    """One walk over a text."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.found: dict[Path, int] = {}
        self._line, self._counted = 1, 0
        table: Path = ()
        while self._next():
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table, is_kept=True)

    def _next(self, also: str = "") -> bool:
        """Go to the next character that means something; False at the end."""
        while self.at < len(self.text):
            character = self.text[self.at]
            if character == "#":
                self.at = self._find("\n", self.at)
            elif character in " \t\r\n" or character in also:
                self.at += 1
            else:
                return True
        return False

    def _find(self, what: str, start: int) -> int:
        found = self.text.find(what, start)
        return len(self.text) if found < 0 else found

    def _keep(self, path: Path, at: int) -> None:
        self._line += self.text.count("\n", self._counted, at)
        self._counted = at
        self.found.setdefault(path, self._line)

    def _header(self) -> Path:
        start = self.at
        while self.text[self.at] == "[":
            self.at += 1
        path = self._key("]")
        while self.at < len(self.text) and self.text[self.at] == "]":
            self.at += 1
        self._keep(path, start)
        return path

    def _key(self, end: str) -> Path:
        """The parts of a dotted key, up to the character that ends it."""
        parts: list[str] = []
        while self._next(also=".") and self.text[self.at] != end:
            start = self.at
            if self.text[start] in "\"'":
                self._string()
                parts.append(self.text[start + 1 : self.at - 1])
            else:
                while self.text[self.at] not in f". \t{end}":
                    self.at += 1
                parts.append(self.text[start : self.at])
        return tuple(parts)

    def _pair(self, table: Path, *, is_kept: bool) -> None:
        start = self.at
        path = (*table, *self._key("="))
        if is_kept:
            self._keep(path, start)
        self.at += 1
        self._value(path, is_kept=is_kept)

    def _value(self, path: Path, *, is_kept: bool) -> None:
        self._next()
        match self.text[self.at]:
            case '"' | "'":
                self._string()
            case "[":
                self.at += 1
                while self._next(also=",") and self.text[self.at] != "]":
                    self._value(path, is_kept=False)
                self.at += 1
            case "{":
                self.at += 1
                while self._next(also=",") and self.text[self.at] != "}":
                    self._pair(path, is_kept=is_kept)
                self.at += 1
            case _:
                while self.at < len(self.text) and self.text[self.at] not in _BARE_END:
                    self.at += 1

    def _string(self) -> None:
        """Go behind a string of any of the four kinds."""
        quote = self.text[self.at]
        mark = quote * 3 if self.text.startswith(quote * 3, self.at) else quote
        self.at += len(mark)
        while not self.text.startswith(mark, self.at):
            self.at += 2 if quote == '"' and self.text[self.at] == "\\" else 1
        self.at += len(mark)
        while len(mark) == 3 and self.text.startswith(quote, self.at):  # up to two quotes may stand before the mark
            self.at += 1
