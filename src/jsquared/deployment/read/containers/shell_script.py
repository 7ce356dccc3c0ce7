"""A shell script as commands: the part of POSIX sh that containers' start scripts are made of.

Lists (``;``, ``&&``, ``||``, ``&``, new lines), pipelines, redirections, here-documents, groups, ``if`` and loops. Anything else raises
:class:`~jsquared.deployment.read.containers.shell_words.Unreadable`, so that nothing is ever read otherwise than a shell would.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from jsquared.deployment.read.containers.shell_words import Token, Unreadable, Word, command_in, tokens_of

_SEPARATORS = (";", "\n", "&", "&&", "||")
_REDIRECTIONS = ("<", ">", ">>", "<<", "<<-", ">&", "&>", "<<<", "<&")
DEEPEST = 30
_LOOPS = ("while", "until", "for")
_UNREAD = ("case", "function", "select")
_CLOSERS = ("then", "else", "elif", "fi", "do", "done", "}", ")")


@dataclass
class Command:
    """A simple command (``words``), a group (``body``), an ``if`` or a loop, with its redirections.

    ``kind`` is ``simple``, ``group``, ``if`` (``branches`` of condition and body; the last condition may be empty) or ``loop``.
    """

    kind: str = "simple"
    words: list[Word] = field(default_factory=list)
    body: "list[Step]" = field(default_factory=list)
    branches: "list[tuple[list[Step], list[Step]]]" = field(default_factory=list)
    redirections: list[tuple[str, Word]] = field(default_factory=list)


@dataclass
class Step:
    """A pipeline and what stands before it: ``;``, ``&&`` or ``||``; ``background`` where ``&`` follows, ``negated`` after ``!``."""

    after: str
    pipeline: list[Command]
    background: bool = False
    negated: bool = False


DEEPEST = 30
"""So deep statements may stand in each other."""


def parse_script(text: str) -> list[Step]:
    """The steps of a script.

    :raises Unreadable: it has something that is not read here.
    """
    parser = _Parser(tokens_of(text))
    steps = parser.steps(())
    if parser.peek() is not None:
        raise Unreadable(command_in([parser.keyword()]))
    return steps


class _Parser:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0

    def peek(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def keyword(self) -> str:
        """The next token as a keyword or operator, empty where it is a quoted word or the end."""
        token = self.peek()
        if isinstance(token, Word):
            return token.plain if token.is_keyword else ""
        return token or ""

    def steps(self, closers: Sequence[str]) -> list[Step]:
        """Everything up to one of the closing words, which stays."""
        steps: list[Step] = []
        after = ";"
        while True:
            while self.keyword() in (";", "\n"):
                self.at += 1
                after = ";" if after == ";" else after
            if self.peek() is None or self.keyword() in closers:
                return steps
            steps.append(self._step(after))
            following = self.keyword()
            if following in _SEPARATORS:
                self.at += 1
                steps[-1].background = following == "&"
            after = following if following in ("&&", "||") else ";"

    def _step(self, after: str) -> Step:
        negated = self.keyword() == "!"
        self.at += negated
        pipeline = [self._command()]
        while self.keyword() == "|":
            self.at += 1
            pipeline.append(self._command())
        return Step(after, pipeline, negated=negated)

    def _command(self) -> Command:
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unreadable(f"commands are nested more than {DEEPEST} deep")
        command = self._one_command()
        self.depth -= 1
        return command

    def _one_command(self) -> Command:
        start = self.keyword()
        if start in _UNREAD or start in _CLOSERS or start == ";;":
            raise Unreadable(command_in([start]))
        command = self._compound(start) if start in ("if", "{", "(", *_LOOPS) else self._simple()
        self._redirections(command)
        return command

    def _compound(self, start: str) -> Command:
        self.at += 1
        if start == "if":
            return self._if()
        if start in _LOOPS:
            words: list[Step] = [] if start == "for" else self.steps(("do",))
            while start == "for" and self.keyword() != "do":
                if self.peek() is None:
                    raise Unreadable("for")
                self.at += 1
            self._expect("do")
            body = self.steps(("done",))
            self._expect("done")
            return Command("loop", body=[*words, *body])
        closing = "}" if start == "{" else ")"
        body = self.steps((closing,))
        self._expect(closing)
        return Command("group", body=body)

    def _if(self) -> Command:
        command = Command("if")
        while True:
            condition = self.steps(("then",))
            self._expect("then")
            command.branches.append((condition, self.steps(("elif", "else", "fi"))))
            word = self.keyword()
            if not word:
                raise Unreadable("'fi' is missing")
            self.at += 1
            if word == "else":
                command.branches.append(([], self.steps(("fi",))))
                self._expect("fi")
            if word != "elif":
                return command

    def _expect(self, word: str) -> None:
        if self.keyword() != word:
            raise Unreadable(f"'{word}' is missing")
        self.at += 1

    def _simple(self) -> Command:
        command = Command()
        while (token := self.peek()) is not None:
            if isinstance(token, Word) and token.parts and token.parts[0].kind != "descriptor":
                command.words.append(token)
                self.at += 1
            elif isinstance(token, Word) or token in _REDIRECTIONS:
                self._redirections(command)
            else:
                break
        if self.keyword() == "(":
            raise Unreadable("a function, or a ( in the middle of a command")
        return command

    def _redirections(self, command: Command) -> None:
        while True:
            token = self.peek()
            descriptor = ""
            if isinstance(token, Word) and token.parts and token.parts[0].kind == "descriptor":
                descriptor = token.plain
                self.at += 1
                token = self.peek()
            if not isinstance(token, str) or token not in _REDIRECTIONS:
                return
            self.at += 1
            target = self.peek()
            if not isinstance(target, Word):
                raise Unreadable(token)
            self.at += 1
            command.redirections.append((descriptor + token, target))
