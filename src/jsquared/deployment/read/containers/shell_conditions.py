"""The tests of shells: ``[ … ]``, ``test …`` and ``[[ … ]]``."""

import re
from collections.abc import Callable, Sequence

from jsquared.deployment.read.containers.container_files import ContainerFiles
from jsquared.deployment.read.containers.shell_effort import Effort
from jsquared.deployment.read.containers.shell_patterns import matches
from jsquared.deployment.read.containers.shell_words import Token, Unreadable, Word

_FILES = ("-f", "-e", "-s", "-r", "-d", "-x")
_NUMBERS: dict[str, Callable[[int, int], bool]] = {
    "-eq": lambda a, b: a == b,
    "-ne": lambda a, b: a != b,
    "-lt": lambda a, b: a < b,
    "-le": lambda a, b: a <= b,
    "-gt": lambda a, b: a > b,
    "-ge": lambda a, b: a >= b,
}


def holds(words: Sequence[str], files: ContainerFiles) -> bool:
    """True if a test holds: files, empty words, equal words, numbers.

    :raises Unreadable: another test.
    """
    if words and words[0] == "!":
        return not holds(words[1:], files)
    if len(words) == 2 and words[0] in _FILES:
        return bool(words[1]) and files.knows(words[1])
    if len(words) <= 2 and words and words[0] in ("-z", "-n"):
        return ("".join(words[1:]) != "") == (words[0] == "-n")
    if len(words) == 3 and words[1] in ("=", "==", "!="):
        return (words[0] == words[2]) == (words[1] != "!=")
    if len(words) == 3 and words[1] in _NUMBERS:
        return _NUMBERS[words[1]](_number(words[0]), _number(words[2]))
    if len(words) > 1:
        raise Unreadable("[ …")
    return list(words) not in ([], [""])


def _number(text: str) -> int:
    """A number; a word that is none is 0, where a shell would complain and say that the test does not hold."""
    if not re.fullmatch(r"\s*-?[0-9]{1,18}\s*", text):
        raise Unreadable("a test of a number that is none")
    return int(text)


class Condition:
    """The inside of ``[[ … ]]``. ``expand`` gives the text of a word, which is not split."""

    def __init__(
        self, tokens: Sequence[Token], expand: Callable[[Word], str], files: ContainerFiles, effort: Effort
    ) -> None:
        self.tokens = [each for each in tokens if each != "\n"]
        self.expand = expand
        self.files = files
        self.effort = effort
        self.at = 0

    def holds(self) -> bool:
        """True if it holds.

        :raises Unreadable: it has something that is not read here.
        """
        found = self._any()
        if self.at < len(self.tokens):
            raise Unreadable("[[ …")
        return found

    def _peek(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _any(self) -> bool:
        found = self._all()
        while self._peek() == "||":
            self.at += 1
            other = self._all()
            found = found or other
        return found

    def _all(self) -> bool:
        found = self._one()
        while self._peek() == "&&":
            self.at += 1
            other = self._one()
            found = found and other
        return found

    def _one(self) -> bool:
        each = self._peek()
        if each == "(":
            self.at += 1
            found = self._any()
            if self._peek() != ")":
                raise Unreadable("[[ …")
            self.at += 1
            return found
        if isinstance(each, Word) and each.is_keyword and each.plain == "!":
            self.at += 1
            return not self._one()
        words: list[Word] = []
        while isinstance(word := self._peek(), Word) and len(words) < 3:
            words.append(word)
            self.at += 1
        return self._of(words)

    def _of(self, words: list[Word]) -> bool:
        operator = words[1].plain if len(words) == 3 else ""
        if operator in ("=", "==", "!=") and not words[2].is_quoted:
            same = matches(self.expand(words[0]), self.expand(words[2]), self.effort)
            return same == (operator != "!=")
        texts = [self.expand(word) for word in words]
        if not texts:
            raise Unreadable("[[ …")
        if operator in _NUMBERS:
            texts = [texts[0] or "0", operator, texts[2] or "0"]
        return holds(texts, self.files)
