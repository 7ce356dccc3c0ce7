"""The stream editor of start scripts: commands that replace, delete or add, for all lines or those that an address names."""

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from jsquared.deployment.read.containers.shell_container import Container, Output, known_text
from jsquared.deployment.read.containers.shell_words import Unreadable, command_in


@dataclass
class Line:
    """A line of the text. ``gone``: it is not written any more; ``before`` and ``after`` are written around it, and not edited."""

    text: str
    number: int
    is_last: bool
    gone: bool = False
    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Edit:
    """A command. ``power`` is that of a line's length which its searches may take.

    ``added`` characters and ``references`` to what was found are put in once or (``whole``) wherever something is found.
    """

    apply: Callable[[Line], None]
    concerns: Callable[[Line], bool]
    power: int
    added: int
    references: int = 0
    whole: bool = False

    def longest(self, line: str) -> int:
        """How long a line can become."""
        times = len(line) + 1 if self.whole else 1
        return len(line) + times * (self.added + self.references * len(line))


def sed(container: Container, _values: Mapping[str, str], words: Sequence[str], given: str) -> Output:
    """Edit files in place (``-i``), or what comes in: the commands ``s``, ``d``, ``a``, ``c``, ``i``, and ``p`` with ``-n``."""
    rest, commands, backup, letters = list(words[1:]), [], None, ""
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        found = re.fullmatch(r"-([nrE]*)(?:(e)|i(\.\w+|'')?|(i))?", option)
        if found is None or option == "-":
            raise Unreadable(command_in(words))
        letters += found.group(1)
        if found.group(2):
            commands.append(rest.pop(0))
        elif "i" in option:
            backup = (found.group(3) or "").strip("'")
    commands = commands or [rest.pop(0)]
    silent, extended = "n" in letters, bool(set(letters) & set("rE"))
    edits = [edit for command in commands for edit in _edits(command, extended=extended, silent=silent)]
    texts = [known_text(container, path) for path in rest] or [given]
    done = [_edited(container, text, edits, silent=silent) for text in texts]
    if backup is None:
        return True, "".join(done)
    for path, before, text in zip(rest, texts, done, strict=True):
        if backup:
            container.files.write(path + backup, before)
        container.files.write(path, text)
    return True, ""


_COMMAND = re.compile(
    r"(?:(?P<line>[0-9]{1,6})|(?P<last>\$)|/(?P<where>(?:\\.|[^/\\\n])+)/)?[ \t]*"
    r"(?:s(?P<d>[^\w\s\\])(?P<old>(?>\\.|\[\^?\]?[^]\n]*\]|(?!(?P=d)).)*+)(?P=d)(?P<new>(?>\\.|(?!(?P=d)).)*+)(?P=d)(?P<g>g?)(?P<p>p?)"
    r"|(?P<plain>[dp])|(?P<kind>[aci])(?:\\\n?|[ \t])[ \t]*(?P<text>[^\n\\]+))[ \t]*(?:[;\n][;\s]*|$)"
)


def _edits(command: str, *, extended: bool, silent: bool) -> list[Edit]:
    """The commands of a script, one a line or parted by semicolons."""
    edits, at = [], len(command) - len(command.lstrip())
    while at < len(command):
        match = _COMMAND.match(command, at)
        if match is None or ("p" in (match["plain"], match["p"]) and not silent):
            raise Unreadable("sed …")
        edits.append(_edit(match, extended=extended))
        at = match.end()
    return edits


def _edit(match: re.Match[str], *, extended: bool) -> Edit:
    concerns, power = _concerns(match, extended=extended)
    if match["plain"] or match["kind"]:
        return Edit(_whole_lines(match["plain"] or match["kind"], match["text"] or ""), concerns, power, 0)
    replaced = _replacing(match["d"], match["old"], match["new"], match["g"] + match["p"], concerns, extended=extended)
    return replace(replaced, power=max(power, replaced.power))


def _concerns(match: re.Match[str], *, extended: bool) -> tuple[Callable[[Line], bool], int]:
    """Tell the lines that a command is for, and the power of a line's length that looking for them takes."""
    if match["where"]:
        pattern, power = compiled(match["where"].replace("\\/", "/"), extended=extended)
        return lambda line: pattern.search(line.text) is not None, power
    if match["last"]:
        return lambda line: line.is_last, 0
    number = int(match["line"] or 0)
    return lambda line: number in (0, line.number), 0


def _whole_lines(kind: str, text: str) -> Callable[[Line], None]:
    def apply(line: Line) -> None:
        if kind in ("i", "c"):
            line.before.append(text)
        elif kind == "a":
            line.after.append(text)
        elif kind == "p":
            line.before.append(line.text)
        line.gone = line.gone or kind in ("c", "d")

    return apply


