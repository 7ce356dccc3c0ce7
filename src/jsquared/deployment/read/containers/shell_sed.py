"""The stream editor of start scripts: ``s`` commands, also of one line by its number."""

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from jsquared.deployment.read.containers.shell_container import Container, Output, known_text
from jsquared.deployment.read.containers.shell_words import Unreadable, command_in


@dataclass(frozen=True)
class Edit:
    """An edit of one line. ``power`` is that of the line's length which its search may take.

    ``added`` characters and ``references`` to what was found are put in once or (``whole``) wherever something is found.
    """

    apply: Callable[[str], str]
    power: int
    added: int
    references: int
    whole: bool
    line: int | None = None
    """The number of the only line that is edited."""

    def longest(self, line: str) -> int:
        """How long a line can become."""
        times = len(line) + 1 if self.whole else 1
        return len(line) + times * (self.added + self.references * len(line))


def sed(container: Container, _values: Mapping[str, str], words: Sequence[str], given: str) -> Output:
    """Edit files in place (``-i``), or what comes in; ``s`` commands only."""
    rest, commands, in_place, extended = list(words[1:]), [], False, False
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option == "-e":
            commands.append(rest.pop(0))
        elif option in ("-E", "-r"):
            extended = True
        elif option in ("-i", "-ri", "-i''"):
            in_place, extended = True, extended or "r" in option
        else:
            raise Unreadable(command_in(words))
    commands = commands or [rest.pop(0)]
    edits = [_edit(each.strip(), extended=extended) for command in commands for each in _one_each(command)]
    paths = rest
    texts = [known_text(container, path) for path in paths] or [given]
    done = [_edited(container, text, edits) for text in texts]
    if not in_place:
        return True, "".join(done)
    for path, text in zip(paths, done, strict=True):
        container.files.write(path, text)
    return True, ""


def _one_each(command: str) -> list[str]:
    """A script of several commands, one a line or after a semicolon behind a closing delimiter."""
    return [each for line in command.splitlines() for each in re.split(r"(?<=[/|#,]g);|(?<=[/|#,]);", line) if each]


def _edit(command: str, *, extended: bool) -> Edit:
    match = re.fullmatch(
        r"(?P<line>[0-9]{0,6})s(?P<d>[^\w\s\\])(?P<old>(?:\\.|(?!(?P=d)).)*)(?P=d)(?P<new>(?:\\.|(?!(?P=d)).)*)(?P=d)(?P<f>g?)",
        command,
    )
    if match is None:
        raise Unreadable("sed …")
    delimiter = match["d"]
    old = match["old"].replace("\\" + delimiter, re.escape(delimiter))
    new = match["new"].replace("\\" + delimiter, delimiter)
    pattern_text = old if extended else basic_as_extended(old)
    pattern, power = _compiled_text(pattern_text)
    count = 0 if match["f"] else 1

    def replaced(found: re.Match[str]) -> str:
        return re.sub(r"\\(.)|(&)", lambda m: _group(found, m.group(1), m.group(2)), new)

    references = len(re.findall(r"&|\\[0-9]", new))
    line = int(match["line"]) if match["line"] else None
    return Edit(lambda text: pattern.sub(replaced, text, count), power, len(new), references, not count, line)


def compiled(pattern: str, *, extended: bool, ignore_case: bool = False) -> tuple[re.Pattern[str], int]:
    """Return a pattern to search for, and the power of a line's length that its search takes.

    :raises Unreadable: it cannot be read, or may take exponentially long.
    """
    return _compiled_text(pattern if extended else basic_as_extended(pattern), ignore_case=ignore_case)


def _compiled_text(text: str, *, ignore_case: bool = False) -> tuple[re.Pattern[str], int]:
    power = power_of(text)
    try:
        with warnings.catch_warnings(action="ignore"):  # what a later Python may read otherwise is no news to the user
            return re.compile(text, re.IGNORECASE if ignore_case else 0), power
    except (re.error, OverflowError, RecursionError) as problem:
        raise Unreadable("sed …") from problem


def power_of(pattern: str) -> int:
    """To which power of a line's length a search takes comparisons at the worst: each thing that repeats or branches adds one.

    :raises Unreadable: it may take exponentially many: what repeats is a group with several ways to match, or refers back.
    """
    plain = re.sub(r"\\[^0-9]|\[\^?\]?[^]]*\]", "x", pattern)
    plain = re.sub(r"\([^()*+?{|]*\)(?=[*+?{])", "x", plain)  # a group that can match in one way only
    if re.search(r"\)[*+?{]|\(\?|\\[0-9]", plain):
        raise Unreadable("sed …")
    return 1 + len(re.findall(r"[*+?{|]", plain))


def _group(found: re.Match[str], escaped: str | None, whole: str | None) -> str:
    if whole:
        return found.group()
    assert escaped is not None
    return (found.group(int(escaped)) or "") if escaped.isdecimal() else {"n": "\n"}.get(escaped, escaped)


def basic_as_extended(pattern: str) -> str:
    """A basic regular expression as Python's: ``+?(){}|`` are plain there unless escaped."""
    swapped = re.sub(r"\\(.)|([+?(){}|])", lambda m: _swap(m.group(1), m.group(2)), pattern)
    return re.sub(r"^\*|(?<!^)\$(?!$)", lambda m: re.escape(m.group()), swapped)


def _swap(escaped: str | None, plain: str | None) -> str:
    if plain:
        return re.escape(plain)
    assert escaped is not None
    return escaped if escaped in "+?(){}|" else "\\" + escaped


def _edited(container: Container, text: str, edits: Sequence[Edit]) -> str:
    lines = text.split("\n")
    for edit in edits:
        container.effort.search("\n".join(lines), edit.power)
        container.effort.expect(max(map(edit.longest, lines)))
        lines = [
            container.effort.write(edit.apply(line)) if edit.line in (None, number) else line
            for number, line in enumerate(lines, 1)
        ]
    return "\n".join(lines)


def replace_in_file(container: Container, words: Sequence[str]) -> Output:
    """Replace a pattern in a file, as the function of Bitnami's libraries does: ``replace_in_file FILE PATTERN TEXT``."""
    path, pattern, text = words[1:4]
    edit = _edit(f"s\x01{pattern}\x01{text}\x01g", extended=True)
    container.files.write(path, _edited(container, known_text(container, path), [edit]))
    return True, ""
