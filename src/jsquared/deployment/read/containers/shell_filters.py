"""The commands that choose lines, columns and characters of what comes in."""

import hashlib
import re
from collections.abc import Mapping, Sequence

from jsquared.deployment.read.containers.shell_container import Container, Output, known_text
from jsquared.deployment.read.containers.shell_sed import compiled
from jsquared.deployment.read.containers.shell_words import Unreadable, command_in, escapes, told

MOST_NUMBERS = 1000
"""Of one ``seq``."""


_AWK = re.compile(r"(?:NR *== *([0-9]{1,6}) *|/([\w -]+)/ *)?\{ *print *\$([0-9]{1,6}|NF) *;?( *exit;?)? *\}")


def awk(container: Container, _values: Mapping[str, str], words: Sequence[str], given: str) -> Output:
    """A column of each line, or of one line, or of those in which a plain word stands: ``{ print $2 }``; ``-F`` parts the columns."""
    rest = list(words[1:])
    option = rest.pop(0) if rest and rest[0].startswith("-F") else ""
    between = (option[2:] or rest.pop(0)) if option else ""
    match = _AWK.fullmatch(rest[0].strip())
    if match is None or (option and not re.fullmatch(r"[^\w\s\\]", between)):
        raise Unreadable(command_in(words))
    number, word, column, leaves = match.groups()
    text = "".join(known_text(container, path) for path in rest[1:]) if rest[1:] else given
    lines = [line for line in _lines(text) if (word or "") in line]
    lines = lines[int(number) - 1 : int(number)] if number and int(number) else lines
    rows = [
        [line, *(line.split(between) if between and line else line.split())] for line in lines[: 1 if leaves else None]
    ]
    columns = [len(row) - 1 if column == "NF" else int(column) for row in rows]
    return True, "".join((row[at] if at < len(row) else "") + "\n" for row, at in zip(rows, columns, strict=True))


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


def _some_lines(container: Container, words: Sequence[str], given: str) -> tuple[list[str], int]:
    """The lines of a file or of what comes in, and how many of them ``head`` or ``tail`` is asked for."""
    found = re.fullmatch(r"(?:-n?\0?([0-9]{1,6}))?(?:\0?([^\0-].*))?", "\0".join(words[1:]))
    if found is None:
        raise Unreadable(command_in(words))
    text = known_text(container, found.group(2)) if found.group(2) else given
    return _lines(text), int(found.group(1) or "10")


def head(container: Container, _values: Mapping[str, str], words: Sequence[str], given: str) -> Output:
    """The first lines."""
    lines, count = _some_lines(container, words, given)
    return True, "".join(line + "\n" for line in lines[:count])


def tail(container: Container, _values: Mapping[str, str], words: Sequence[str], given: str) -> Output:
    """The last lines; with ``-f`` it only keeps the container alive."""
    if words[1:2] and words[1] in ("-f", "-F"):
        return True, ""
    lines, count = _some_lines(container, words, given)
    return True, "".join(line + "\n" for line in lines[max(len(lines) - count, 0) :])


def cut(_container: Container, _values: Mapping[str, str], words: Sequence[str], given: str) -> Output:
    """A column of each line, or those from one on; a line that cannot be parted is left as it is."""
    match = re.fullmatch(r"-d(.)-f([0-9]{1,6})(-?)|-f([0-9]{1,6})(-?)-d(.)", "".join(words[1:]))
    if match is None:
        raise Unreadable(command_in(words))
    between = match.group(1) or match.group(6)
    at, onwards = int(match.group(2) or match.group(4)) - 1, match.group(3) or match.group(5)
    rows = [line.split(between) for line in _lines(given)]
    parted = [row if len(row) == 1 else row[at:] if onwards else row[at : at + 1] for row in rows]
    return at >= 0, "".join(between.join(row) + "\n" for row in parted)


