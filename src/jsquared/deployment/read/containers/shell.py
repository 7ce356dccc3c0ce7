"""Which servers a container's start script ends in, and what it writes into their configuration files before.

The script is followed as a shell would, with the commands that such scripts are made of
(:mod:`jsquared.deployment.read.containers.shell_commands`). What waits or looks around is passed over; what would change something in a way
that is not known here makes the script unreadable.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from jsquared.deployment.read.compose.compose_yaml import Variables
from jsquared.deployment.read.containers.container_files import ContainerFiles
from jsquared.deployment.read.containers.shell_commands import COMMANDS, HARMLESS, Output, holds
from jsquared.deployment.read.containers.shell_effort import Effort
from jsquared.deployment.read.containers.shell_script import Command, Step, parse_script
from jsquared.deployment.read.containers.shell_words import Unreadable, Word, command_in, file_in
from jsquared.errors import BadInputError
from jsquared.text import whole_number

SERVERS = ("redis-server", "valkey-server", "redis-sentinel", "valkey-sentinel", "redis-stack-server", "keydb-server")
SHELLS = ("sh", "bash", "ash", "dash")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_NOT_FOLLOWED = re.compile(r"\$[($?!-]")  # a substitution in braces, process ids, statuses
_ARGUMENT = re.compile(r"\$(?:([0-9@*#])|\{([0-9@*#])\})")
# Programs that run another one in their place, with how many of their own words come before it.
_WRAPPERS = {
    "exec": 0,
    "gosu": 1,
    "su-exec": 1,
    "tini": 0,
    "dumb-init": 0,
    "nohup": 0,
    "env": 0,
    "command": 0,
    "setsid": 0,
}
_OPTIONS_OF = ("tini", "env", "exec", "dumb-init")
_DEEPEST = 5


@dataclass
class Container:
    """A container as its start script sees it. ``resolve`` gives the address of a name, or empty."""

    files: ContainerFiles
    environment: dict[str, str]
    hostname: str
    address: str
    resolve: Callable[[str], str]
    servers: list[tuple[str, ...]] = field(default_factory=list)
    """The command lines of the servers that were started, in order."""
    ended: bool = False
    """Whether one was started that nothing comes after."""
    effort: Effort = field(default_factory=Effort)
    """The limits of its scripts."""


def follow(container: Container, argv: Sequence[str], depth: int = 0) -> None:
    """Follow a command line; the servers that it starts are in ``container.servers`` then.

    :raises Unreadable: something in it cannot be read.
    """
    words = _unwrapped(list(argv))
    if not words or depth > _DEEPEST:
        raise Unreadable(command_in(words))
    program = words[0].rpartition("/")[2]
    if program in SERVERS:
        container.servers.append(tuple(words))
        container.ended = True
        return
    if program in SHELLS and len(words) > 2 and re.fullmatch(r"-[a-z]*c", words[1]):
        _Shell(container, words[3:] or [program], depth).run(parse_script(words[2]))
        return
    script = [word for word in words[1:] if not word.startswith("-")] if program in SHELLS else words
    text = container.files.text(script[0]) if script else None
    if text is None:
        raise Unreadable(command_in(words))
    _Shell(container, script, depth).run(parse_script(text))


def _unwrapped(words: list[str]) -> list[str]:
    """The command line of the program that wrappers run in the end."""
    while words:
        program = words[0].rpartition("/")[2]
        if program == "docker-entrypoint.sh" and len(words) > 1:
            words = as_image_runs(words[1:])
        elif program in _WRAPPERS:
            words = words[1 + _WRAPPERS[program] :]
            while program in _OPTIONS_OF and words and (words[0].startswith("-") or _ASSIGNMENT.match(words[0])):
                words = words[1:]
        else:
            break
    return words


def as_image_runs(command: Sequence[str]) -> list[str]:
    """Return a command as the entrypoint of the official images runs it: options and files are arguments of the server."""
    words = list(command)
    return ["redis-server", *words] if words and (words[0].startswith("-") or words[0].endswith(".conf")) else words


class _Shell:
    """One shell: its variables and arguments; ``arguments[0]`` is its own name."""

    def __init__(self, container: Container, arguments: Sequence[str], depth: int) -> None:
        self.container = container
        self.values = dict(container.environment)
        self.arguments = list(arguments)
        self.depth = depth

    def run(self, steps: Sequence[Step], given: str = "") -> Output:
        """The output and status of a list, until a server has taken the shell's place."""
        ok, out = True, ""
        for step in steps:
            if self.container.ended:
                break
            if (step.after == "&&" and not ok) or (step.after == "||" and ok):
                continue
            ok, text = self._pipeline(step, given)
            ok = ok != step.negated
            self.container.effort.joints.note_behind(out, text)
            out += text
            if step.background:
                self.container.ended, ok = False, True
        return ok, out

    def _pipeline(self, step: Step, given: str) -> Output:
        result: Output = (True, given)
        for command in step.pipeline:
            result = self._command(command, result[1])
        return result

    def _command(self, command: Command, given: str) -> Output:
        self.container.effort.step()
        given, targets = self._redirected(command, given)
        if command.kind == "loop":
            result = self._loop(command)
        elif command.kind == "if":
            result = self._if(command, given)
        elif command.kind == "group":
            result = self.run(command.body, given)
        else:
            result = self._simple(command, given)
        for path, append in targets:
            if append and (before := self.container.files.text(path) or ""):
                self.container.effort.joints.note_behind(before, result[1])
            self.container.files.write(path, self.container.effort.write(result[1]), append=append)
        return (result[0], "") if targets else result

    def _redirected(self, command: Command, given: str) -> tuple[str, list[tuple[str, bool]]]:
        """Return its input, and the files that its output goes to."""
        targets: list[tuple[str, bool]] = []
        for operator, word in command.redirections:
            text = "".join(self._expanded(word))
            if operator in ("<<", "<<-"):
                given = text
            elif operator == "<<<":
                given = text + "\n"
            elif operator == "<":
                given = self._read(text)
            elif operator in (">", ">>", "1>", "1>>") and not text.startswith("/dev/"):
                targets.append((text, operator.endswith(">>")))
            elif operator in (">", "1>"):
                targets.append(("/dev/null", False))
        return given, targets

    def _read(self, path: str) -> str:
        text = self.container.files.text(path)
        return (
            self._unreadable(f"{file_in(path)}, which is not a file that its volumes provide") if text is None else text
        )

    def _loop(self, command: Command) -> Output:
        """A loop that only waits is passed over."""
        for inner in [each for step in command.body for each in step.pipeline]:
            words = [word.plain for word in inner.words]
            waits = inner.kind == "simple" and (not words or words[0] in (*HARMLESS, "echo", "[", "[[", "test"))
            written = [text.plain for operator, text in inner.redirections if ">" in operator]
            if not waits or any(text not in ("/dev/null", "1", "2") for text in written):
                self._unreadable("a loop with " + command_in(words))
        return True, ""

    def _if(self, command: Command, given: str) -> Output:
        for condition, body in command.branches:
            if not condition or self.run(condition)[0]:
                return self.run(body, given)
        return True, ""

    def _simple(self, command: Command, given: str) -> Output:
        words = list(command.words)
        assigned: dict[str, str] = {}
        while words and words[0].parts[0].kind == "text" and (name := _ASSIGNMENT.match(words[0].parts[0].text)):
            assigned[name.group(1)] = self._joined(words.pop(0))[name.end() :]
        expanded = [text for word in words for text in self._expanded(word)]
        if not expanded:
            self.values |= assigned
            return True, given if not assigned and not words else ""
        return self._call(expanded, given)

    def _call(self, words: list[str], given: str) -> Output:
        name = words[0].rpartition("/")[2]
        if name in ("[", "[[", "test"):
            return holds(words[1:] if name == "test" else words[1:-1], self.container.files), ""
        if name in COMMANDS:
            try:
                return self._noted(words, given, lambda: COMMANDS[name](self.container, self.values, words, given))
            except (IndexError, ValueError) as problem:  # too few words
                raise Unreadable(command_in(words)) from problem
        if not self._built_in(name, words[1:]) and name not in HARMLESS:
            self._follow(words)
        return True, ""

    def _noted(self, words: list[str], given: str, call: Callable[[], Output]) -> Output:
        """The output of a command; what it made of its words, of what came in and of files is remembered."""
        files = {word: text for word in words[1:] if (text := self._text(word))}
        pieces = [*words, given, *files.values(), *(self.values.values() if "envsubst" in words[0] else ())]
        result = call()
        for made in (result[1], *(self._text(word) for word in files)):
            self.container.effort.joints.note(made, pieces)
        return result

    def _text(self, path: str) -> str:
        try:
            return self.container.files.text(path) or ""
        except (BadInputError, ValueError):  # no path, or a file that cannot be read
            return ""

    def _built_in(self, name: str, words: list[str]) -> bool:
        """Do what changes the shell itself; whether it was such a command."""
        if name == "export":
            self.values |= {key: value for key, equals, value in (word.partition("=") for word in words) if equals}
        elif name == "set" and words[:1] == ["--"]:
            self.arguments[1:] = words[1:]
        elif name in ("exit", "return"):
            self.container.ended = True
        else:
            return False
        return True

    def _follow(self, words: list[str]) -> None:
        before = self.container.environment
        self.container.environment = self.values
        try:
            follow(self.container, words, self.depth + 1)
        finally:
            self.container.environment = before

    # -- expansion

    def _joined(self, word: Word) -> str:
        return " ".join(self._expanded(word, split=False))

    def _expanded(self, word: Word, *, split: bool = True) -> list[str]:
        """The words that a word becomes: what stands in quotes is never split."""
        if word.plain in ("$@", "$*", "${@}"):
            self.container.effort.write(" ".join(self.arguments))
            return self.arguments[1:]
        words, seen = [""], False
        texts: list[str] = []
        for part in word.parts:
            text = self.container.effort.write(self._part(part.kind, part.text))
            texts.append(text)
            seen = seen or part.quoted or bool(text)
            if part.quoted or part.kind == "literal" or not split or ("$" not in part.text and part.kind != "command"):
                words[-1] += text
                continue
            pieces = text.split()
            if pieces and text[:1].isspace() and words[-1]:
                words.append("")
            for index, piece in enumerate(pieces):
                words += [""] if index else []
                words[-1] += piece
        self.container.effort.joints.note("".join(texts), texts)
        return words if seen else []

    def _part(self, kind: str, text: str) -> str:
        if kind == "literal":
            return text
        if kind == "command":
            return self._substituted(lambda: self.run(parse_script(text))[1].rstrip("\n"))
        if kind == "document" and ("$(" in text or "`" in text):
            return self._substituted(lambda: self._document(text))
        self.container.effort.expect(len(text) + text.count("$") * sum(map(len, self.arguments)))
        if _NOT_FOLLOWED.search(text):
            self._unreadable("$? …" if "$?" in text else "a variable in ${…} that cannot be read")
        joints = self.container.effort.joints
        known = joints.note(
            _ARGUMENT.sub(self._argument, text), [*self.arguments, *filter(None, _ARGUMENT.split(text))]
        )
        return Variables(self.values, joints=joints).fill(known, self._bad)

    def _substituted(self, expand: Callable[[], str]) -> str:
        self.container.effort.enter()
        text = expand()
        self.container.effort.leave()
        return text

    def _document(self, text: str) -> str:
        """A here-document with substitutions: expanded as a text in double quotes is."""
        quoted = text.replace('"', '\\"')
        [step] = parse_script(f'printf %s "{quoted}"')
        return self._joined(step.pipeline[0].words[-1])

    def _argument(self, match: re.Match[str]) -> str:
        which = match.group(1) or match.group(2)
        if which in "@*":
            return " ".join(self.arguments[1:])
        if which == "#":
            return str(max(0, len(self.arguments) - 1))
        number = whole_number(which)
        return self.arguments[number] if number is not None and number < len(self.arguments) else ""

    def _bad(self, what: str, _try: str) -> BadInputError:
        is_limit = what.startswith("variables expand")
        self._unreadable(what if is_limit else "a variable in ${…} that cannot be read")

    @staticmethod
    def _unreadable(what: str) -> NoReturn:
        raise Unreadable(what)
