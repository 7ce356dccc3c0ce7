"""The commands that containers' start scripts are made of, as far as they change or tell something of the configuration."""

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from jsquared.deployment.read.containers.container_files import ContainerFiles
from jsquared.deployment.read.containers.shell_effort import Effort
from jsquared.deployment.read.containers.shell_words import Unreadable, command_in, file_in
from jsquared.text import whole_number

Output = tuple[bool, str]
"""Whether a command succeeded, and what it wrote."""

HARMLESS = (
    "mkdir", "chown", "chmod", "sleep", "touch", "true", ":", "set", "umask", "ulimit", "sysctl", "trap", "rm", "nc", "ping",
    "redis-cli", "valkey-cli", "date", "ls", "id", "wait", "cd", "apk", "apt-get", "which",
)  # fmt: skip
"""What only waits, looks around or prepares folders."""


class Container(Protocol):
    """A container as its commands see it."""

    @property
    def files(self) -> ContainerFiles:
        """Its files."""
        ...

    @property
    def hostname(self) -> str:
        """Its own host name."""
        ...

    @property
    def address(self) -> str:
        """Its address."""
        ...

    @property
    def effort(self) -> Effort:
        """The limits of its scripts."""
        ...

    @property
    def resolve(self) -> Callable[[str], str]:
        """Gives the address of a name, or empty."""
        ...


Call = Callable[[Container, Mapping[str, str], Sequence[str], str], Output]


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

    def longest(self, line: str) -> int:
        """How long a line can become."""
        times = len(line) + 1 if self.whole else 1
        return len(line) + times * (self.added + self.references * len(line))


def holds(words: list[str], files: ContainerFiles) -> bool:
    """True if a test holds: files, empty words, equal words.

    :raises Unreadable: another test.
    """
    if words[:1] == ["!"]:
        return not holds(words[1:], files)
    if len(words) == 2 and words[0] in ("-f", "-e", "-s", "-r", "-d", "-x"):
        return files.knows(words[1])
    if len(words) <= 2 and words[:1] in (["-z"], ["-n"]):
        return ("".join(words[1:]) != "") == (words[0] == "-n")
    if len(words) == 3 and words[1] in ("=", "==", "!="):
        return (words[0] == words[2]) == (words[1] != "!=")
    if len(words) > 1:
        raise Unreadable("[ …")
    return words not in ([], [""])


def _known(container: Container, path: str) -> str:
    text = container.files.text(path)
    if text is None:
        raise Unreadable(f"{file_in(path)}, which is not a file that its volumes provide")
    return text


def _echo(_container: Container, _values: Mapping[str, str], words: Sequence[str], _given: str) -> Output:
    rest = list(words[1:])
    options = ""
    while rest and re.fullmatch(r"-[neE]+", rest[0]):
        options += rest.pop(0)[1:]
    text = " ".join(rest)
    if "e" in options:
        text = _escapes(text)
    return True, text if "n" in options else text + "\n"


def _escapes(text: str) -> str:
    return re.sub(r"\\([nt\\])", lambda match: {"n": "\n", "t": "\t", "\\": "\\"}[match.group(1)], text)


def _printf(container: Container, _values: Mapping[str, str], words: Sequence[str], _given: str) -> Output:
    form, *arguments = words[1:]
    form = _escapes(form)
    container.effort.expect(len(form) * (len(arguments) + 1))
    places = re.findall(r"%[a-zA-Z%]", form)
    if any(place not in ("%s", "%d", "%%") for place in places):
        raise Unreadable(command_in(words))
    taken = sum(place != "%%" for place in places)
    out = ""
    while True:
        values = iter([*arguments[:taken], *[""] * (taken - len(arguments[:taken]))])
        out += re.sub(r"%[sd%]", lambda match: "%" if match.group() == "%%" else next(values), form)  # noqa: B023
        arguments = arguments[taken:]
        if not arguments or not taken:
            return True, out


def _cat(container: Container, _values: Mapping[str, str], words: Sequence[str], given: str) -> Output:
    paths = [word for word in words[1:] if word != "-"]
    return True, "".join(_known(container, path) for path in paths) if paths else given


def _tee(container: Container, _values: Mapping[str, str], words: Sequence[str], given: str) -> Output:
    for path in words[1:]:
        if path != "-a":
            container.files.write(path, given, append="-a" in words)
    return True, given


def _copy(container: Container, _values: Mapping[str, str], words: Sequence[str], _given: str) -> Output:
    *sources, target = [word for word in words[1:] if not word.startswith("-")]
    for source in sources:
        if not container.files.copy(source, target):
            raise Unreadable(f"{file_in(source)}, which is not a file that its volumes provide")
    return True, ""


def _envsubst(container: Container, values: Mapping[str, str], words: Sequence[str], given: str) -> Output:
    container.effort.expect(len(given) + given.count("$") * max(map(len, values.values()), default=0))
    if len(words) == 1:
        return True, re.sub(r"\$(?:(\w+)|\{(\w+)\})", lambda m: values.get(m.group(1) or m.group(2), ""), given)
    named = re.findall(r"\w+", " ".join(words[1:]))
    return True, re.sub(
        r"\$(?:(\w+)|\{(\w+)\})",
        lambda m: values.get(m.group(1) or m.group(2), "") if (m.group(1) or m.group(2)) in named else m.group(),
        given,
    )


