"""The tests of shells: ``[ … ]``, ``test …`` and ``[[ … ]]``."""

import re
from collections.abc import Callable, Sequence

from jsquared.deployment.read.containers.container_files import ContainerFiles
from jsquared.deployment.read.containers.shell_effort import Effort
from jsquared.deployment.read.containers.shell_patterns import matches, pattern_of
from jsquared.deployment.read.containers.shell_sed import compiled
from jsquared.deployment.read.containers.shell_words import Token, Unreadable, Word, told

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
    told("".join(words))
    for joining, joined in (("-o", any), ("-a", all)):
        if joining in words[1:-1] and len(words) > 3:
            at = words.index(joining, 1)
            return joined((holds(words[:at], files), holds(words[at + 1 :], files)))
    return _holds(words, files)


def _holds(words: Sequence[str], files: ContainerFiles) -> bool:
    if words and words[0] == "!":
        return not holds(words[1:], files)
    if len(words) == 2 and words[0] in _FILES:
        return bool(words[1]) and _is_there(words[0], words[1], files)
    if len(words) <= 2 and words and words[0] in ("-z", "-n"):
        return ("".join(words[1:]) != "") == (words[0] == "-n")
    if len(words) == 3 and words[1] in ("=", "==", "!="):
        return (words[0] == words[2]) == (words[1] != "!=")
    if len(words) == 3 and words[1] in _NUMBERS:
        return _NUMBERS[words[1]](_number(words[0]), _number(words[2]))
    if len(words) > 1:
        raise Unreadable("[ …")
    return list(words) not in ([], [""])


def _is_there(operator: str, path: str, files: ContainerFiles) -> bool:
    """True if there is such a file; of a folder and of a file with a text only where that can be told apart."""
    if operator in ("-f", "-d") and files.knows(path):
        return files.is_folder(path) == (operator == "-d")
    if operator == "-s" and not files.is_folder(path):
        return bool(files.text(path))
    return files.knows(path)


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
        self.found: list[str] | None = None
        """What a regular expression has found, with its groups; None where none was looked for."""

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
        if self._is_search():
            return self._search()
        while isinstance(word := self._peek(), Word) and len(words) < 3:
            words.append(word)
            self.at += 1
        return self._of(words)

    def _is_search(self) -> bool:
        operator = self.tokens[self.at + 1] if self.at + 1 < len(self.tokens) else None
        return isinstance(operator, Word) and operator.is_keyword and operator.plain == "=~"

    def _search(self) -> bool:
        """``TEXT =~ PATTERN``: what is quoted in an extended regular expression means itself."""
        subject = self.tokens[self.at]
        self.at += 2
        pattern, depth = "", 0
        while (each := self._peek()) is not None and each not in ("&&", "||") and (each != ")" or depth):
            depth += {"(": 1, "((": 2, ")": -1}.get(each, 0) if isinstance(each, str) else 0
            parts = each.parts if isinstance(each, Word) else ()
            for part in parts:
                text = self.expand(Word((part,)))
                pattern += re.escape(text) if part.quoted or part.kind == "literal" else text
            pattern += each if isinstance(each, str) else ""
            self.at += 1
        if not isinstance(subject, Word):
            raise Unreadable("[[ …")
        text = told(self.expand(subject))
        regex, power = compiled(told(pattern), extended=True)
        self.effort.search(text, power)
        found = regex.search(text)
        self.found = [found.group(), *(group or "" for group in found.groups())] if found else []
        return found is not None

    def _of(self, words: list[Word]) -> bool:
        operator = words[1].plain if len(words) == 3 else ""
        if operator in ("=", "==", "!="):
            pattern = told(pattern_of(words[2], self.expand))
            same = matches(told(self.expand(words[0])), pattern, self.effort)
            return same == (operator != "!=")
        texts = [self.expand(word) for word in words]
        if not texts:
            raise Unreadable("[[ …")
        if operator in _NUMBERS:
            texts = [texts[0] or "0", operator, texts[2] or "0"]
        return holds(texts, self.files)
