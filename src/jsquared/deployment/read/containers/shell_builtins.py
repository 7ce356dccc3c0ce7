"""The commands that change the shell itself: its arguments, variables and folder, and how a list is left."""

from collections.abc import Sequence
from dataclasses import dataclass

from jsquared.deployment.read.containers.container_files import ContainerFiles
from jsquared.deployment.read.containers.shell_fields import split_at
from jsquared.deployment.read.containers.shell_scope import Scope
from jsquared.deployment.read.containers.shell_words import Unreadable, command_in, told


@dataclass
class Input:
    """What a loop reads line by line, as far as it has not been read."""

    text: str = ""
    at: int = 0

    def line(self) -> tuple[bool, str]:
        """Take a line: whether it was a whole one, and its text."""
        start, end = self.at, self.text.find("\n", self.at)
        self.at = len(self.text) if end < 0 else end + 1
        return end >= 0, self.text[start : end if end >= 0 else None]


def built_in(scope: Scope, files: ContainerFiles, words: Sequence[str]) -> bool:
    """Do what changes the shell itself; whether it was such a command."""
    name, *rest = words
    if name == "set" and "--" in rest:
        scope.arguments[1:] = rest[rest.index("--") + 1 :]
    elif name == "shift":
        del scope.arguments[1 : 2 + (int(rest[0]) - 1 if rest and rest[0].isdecimal() else 0)]
    elif name == "unset":
        for each in rest:
            scope.drop(each)
    elif name == "cd":
        if len(rest) != 1 or rest[0].startswith("-"):
            raise Unreadable(command_in(words))
        files.workdir = str(files.inside(told(rest[0])))
    elif name in ("exit", "return", "break", "continue"):
        scope.flow = name
        if name in ("exit", "return") and rest:
            scope.ok = rest[0] == "0"
    else:
        return False
    return True


def read(scope: Scope, words: Sequence[str], source: Input) -> bool:
    """Read a line into variables, or with ``-a`` into an array; whether there was a whole one."""
    options = [word for word in words[1:] if word.startswith("-")]
    names = [word for word in words[1:] if not word.startswith("-")]
    whole, line = source.line()
    is_raw = any("r" in option for option in options)
    if any(set(option) - set("-ra") for option in options) or not names or (not is_raw and "\\" in line):
        raise Unreadable(command_in(words))
    told(line)
    if any("a" in option for option in options):
        scope.put_items(names[0], split_at(line, scope.separators))
        return whole
    fields = split_at(line, scope.separators, len(names))
    if len(names) == 1:
        fields = [line.strip("".join(char for char in scope.separators if char.isspace()) or "\n")]
    for index, name in enumerate(names):
        scope.put(name, fields[index] if index < len(fields) else "")
    return whole
