"""The commands that choose lines, columns and characters of what comes in."""

import hashlib
import re
from collections.abc import Mapping, Sequence

from jsquared.deployment.read.containers.shell_container import Container, Output, known_text
from jsquared.deployment.read.containers.shell_sed import compiled
from jsquared.deployment.read.containers.shell_words import Unreadable, command_in, escapes
from jsquared.text import whole_number

MOST_NUMBERS = 1000
"""Of one ``seq``."""


def awk(container: Container, _values: Mapping[str, str], words: Sequence[str], given: str) -> Output:
    """A column of each line, or of the first, or of those in which a plain word stands: ``{ print $2 }``."""
    match = re.fullmatch(
        r"(?:NR==1 *|/([\w -]+)/ *)?\{ *print *\$(\d+) *;?(?: *exit;?)? *\}", words[1] if len(words) > 1 else ""
    )
    column = whole_number(match.group(2)) if match else None
    if match is None or column is None:
        raise Unreadable(command_in(words))
    text = "".join(known_text(container, path) for path in words[2:]) if words[2:] else given
    given = "".join(line + "\n" for line in text.splitlines() if (match.group(1) or "") in line)
    lines = given.splitlines()[:1] if "NR==1" in words[1] or "exit" in words[1] else given.splitlines()
    columns = [[line, *line.split()] for line in lines]
    return True, "".join((row[column] if column < len(row) else "") + "\n" for row in columns)


def head(_container: Container, _values: Mapping[str, str], words: Sequence[str], given: str) -> Output:
    """The first line."""
    if "".join(words[1:]) not in ("-1", "-n1"):
        raise Unreadable(command_in(words))
    return True, "".join(line + "\n" for line in given.splitlines()[:1])


def cut(_container: Container, _values: Mapping[str, str], words: Sequence[str], given: str) -> Output:
    """A column of each line."""
    match = re.fullmatch(r"-d(.)-f(\d+)", "".join(words[1:]))
    column = whole_number(match.group(2)) if match else None
    if match is None or column is None:
        raise Unreadable(command_in(words))
    rows = [line.split(match.group(1)) for line in given.splitlines()]
    at = column - 1
    return True, "".join((row[at] if at < len(row) else "") + "\n" for row in rows)


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


def _characters(written: str) -> str:
    named = {"[:upper:]": "A-Z", "[:lower:]": "a-z", "[:digit:]": "0-9"}.get(written, escapes(written))
    return re.sub(
        r"([a-zA-Z0-9])-([a-zA-Z0-9])",
        lambda found: "".join(map(chr, range(ord(found.group(1)), ord(found.group(2)) + 1))),
        named,
    )


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
