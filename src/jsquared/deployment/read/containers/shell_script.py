"""The statements of a shell script: lists, pipelines, groups, ``if``, ``case``, loops and functions; anything else is unreadable.

Grammar: POSIX.1-2017, "Shell Command Language", with the arrays, ``[[ … ]]`` and ``(( … ))`` of bash.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from jsquared.deployment.read.containers.shell_words import Token, Unreadable, Word, command_in, tokens_of

_SEPARATORS = (";", "\n", "&", "&&", "||")
_REDIRECTIONS = ("<", ">", ">>", "<<", "<<-", ">&", "&>", "<<<", "<&")
DEEPEST = 30
"""So deep statements may stand in each other."""
_LOOPS = ("while", "until", "for")
_COMPOUND = ("if", "{", "((", "(", "case", "function", "[[", *_LOOPS)
_UNREAD = ("select",)
_CLOSERS = ("then", "else", "elif", "fi", "do", "done", "}", ")", "esac")
_ARRAY = re.compile(r"[A-Za-z_]\w*\+?=")


@dataclass
class Command:
    """A command with its redirections. Which fields it has depends on its kind.

    ``simple``: ``words``. ``group``, ``subshell``: ``body``. ``if``: ``branches`` of condition and body; the last condition may be empty.
    ``while``, ``until``: ``condition`` and ``body``. ``for``: ``name``, ``words`` and ``body``. ``case``: ``words`` (one) and ``cases``.
    ``function``: ``name`` and ``body``. ``test``, the inside of ``[[ … ]]``, and ``arithmetic``, that of ``(( … ))``: ``tokens``.
    """

    kind: str = "simple"
    words: list[Word] = field(default_factory=list)
    body: "list[Step]" = field(default_factory=list)
    branches: "list[tuple[list[Step], list[Step]]]" = field(default_factory=list)
    redirections: list[tuple[str, Word]] = field(default_factory=list)
    condition: "list[Step]" = field(default_factory=list)
    cases: "list[tuple[list[Word], list[Step]]]" = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    name: str = ""


@dataclass
class Step:
    """A pipeline and what stands before it: ``;``, ``&&`` or ``||``; ``background`` where ``&`` follows, ``negated`` after ``!``."""

    after: str
    pipeline: list[Command]
    background: bool = False
    negated: bool = False


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

    def peek(self, ahead: int = 0) -> Token | None:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else None

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
            self._skip_lines()
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
        command = self._compound(start) if start in _COMPOUND else self._simple()
        self._redirections(command)
        return command

    def _compound(self, start: str) -> Command:
        self.at += 1
        if start == "((":
            return self._arithmetic()
        if start in ("while", "until"):
            return self._while(start)
        readers = {"if": self._if, "for": self._for, "case": self._case, "function": self._function, "[[": self._test}
        if start in readers:
            return readers[start]()
        closing = "}" if start == "{" else ")"
        body = self.steps((closing,))
        self._expect(closing)
        return Command("group" if start == "{" else "subshell", body=body)

    def _while(self, start: str) -> Command:
        condition = self.steps(("do",))
        self._expect("do")
        body = self.steps(("done",))
        self._expect("done")
        return Command(start, condition=condition, body=body)

    def _for(self) -> Command:
        command = Command("for", name=self._plain_word("for"))
        if self.keyword() != "in":
            raise Unreadable("for")
        self.at += 1
        while isinstance(word := self.peek(), Word):
            command.words.append(word)
            self.at += 1
        while self.keyword() in (";", "\n"):
            self.at += 1
        self._expect("do")
        command.body = self.steps(("done",))
        self._expect("done")
        return command

    def _case(self) -> Command:
        word = self.peek()
        if not isinstance(word, Word):
            raise Unreadable("case")
        self.at += 1
        command = Command("case", words=[word])
        self._skip_lines()
        self._expect("in")
        self._skip_lines()
        while self.keyword() != "esac":
            command.cases.append((self._patterns(), self.steps((";;", "esac"))))
            self.at += self.keyword() == ";;"
            self._skip_lines()
        self._expect("esac")
        return command

    def _patterns(self) -> list[Word]:
        patterns: list[Word] = []
        self.at += self.peek() == "("
        while isinstance(word := self.peek(), Word):
            patterns.append(word)
            self.at += 1
            if self.peek() != "|":
                break
            self.at += 1
        self._expect(")")
        return patterns

    def _function(self) -> Command:
        """A function after the word ``function``."""
        name = self._plain_word("function")
        if self.peek() == "(":
            self.at += 1
            self._expect(")")
        return self._body_of(name)

    def _body_of(self, name: str) -> Command:
        self._skip_lines()
        if self.keyword() not in ("{", "("):
            raise Unreadable("a function without { … }")
        command = self._command()
        return Command("function", name=name, body=[Step(";", [command])])

    def _test(self) -> Command:
        inside: list[Token] = []
        while (token := self.peek()) is not None:
            self.at += 1
            if isinstance(token, Word) and token.plain == "]]":
                return Command("test", tokens=inside)
            inside.append(token)
        raise Unreadable("']]' is missing")

    def _arithmetic(self) -> Command:
        inside: list[Token] = []
        depth = 0
        while (each := self.peek()) is not None:
            if each == ")" and depth == 0:
                self.at += 1
                self._expect(")")
                return Command("arithmetic", tokens=inside)
            depth += {"((": 2, "(": 1, ")": -1}.get(each if isinstance(each, str) else "", 0)
            inside.append(each)
            self.at += 1
        raise Unreadable("')' is missing")

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

    def _skip_lines(self) -> None:
        while self.keyword() == "\n":
            self.at += 1

    def _plain_word(self, where: str) -> str:
        word = self.peek()
        if not isinstance(word, Word) or not word.plain.isidentifier():
            raise Unreadable(where)
        self.at += 1
        return word.plain

    def _simple(self) -> Command:
        command = Command()
        while (token := self.peek()) is not None:
            if isinstance(token, Word) and token.parts and token.parts[0].kind != "descriptor":
                self.at += 1
                command.words.append(self._with_items(token))
            elif isinstance(token, Word) or token in _REDIRECTIONS:
                self._redirections(command)
            else:
                break
        if self.keyword() != "(":
            return command
        if len(command.words) == 1 and command.words[0].is_keyword and self.peek(1) == ")":
            self.at += 2
            return self._body_of(command.words[0].plain)
        raise Unreadable("a ( in the middle of a command")

    def _with_items(self, word: Word) -> Word:
        """The word, with the array that it is followed by."""
        if self.peek() != "(" or not word.is_keyword or not _ARRAY.fullmatch(word.plain):
            return word
        self.at += 1
        items: list[Word] = []
        while (each := self.peek()) != ")":
            if isinstance(each, Word):
                items.append(each)
            elif each != "\n":
                raise Unreadable("an array that is not closed")
            self.at += 1
        self.at += 1
        return replace(word, items=tuple(items))

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
