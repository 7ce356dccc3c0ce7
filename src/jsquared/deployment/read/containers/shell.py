"""Which servers a container's start script ends in, and what it writes into their configuration files before.

The script is followed as a shell would, with the commands that such scripts are made of
(:mod:`jsquared.deployment.read.containers.shell_commands`). What waits or looks around is passed over; what would change something in a
way that is not known here makes the script unreadable.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from jsquared.deployment.read.containers import bitnami_library
from jsquared.deployment.read.containers.container_files import ContainerFiles
from jsquared.deployment.read.containers.shell_arithmetic import calculate
from jsquared.deployment.read.containers.shell_builtins import Input, built_in, read
from jsquared.deployment.read.containers.shell_commands import COMMANDS, HARMLESS, TELLING
from jsquared.deployment.read.containers.shell_conditions import Condition, holds
from jsquared.deployment.read.containers.shell_container import Output, known_text
from jsquared.deployment.read.containers.shell_effort import Effort
from jsquared.deployment.read.containers.shell_fields import Words
from jsquared.deployment.read.containers.shell_patterns import matches, pattern_of
from jsquared.deployment.read.containers.shell_scope import Scope
from jsquared.deployment.read.containers.shell_script import Command, Step, parse_script
from jsquared.deployment.read.containers.shell_waiting import ASSIGNMENT, assigned_name, only_waits
from jsquared.deployment.read.containers.shell_words import UNKNOWN, Unreadable, Word, command_in, told
from jsquared.deployment.read.containers.shell_wrappers import (
    SERVERS,
    daemonizes,
    gives_up_rights,
    unwrapped,
    without_limit,
)
from jsquared.errors import BadInputError

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
    user: str = "0"
    """The number of the user that its scripts have."""
    domain: str = ""
    """What follows its host name in its full one."""


def follow(container: Container, argv: Sequence[str], depth: int = 0) -> bool:
    """Follow a command line; the servers that it starts are in ``container.servers`` then. Whether it succeeded.

    :raises Unreadable: something in it cannot be read.
    """
    words = unwrapped(list(argv))
    if gives_up_rights(argv):
        container.user = "999"
    if not words or depth > _DEEPEST:
        raise Unreadable(command_in(words or list(argv)))
    program = words[0].rpartition("/")[2]
    if program in SERVERS:
        container.servers.append(tuple(map(told, words)))
        container.ended = not daemonizes(words, container.files)
        return True
    if program in SHELLS and len(words) > 2 and re.fullmatch(r"-[a-z]*c", words[1]):
        return _Shell(container, words[3:] or [program], depth, bash=program == "bash").run(parse_script(words[2]))[0]
    script = [word for word in words[1:] if not word.startswith("-")] if program in SHELLS else words
    text = container.files.text(script[0]) if script else None
    if text is not None:
        bash = program == "bash" or (program not in SHELLS and "bash" in text.partition("\n")[0])
        return _Shell(container, script, depth, bash=bash).run(parse_script(text))[0]
    if program not in COMMANDS and program not in HARMLESS:
        raise Unreadable(command_in(words))
    return program not in COMMANDS or COMMANDS[program](container, container.environment, words, "")[0]


class _Shell:
    """One shell: its variables and arguments; ``arguments[0]`` is its own name."""

    def __init__(self, container: Container, arguments: Sequence[str], depth: int, *, bash: bool) -> None:
        self.container = container
        self.scope = Scope(dict(container.environment), list(arguments))
        self.words = Words(self.scope, container.effort, self._output_of, bash=bash)
        self._joined, self._expanded = self.words.joined, self.words.expanded
        self.depth = depth
        self.bash = bash
        self.input = Input()
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
            with self._apart(len(step.pipeline) > 1):
                result = self._command(command, result[1])
        return result

    @contextmanager
    def _apart(self, subshell: bool = True) -> Iterator[None]:
        """A subshell, if it is one: what is changed in it stays in it."""
        workdir = self.container.files.workdir
        if not subshell:
            yield
            return
        with self.scope.apart():
            yield
        if not self.container.ended:
            self.container.files.workdir = workdir

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
            if path == _NOWHERE:
                continue
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
                given = known_text(self.container, text)
            elif operator in (">", ">>", "1>", "1>>") and not text.startswith("/dev/"):
                targets.append((text, operator.endswith(">>")))
            elif operator in (">", "1>", "&>") or (operator in (">&", "1>&") and text == "2"):
                targets.append((_NOWHERE, False))
        return given, targets

    # -- statements

    def _group(self, command: Command, given: str) -> Output:
        return self.run(command.body, given)

    def _subshell(self, command: Command, given: str) -> Output:
        with self._apart():
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
        out, outer = "", self.input
        self.input, given = (Input(given), "") if given else (outer, "")
        while not self._left():
            ok, text = self.run(command.condition, given)
            out += text
            if ok == (command.kind == "until") or self._left():
                break
            out += self.run(command.body, given)[1]
            self.container.effort.step()
        self.input = outer
        return True, self._after_loop(out)

    def _for(self, command: Command, given: str) -> Output:
        out = ""
        for item in [text for word in command.words for text in self._expanded(word)]:
            if self._left():
                break
            self.scope.put(command.name, told(item))
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
        text = told(self._joined(command.words[0]))
        for wanted, body in command.cases:
            if any(self._fits(text, word) for word in wanted):
                return self.run(body, given)
        return True, ""

    def _fits(self, text: str, word: Word) -> bool:
        return matches(text, pattern_of(word, self._joined), self.container.effort)

    def _define(self, command: Command, _given: str) -> Output:
        self.scope.functions[command.name] = command.body
        return True, ""

    def _test(self, command: Command, _given: str) -> Output:
        condition = Condition(command.tokens, self._joined, self.container.files, self.container.effort)
        holding = condition.holds()
        if condition.found is not None:
            self.scope.put_items("BASH_REMATCH", condition.found)
        return holding, ""

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
        with self.scope.for_now(map(assigned_name, words[:assigned])):
            for word in words[:assigned]:
                self._assign(word)
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
        if name in ("eval", "timeout", ".", "source", "read") or words[:2] == ["command", "-v"]:
            return self._through(name, words, given)
        if (known := self._known(name, words, given)) is not None:
            try:
                return known()
            except (IndexError, ValueError) as problem:  # too few words
                raise Unreadable(command_in(words)) from problem
        if built_in(self.scope, self.container.files, words) or name in HARMLESS:
            return self.scope.ok if self.scope.flow else True, f"{UNKNOWN}\n" if name in TELLING else ""
        started = len(self.container.servers)
        ok = words == ["exec"] or self._follow(words)
        self.scope.flow = "exit" if name == "exec" and words[1:] else self.scope.flow
        return ok, "" if len(self.container.servers) > started or words == ["exec"] else UNKNOWN

    def _function(self, words: list[str], given: str) -> Output:
        self.container.effort.call()
        with self.scope.call(words[1:]):
            ok, out = self.run(self.scope.functions[words[0]], given)
            ok = self.scope.ok if self.scope.flow == "return" else ok
        self.container.effort.returned()
        return ok, out

    def _through(self, name: str, words: list[str], given: str) -> Output:
        """Commands that concern the shell itself, or run the rest of their words here: as a text, for some time, or from a file."""
        if name == "read":
            return read(self.scope, words, Input(given) if given else self.input), ""
        if name == "command" and words[-1] in (*SERVERS, *SHELLS):
            return True, words[-1] + "\n"
        if name == "eval":
            return self._run_text(told(" ".join(words[1:])), given)
        if name == "timeout":
            rest = without_limit(words)
            return self._call(rest, given) if rest else (True, "")
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
        if name == "echo" and not self.bash:  # its image decides whether that of sh knows escapes
            words = [re.sub(r"\\[abcefnrtv0\\]", UNKNOWN, word) for word in words]
        if name in COMMANDS and name not in ("echo", "printf"):
            told("".join(words) + (given if name not in ("cat", "tee") else ""))
        if name in COMMANDS:
            return lambda: self._noted(
                words, given, lambda: COMMANDS[name](self.container, self.scope.values, words, given)
            )
        return None

    def _noted(self, words: list[str], given: str, call: Callable[[], Output]) -> Output:
        """The output of a command; what it made of its words, of what came in and of files is remembered."""
        files = {word: text for word in words[1:] if words[0] not in ("echo", "printf") and (text := self._text(word))}
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

    def _follow(self, words: list[str]) -> bool:
        before = self.container.environment, self.container.files.workdir, self.container.user
        self.container.environment = self.scope.values
        try:
            return follow(self.container, words, self.depth + 1)
        finally:
            self.container.environment, self.container.user = before[0], before[2]
            self.container.files.workdir = self.container.files.workdir if self.container.ended else before[1]

    def _output_of(self, text: str) -> str:
        """Return the output of the commands in ``$(…)``."""
        with self._apart():
            ok, out = self.run(parse_script(text))
            ok = self.scope.ok if self.scope.flow else ok
        self.substituted = ok
        return out.rstrip("\n")