def _hostname(container: Container, _values: Mapping[str, str], words: Sequence[str], _given: str) -> Output:
    return True, (container.address if words[1:2] and words[1] in ("-i", "-I") else container.hostname) + "\n"


def _getent(container: Container, _values: Mapping[str, str], words: Sequence[str], _given: str) -> Output:
    found = container.resolve(words[-1])
    return bool(found), f"{found}      {words[-1]}\n" if found else ""


def _dig(container: Container, _values: Mapping[str, str], words: Sequence[str], _given: str) -> Output:
    if "+short" not in words:
        raise Unreadable(command_in(words))
    found = container.resolve(next((word for word in words[1:] if not word.startswith(("+", "-", "@"))), ""))
    return True, f"{found}\n" if found else ""


def _awk(_container: Container, _values: Mapping[str, str], words: Sequence[str], given: str) -> Output:
    match = re.fullmatch(r"(?:NR==1 *)?\{ *print *\$(\d+) *;?(?: *exit;?)? *\}", words[1] if len(words) == 2 else "")
    column = whole_number(match.group(1)) if match else None
    if column is None:
        raise Unreadable(command_in(words))
    lines = given.splitlines()[:1] if "NR==1" in words[1] or "exit" in words[1] else given.splitlines()
    columns = [[line, *line.split()] for line in lines]
    return True, "".join((row[column] if column < len(row) else "") + "\n" for row in columns)


def _head(_container: Container, _values: Mapping[str, str], words: Sequence[str], given: str) -> Output:
    if "".join(words[1:]) not in ("-1", "-n1"):
        raise Unreadable(command_in(words))
    return True, "".join(line + "\n" for line in given.splitlines()[:1])


def _cut(_container: Container, _values: Mapping[str, str], words: Sequence[str], given: str) -> Output:
    match = re.fullmatch(r"-d(.)-f(\d+)", "".join(words[1:]))
    column = whole_number(match.group(2)) if match else None
    if match is None or column is None:
        raise Unreadable(command_in(words))
    rows = [line.split(match.group(1)) for line in given.splitlines()]
    at = column - 1
    return True, "".join((row[at] if at < len(row) else "") + "\n" for row in rows)


def _sed(container: Container, _values: Mapping[str, str], words: Sequence[str], given: str) -> Output:
    """``s`` commands only, on files with ``-i`` or on what comes in."""
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
    texts = [_known(container, path) for path in paths] or [given]
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
        r"s(?P<d>[^\w\s\\])(?P<old>(?:\\.|(?!(?P=d)).)*)(?P=d)(?P<new>(?:\\.|(?!(?P=d)).)*)(?P=d)(?P<f>g?)", command
    )
    if match is None:
        raise Unreadable("sed …")
    delimiter = match["d"]
    old = match["old"].replace("\\" + delimiter, re.escape(delimiter))
    new = match["new"].replace("\\" + delimiter, delimiter)
    pattern_text = old if extended else _basic(old)
    power = _power(pattern_text)
    try:
        with warnings.catch_warnings(action="ignore"):  # what a later Python may read otherwise is no news to the user
            pattern = re.compile(pattern_text)
    except (re.error, OverflowError, RecursionError) as problem:
        raise Unreadable("sed …") from problem
    count = 0 if match["f"] else 1

    def replaced(found: re.Match[str]) -> str:
        return re.sub(r"\\(.)|(&)", lambda m: _group(found, m.group(1), m.group(2)), new)

    references = len(re.findall(r"&|\\[0-9]", new))
    return Edit(lambda line: pattern.sub(replaced, line, count), power, len(new), references, whole=not count)


def _power(pattern: str) -> int:
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


def _basic(pattern: str) -> str:
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
        lines = [container.effort.write(edit.apply(line)) for line in lines]
    return "\n".join(lines)


def _ask(_container: Container, _values: Mapping[str, str], words: Sequence[str], _given: str) -> Output:
    """A question to a server changes nothing, unless it is an order."""
    if any(word.lower() in ("config", "replicaof", "slaveof", "sentinel", "acl") for word in words):
        raise Unreadable(command_in(words))
    return True, ""


def _source(_container: Container, _values: Mapping[str, str], words: Sequence[str], _given: str) -> Output:
    raise Unreadable(command_in(words))


COMMANDS: dict[str, Call] = {
    "echo": _echo, "printf": _printf, "cat": _cat, "tee": _tee, "cp": _copy, "mv": _copy, "ln": _copy, "install": _copy,
    "envsubst": _envsubst, "hostname": _hostname, "getent": _getent, "dig": _dig, "awk": _awk, "head": _head, "cut": _cut,
    "sed": _sed, ".": _source, "source": _source, "redis-cli": _ask, "valkey-cli": _ask,
}  # fmt: skip