def _replacing(
    delimiter: str, old: str, new: str, flags: str, concerns: Callable[[Line], bool], *, extended: bool
) -> Edit:
    """``s/OLD/NEW/g``, and with the flag ``p`` what is shown of it."""
    old = old.replace("\\" + delimiter, re.escape(delimiter))
    new = new.replace("\\" + delimiter, delimiter)
    pattern, power = compiled(old, extended=extended)
    if re.search(r"(?<!\\)(?:\\\\)*\\[A-Za-mo-su-z]", new):  # upper and lower case, and what only some know
        raise Unreadable("sed …")

    def apply(line: Line) -> None:
        def by(found: re.Match[str]) -> str:
            return re.sub(r"\\(.)|(&)", lambda m: _group(found, m.group(1), m.group(2)), new, flags=re.DOTALL)

        line.text, times = pattern.subn(by, line.text, 0 if "g" in flags else 1)
        line.before += [line.text] if times and "p" in flags else []

    return Edit(apply, concerns, power, len(new), len(re.findall(r"&|\\[0-9]", new)), "g" in flags)


def compiled(pattern: str, *, extended: bool, ignore_case: bool = False) -> tuple[re.Pattern[str], int]:
    """Return a pattern to search for, and the power of a line's length that its search takes.

    :raises Unreadable: it cannot be read, or may take exponentially long.
    """
    return _compiled_text(pattern if extended else basic_as_extended(pattern), ignore_case=ignore_case)


def _compiled_text(text: str, *, ignore_case: bool = False) -> tuple[re.Pattern[str], int]:
    text = re.sub(r"\[:([a-z]+):\]", lambda found: _class(found.group(1)), text)
    if re.search(r"(?<!\\)(?:\\\\)*\\[<>`'d]", text):  # the edges of words, and what means another thing in Python
        raise Unreadable("sed …")
    power = power_of(text)
    try:
        with warnings.catch_warnings(action="ignore"):  # what a later Python may read otherwise is no news to the user
            return re.compile(text, re.IGNORECASE if ignore_case else 0), power
    except (re.error, OverflowError, RecursionError) as problem:
        raise Unreadable("sed …") from problem


_CLASSES = {
    "space": r"\s",
    "digit": "0-9",
    "alpha": "A-Za-z",
    "alnum": "A-Za-z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "blank": r" \t",
}


def _class(name: str) -> str:
    if name not in _CLASSES:
        raise Unreadable("sed …")
    return _CLASSES[name]


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
    return (found.group(int(escaped)) or "") if escaped.isdecimal() else {"n": "\n", "t": "\t"}.get(escaped, escaped)


_BASIC = re.compile(r"(\[\^?\]?(?:\[:\w+:\]|[^]])*\])|\\(.)|([+?(){}|]|\$(?!$|\\[|)])|(?<!^)(?<!\\[|(])\^|^\*)")
"""A list in brackets, which is the same in both; what is escaped; and what is plain in a basic regular expression."""


def basic_as_extended(pattern: str) -> str:
    """A basic regular expression as Python's: ``+?(){}|`` are plain there unless escaped, and ``^`` and ``$`` but at its ends."""
    return _BASIC.sub(lambda m: m.group(1) or _swap(m.group(2), m.group(3)), pattern)


def _swap(escaped: str | None, plain: str | None) -> str:
    if plain:
        return re.escape(plain)
    assert escaped is not None
    return escaped if escaped in "+?(){}|" else "\\" + escaped


def _edited(container: Container, text: str, edits: Sequence[Edit], *, silent: bool = False) -> str:
    texts = text.removesuffix("\n").split("\n") if text else []
    lines = [Line(each, number, number == len(texts)) for number, each in enumerate(texts, 1)]
    for edit in edits:
        left = [line for line in lines if not line.gone]
        container.effort.search("\n".join(line.text for line in left), edit.power)
        container.effort.expect(max((edit.longest(line.text) for line in left), default=0))
        for line in filter(edit.concerns, left):
            edit.apply(line)
            container.effort.write(line.text)
    shown = [(*line.before, *([] if line.gone or silent else [line.text]), *line.after) for line in lines]
    out = "".join(each + "\n" for line in shown for each in line)
    return out if text.endswith("\n") or not lines or lines[-1].gone or lines[-1].after else out.removesuffix("\n")


def replace_in_file(container: Container, words: Sequence[str]) -> Output:
    """Replace a pattern in a file, as the function of Bitnami's libraries does: ``replace_in_file FILE PATTERN TEXT``."""
    path, pattern, text = words[1:4]
    edit = _replacing("\x01", pattern, text, "g", lambda _: True, extended=True)
    container.files.write(path, _edited(container, known_text(container, path), [edit]))
    return True, ""