def grep(container: Container, _values: Mapping[str, str], words: Sequence[str], given: str) -> Output:
    """Lines in which a pattern is found; what comes in empty has none, whatever the pattern is."""
    options, rest = "", list(words[1:])
    while rest and re.fullmatch(r"-[EFqvcio]+", rest[0]):
        options += rest.pop(0)[1:]
    pattern, paths = rest[0], rest[1:]
    if "o" in options:
        raise Unreadable(command_in(words))
    text = "".join(known_text(container, path) for path in paths) if paths else given
    lines = text.splitlines()
    found = [line for line in lines if _finds(container, pattern, options, line) != ("v" in options)]
    if "q" in options:
        return bool(found), ""
    return bool(found), f"{len(found)}\n" if "c" in options else "".join(line + "\n" for line in found)


def _finds(container: Container, pattern: str, options: str, line: str) -> bool:
    lowered = "i" in options
    if "F" in options:
        return (pattern.lower() in line.lower()) if lowered else pattern in line
    regex, power = compiled(pattern, extended="E" in options, ignore_case=lowered)
    container.effort.search(line, power)
    return regex.search(line) is not None


def seq(_container: Container, _values: Mapping[str, str], words: Sequence[str], _given: str) -> Output:
    """Numbers from one to another, each on its line."""
    numbers = [int(word) for word in words[1:] if re.fullmatch(r"-?[0-9]{1,9}", word)]
    if len(numbers) != len(words) - 1 or len(numbers) not in (1, 2):
        raise Unreadable(command_in(words))
    first, last = numbers if len(numbers) == 2 else (1, numbers[0])
    if last - first >= MOST_NUMBERS:
        raise Unreadable(f"more than {MOST_NUMBERS} numbers")
    return True, "".join(f"{number}\n" for number in range(first, last + 1))


def tr(_container: Container, _values: Mapping[str, str], words: Sequence[str], given: str) -> Output:
    """Characters for others, or left out with ``-d``."""
    sets = [_characters(word) for word in words[1:] if word != "-d"]
    if words[1] == "-d" and len(sets) == 1:
        return True, "".join(char for char in given if char not in sets[0])
    if len(sets) != 2 or words[1].startswith("-") or not sets[1]:
        raise Unreadable(command_in(words))
    wide = sets[1] + sets[1][-1] * max(0, len(sets[0]) - len(sets[1]))
    return True, given.translate({ord(old): new for old, new in zip(sets[0], wide, strict=False)})


_CLASSES = {
    "upper": "A-Z", "lower": "a-z", "digit": "0-9", "alpha": "A-Za-z", "alnum": "A-Za-z0-9", "space": " \t\n\r\v\f", "blank": " \t",
}  # fmt: skip


def _characters(written: str) -> str:
    named = re.sub(r"\[:([a-z]+):\]", lambda found: _class(found.group(1)), told(escapes(written)))
    return re.sub(
        r"([a-zA-Z0-9])-([a-zA-Z0-9])",
        lambda found: "".join(map(chr, range(ord(found.group(1)), ord(found.group(2)) + 1))),
        named,
    )


def _class(name: str) -> str:
    if name not in _CLASSES:
        raise Unreadable("tr …")
    return _CLASSES[name]


def openssl(_container: Container, _values: Mapping[str, str], words: Sequence[str], given: str) -> Output:
    """The digest of what comes in, as ``openssl sha1`` writes it."""
    if list(words[1:]) not in (["sha1"], ["sha256"], ["dgst", "-sha1"], ["dgst", "-sha256"]):
        raise Unreadable(command_in(words))
    name = words[-1].lstrip("-")
    return True, f"{name.upper()}(stdin)= {_digest(name, given)}\n"


def digest(_container: Container, _values: Mapping[str, str], words: Sequence[str], given: str) -> Output:
    """The digest of what comes in, as ``sha1sum`` writes it."""
    if len(words) > 1:
        raise Unreadable(command_in(words))
    return True, f"{_digest(words[0].rpartition('/')[2].removesuffix('sum'), given)}  -\n"


def _digest(name: str, text: str) -> str:
    return hashlib.new(name, text.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()
