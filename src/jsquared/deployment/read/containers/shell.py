"""Which servers a container's start script ends in, and what it writes into their configuration files before.

The script is followed as a shell would, with the commands that such scripts are made of
(:mod:`jsquared.deployment.read.containers.shell_commands`). What waits or looks around is passed over; what would change something in a
way that is not known here makes the script unreadable.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from jsquared.deployment.read.containers import bitnami_library
from jsquared.deployment.read.containers.container_files import ContainerFiles
from jsquared.deployment.read.containers.shell_arithmetic import calculate
from jsquared.deployment.read.containers.shell_commands import COMMANDS, HARMLESS
from jsquared.deployment.read.containers.shell_conditions import Condition, holds
from jsquared.deployment.read.containers.shell_container import Output
from jsquared.deployment.read.containers.shell_effort import Effort
from jsquared.deployment.read.containers.shell_fields import Words
from jsquared.deployment.read.containers.shell_patterns import matches
from jsquared.deployment.read.containers.shell_scope import Scope
from jsquared.deployment.read.containers.shell_script import Command, Step, parse_script
from jsquared.deployment.read.containers.shell_waiting import ASSIGNMENT, assigned_name, only_waits
from jsquared.deployment.read.containers.shell_words import Unreadable, Word, command_in, file_in
from jsquared.deployment.read.containers.shell_wrappers import unwrapped
from jsquared.errors import BadInputError

SERVERS = ("redis-server", "valkey-server", "redis-sentinel", "valkey-sentinel", "redis-stack-server", "keydb-server")
SHELLS = ("sh", "bash", "ash", "dash")
_DECLARING = ("export", "local", "declare", "readonly", "typeset")
_DEEPEST = 5
_NOWHERE = "/dev/null"


@dataclass
class Container:
    """A container as its start script sees it. ``resolve`` gives the address of a name, or empty; ``ask`` the answers of other servers."""

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
    ask: Callable[[Sequence[str]], str] | None = None


def follow(container: Container, argv: Sequence[str], depth: int = 0) -> bool:
    """Follow a command line; the servers that it starts are in ``container.servers`` then. Whether it succeeded.

    :raises Unreadable: something in it cannot be read.
    """
    words = unwrapped(list(argv))
    if not words or depth > _DEEPEST:
        raise Unreadable(command_in(words))
    program = words[0].rpartition("/")[2]
    if program in SERVERS:
        container.servers.append(tuple(words))
        container.ended = True
        return True
    if program in SHELLS and len(words) > 2 and re.fullmatch(r"-[a-z]*c", words[1]):
        return _Shell(container, words[3:] or [program], depth).run(parse_script(words[2]))[0]
    script = [word for word in words[1:] if not word.startswith("-")] if program in SHELLS else words
    text = container.files.text(script[0]) if script else None
    if text is not None:
        return _Shell(container, script, depth).run(parse_script(text))[0]
    if program not in COMMANDS and program not in HARMLESS:
        raise Unreadable(command_in(words))
    return program not in COMMANDS or COMMANDS[program](container, container.environment, words, "")[0]


class _Shell:
    """One shell: its variables and arguments; ``arguments[0]`` is its own name."""

    def __init__(self, container: Container, arguments: Sequence[str], depth: int) -> None:
        self.container = container
        self.scope = Scope(dict(container.environment), list(arguments))
        self.words = Words(self.scope, container.effort, self._output_of)
        self.depth = depth
        self.libraries = False
        self.substituted = True
        """The status of the last ``$(…)`` of the command at hand, which is that of an assignment."""

    def run(self, steps: Sequence[Step], given: str = "") -> Output:
        """The output and status of a list, until a server has taken the shell's place, or something leaves it."""
        ok, out = True, ""
        for step in steps:
            if self.container.ended or self.scope.flow:
                break
            if (step.after == "&&" and not ok) or (step.after == "||" and ok):
                continue
            ok, text = self._pipeline(step, given)
            ok = ok != step.negated
            self.scope.ok = ok
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
        readers = {
            "simple": self._simple, "group": self._group, "subshell": self._subshell, "if": self._if, "while": self._while,
            "until": self._while, "for": self._for, "case": self._case, "function": self._define, "test": self._test,
            "arithmetic": self._arithmetic,
        }  # fmt: skip
        result = readers[command.kind](command, given)
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
            elif operator in (">", "1>", "&>") or (operator in (">&", "1>&") and text == "2"):
                targets.append((_NOWHERE, False))
        return given, targets

    def _read(self, path: str) -> str:
        text = self.container.files.text(path)
        if text is None:
            raise Unreadable(f"{file_in(path)}, which is not a file that its volumes provide")
        return text

    # -- statements

    def _group(self, command: Command, given: str) -> Output:
        return self.run(command.body, given)

    def _subshell(self, command: Command, given: str) -> Output:
        with self.scope.apart():
            return self.run(command.body, given)

    def _if(self, command: Command, given: str) -> Output:
        for condition, body in command.branches:
            if not condition or self.run(condition)[0]:
                return self.run(body, given)
        return True, ""

    def _while(self, command: Command, given: str) -> Output:
        """A loop that only waits is passed over; another one is gone through."""
        if only_waits([*command.condition, *command.body]):
            return True, ""
        out = ""
        while not self._left():
            ok, text = self.run(command.condition, given)
            out += text
            if ok == (command.kind == "until") or self._left():
                break
            out += self.run(command.body, given)[1]
            self.container.effort.step()
        return True, self._after_loop(out)

    def _for(self, command: Command, given: str) -> Output:
        out = ""
        for item in [text for word in command.words for text in self._expanded(word)]:
            if self._left():
                break
            self.scope.put(command.name, item)
            out += self.run(command.body, given)[1]
            self.container.effort.step()
        return True, self._after_loop(out)

    def _left(self) -> bool:
        """True if something leaves a loop; the next turn, after ``continue``, does not."""
        if self.scope.flow == "continue":
            self.scope.flow = ""
        return bool(self.scope.flow) or self.container.ended

    def _after_loop(self, out: str) -> str:
        if self.scope.flow in ("break", "continue"):
            self.scope.flow = ""
        return self.container.effort.write(out)

    def _case(self, command: Command, given: str) -> Output:
        text = self._joined(command.words[0])
        for wanted, body in command.cases:
            if any(self._fits(text, word) for word in wanted):
                return self.run(body, given)
        return True, ""

    def _fits(self, text: str, word: Word) -> bool:
        pattern = self._joined(word)
        return text == pattern if word.is_quoted else matches(text, pattern, self.container.effort)

    def _define(self, command: Command, _given: str) -> Output:
        self.scope.functions[command.name] = command.body
        return True, ""

    def _test(self, command: Command, _given: str) -> Output:
        condition = Condition(command.tokens, self._joined, self.container.files, self.container.effort)
        return condition.holds(), ""

    def _arithmetic(self, command: Command, _given: str) -> Output:
        texts = [token if isinstance(token, str) else self._joined(token) for token in command.tokens]
        return calculate(" ".join(texts), self.scope) != 0, ""

    # -- simple commands

    def _simple(self, command: Command, given: str) -> Output:
        words = list(command.words)
        self.substituted = True
        assigned = 0
        while assigned < len(words) and assigned_name(words[assigned]):
            assigned += 1
        if assigned == len(words):
            for word in words:
                self._assign(word)
            return self.substituted, given if not words else ""
        if words[assigned].plain in _DECLARING:
            return self._declare(words[assigned].plain, words[assigned + 1 :]), ""
        expanded = [text for word in words[assigned:] for text in self._expanded(word)]
        return self._call(expanded, given) if expanded else (True, "")

    def _assign(self, word: Word) -> None:
        match = ASSIGNMENT.match(word.parts[0].text)
        assert match is not None  # assigned_name has found one
        name, added = match.groups()
        if word.items is not None:
            items = [text for item in word.items for text in self._expanded(item)]
            self.scope.put_items(name, [*self.scope.items(name), *items] if added else items)
        else:
            text = self._joined(word)[match.end() :]
            self.scope.put(name, self.scope.get(name) + text if added else text)

    def _declare(self, kind: str, words: Sequence[Word]) -> bool:
        """``export``, ``local`` and their like: assignments, names and options."""
        for word in words:
            name = assigned_name(word) or (word.plain if word.plain.isidentifier() else "")
            if name and kind in ("local", "declare", "typeset"):
                value = self._joined(word) if assigned_name(word) and word.items is None else None
                items = None if word.items is None else [text for item in word.items for text in self._expanded(item)]
                self.scope.keep(name)
                if items is not None:
                    self.scope.put_items(name, items)
                elif value is not None:
                    self.scope.put(name, value.partition("=")[2])
            elif assigned_name(word):
                self._assign(word)
        return self.substituted

    def _call(self, words: list[str], given: str) -> Output:
        name = words[0].rpartition("/")[2]
        if words[0] in self.scope.functions:
            return self._function(words, given)
        if name in ("eval", "timeout", ".", "source"):
            return self._through(name, words, given)
        if (known := self._known(name, words, given)) is not None:
            try:
                return known()
            except (IndexError, ValueError) as problem:  # too few words
                raise Unreadable(command_in(words)) from problem
        if self._built_in(name, words[1:]) or name in HARMLESS:
            return self.scope.ok if self.scope.flow else True, ""
        return self._follow(words), ""

    def _function(self, words: list[str], given: str) -> Output:
        self.container.effort.call()
        with self.scope.call(words[1:]):
            ok, out = self.run(self.scope.functions[words[0]], given)
            ok = self.scope.ok if self.scope.flow == "return" else ok
        self.container.effort.returned()
        return ok, out

    def _through(self, name: str, words: list[str], given: str) -> Output:
        """Commands that run the rest of their words here: as a text, for some time, or from a file."""
        if name == "eval":
            return self._run_text(" ".join(words[1:]), given)
        if name == "timeout":
            rest = words[1:]
            while rest and rest[0].startswith("-"):
                rest = rest[2 if rest[0] in ("-s", "-k") else 1 :]
            return self._call(rest[1:], given) if len(rest) > 1 else (True, "")
        path = words[1] if len(words) > 1 else ""
        text = self.container.files.text(path) if path else None
        if text is not None:
            return self._run_text(text, given)
        if not bitnami_library.is_library(path):
            raise Unreadable(command_in(words))
        self.libraries = True
        return True, ""

    def _run_text(self, text: str, given: str) -> Output:
        self.container.effort.call()
        result = self.run(parse_script(text), given)
        self.container.effort.returned()
        return result

    def _known(self, name: str, words: list[str], given: str) -> Callable[[], Output] | None:
        """Return what a command does that changes nothing in the shell itself; None where it is not known."""
        if name in ("[", "test"):
            return lambda: (holds(words[1:] if name == "test" else words[1:-1], self.container.files), "")
        if self.libraries and name == "retry_while":
            return lambda: self._run_text(words[1], given)
        if self.libraries and name in bitnami_library.FUNCTIONS:
            return lambda: bitnami_library.FUNCTIONS[name](self.container, words)
        if name in COMMANDS:
            return lambda: self._noted(
                words, given, lambda: COMMANDS[name](self.container, self.scope.values, words, given)
            )
        return None

    def _noted(self, words: list[str], given: str, call: Callable[[], Output]) -> Output:
        """The output of a command; what it made of its words, of what came in and of files is remembered."""
        files = {word: text for word in words[1:] if (text := self._text(word))}
        pieces = [*words, given, *files.values(), *(self.scope.values.values() if "envsubst" in words[0] else ())]
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
        if name == "set" and words[:1] == ["--"]:
            self.scope.arguments[1:] = words[1:]
        elif name == "shift":
            del self.scope.arguments[1 : 2 + (int(words[0]) - 1 if words and words[0].isdecimal() else 0)]
        elif name in ("exit", "return", "break", "continue"):
            self.scope.flow = name
            if name in ("exit", "return") and words:
                self.scope.ok = words[0] == "0"
        else:
            return False
        return True

    def _follow(self, words: list[str]) -> bool:
        before = self.container.environment
        self.container.environment = self.scope.values
        try:
            return follow(self.container, words, self.depth + 1)
        finally:
            self.container.environment = before

    def _output_of(self, text: str) -> str:
        """Return the output of the commands in ``$(…)``."""
        with self.scope.apart():
            ok, out = self.run(parse_script(text))
            ok = self.scope.ok if self.scope.flow else ok
        self.substituted = ok
        return out.rstrip("\n")

    def _joined(self, word: Word) -> str:
        return self.words.joined(word)

    def _expanded(self, word: Word) -> list[str]:
        return self.words.expanded(word)
