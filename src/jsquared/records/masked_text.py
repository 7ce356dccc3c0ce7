"""Secrets in one text of a file that others wrote: a command line, a start script, the content of a small file, a line of a list.

What stands in a secret's place is marked as a whole: up to the end of its word, in quotes or not, and where no words are certain up to the
end of its line.
"""

import re
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from jsquared.records import comments
from jsquared.records import secret_places as places
from jsquared.records.secret_names import may_carry_secret, names_secret
from jsquared.records.secrets import Secrets
from jsquared.records.shell_spans import Span, spans_of
from jsquared.text import closing_brace

DEEPEST = 4
"""So deep scripts in quotes are looked into; what lies deeper is marked."""
_TOOLS = re.compile(r"(redis|valkey|keydb)-(cli|benchmark)$")
_OTHER_A = frozenset(
    "tee cp ls grep test [ [[ ps uname touch df apk du id read set chmod cat date xargs find rsync".split()
)
"""Programs whose option ``-a`` has nothing to do with passwords."""
_ASSIGNED = re.compile(r"(?P<dashes>-*)(?P<name>[A-Za-z_][\w.-]*)=(?P<value>.+)", re.DOTALL)
_ENTRY = re.compile(
    r"(?P<start>[ \t]*(?:[#;/]+[ \t]*)?(?:export[ \t]+|-[ \t]+|\?[ \t]+)*"
    r"[\"']?(?P<name>[\w./-]+)[\"']?[ \t]*(?:=|:(?=\s|$))[ \t]*)(?P<value>.*)",
    re.DOTALL,
)
_REFERENCE = re.compile(r"\$+\{?([A-Za-z_]\w*)")
_WITH_WORD = re.compile(r"\$+\{(?P<name>[A-Za-z_]\w*)(?P<operator>:?[-+?=])?")
_FILE_READ = re.compile(r"[\"']?\$+\(\s*(?:cat|<)\s+[\w./-]+\s*\)[\"']?")
_CAPITALS = re.compile(r"[A-Z][A-Z0-9]*_[A-Z0-9_]*")
_GLUE = r"[^\s\"'@/,;:=&|(){}$<>\[\]]*"
_GLUED = re.compile(r"[;&|()<>]+(?=[^\s;&|()<>])[^\s\"']*")
_OPEN_END = re.compile(r"[|>][-+0-9]*|")
_LINES = re.compile(r"[^\n\r\x85\u2028\u2029]*(?:\r\n|[\n\r\x85\u2028\u2029]|\Z)")


@dataclass
class TextMasker:
    """Marks secrets. ``names`` are variables that carry some though they are not called so.

    ``values`` are those that were marked, ``references`` the variables that stand where a secret belongs.
    """

    secrets: Secrets
    names: frozenset[str] = frozenset()
    values: list[str] = field(default_factory=list)
    references: set[str] = field(default_factory=set)

    def is_secret(self, name: str) -> bool:
        """True if this name promises a secret."""
        return names_secret(name) or name in self.names

    def whole(self, written: str) -> str:
        """A mark for all of what stands in a secret's place; references to variables and truth values stay."""
        self.references |= {name for name in _REFERENCE.findall(written) if may_carry_secret(name)}
        if places.is_plain(written.strip()) or _FILE_READ.fullmatch(written.strip()):
            return written
        self.values += _pieces(written)
        return self.secrets.written(written.strip())

    def prose(self, text: str) -> str:
        """A text that people read: in it the name of a directive is a word as others are."""
        return self.secrets.document(self._by_line(self._defaults(text)))

    def entry(self, text: str) -> str:
        """A line of a list: ``NAME=value`` and ``NAME: value`` to their ends, else as a script."""
        found = _ENTRY.fullmatch(text)
        if found and self.is_secret(found["name"]) and found["value"].strip() and not _is_several(text):
            return found["start"] + self.whole(found["value"])
        return self._around_comments(text, lambda kept: self._statements(self._by_line(self._defaults(kept)), 0))

    def script(self, text: str) -> str:
        """A command line or a script."""
        return self._around_comments(text, lambda kept: self._statements(self._by_line(self._defaults(kept), ":"), 0))

    def lines(self, text: str) -> str:
        """A file of variables."""
        return self._around_comments(
            text, lambda kept: self.secrets.document(self._by_line(self._defaults(kept + "\n#"))[:-2])
        )

    def native(self, text: str) -> str:
        """A file that servers read."""
        return self.secrets.native(comments.without_telling(text, self.names))

    def _around_comments(self, text: str, masked: Callable[[str], str]) -> str:
        """A masked text without comments that may tell a secret.

        Those that are lines go first, lest a quote in one be taken for one that goes on; what begins within a line is certain to be a
        comment only when the secrets of that line are marked. A single word that begins so is a rule of an ACL, such as a hash.
        """
        several = _is_several(text)
        text = masked(self._without(text, comments.whole_lines(text)) if several else text)
        return self._without(text, (span for span in comments.shell_comments(text) if several or span[0] > 0))

    def _without(self, text: str, found: Iterable[comments.Span]) -> str:
        telling = comments.telling_comments(text, found, self.names)
        for start, end in sorted(telling):
            self.comment(text[start:end].lstrip("# \t"))  # what it tells is looked for elsewhere
        return comments.without(text, telling)

    def comment(self, text: str) -> str:
        """A comment of YAML, without its signs."""
        found = _ENTRY.fullmatch(text)
        if found and self.is_secret(found["name"]) and found["value"].strip():
            return found["start"] + self.whole(found["value"])
        return self.secrets.document(self._defaults(text))

    def _statements(self, text: str, depth: int) -> str:
        spans = list(spans_of(text))
        return self.secrets.document(_replaced(text, self._in_statements(spans, depth)))

    def rules(self, text: str) -> str:
        """A user with ACL rules, as behind ``user``."""
        words = list(re.finditer(r"\S+", text))
        at = dict(places.secret_words(["user", *(word.group() for word in words)]))
        marks = [
            (word.start() + at[number], word.end(), self.whole(word.group()[at[number] :]))
            for number, word in enumerate(words, 1)
            if number in at
        ]
        return _replaced(text, marks)

    def words(self, words: Sequence[str]) -> list[str]:
        """The words of a command, each by itself: what stands behind an option is marked."""
        spans = [Span(0, len(word), word, word, is_word=True) for word in words]
        out = list(words)
        for index, start in self._secret_words(spans):
            out[index] = words[index][:start] + self.whole(words[index][start:])
        return out

    # -- variables with a word of their own

    def _defaults(self, text: str) -> str:
        """``${PASSWORD:-word}``: the word, and what is glued to it."""
        out, done = [], 0
        for found in _WITH_WORD.finditer(text):
            if found.start() < done or not self.is_secret(found["name"]):
                continue
            end = closing_brace(text, found.end())
            end = len(text) if end < 0 else end
            word = text[found.end() : end] if found["operator"] else ""
            behind = re.compile(_GLUE).match(text, min(end + 1, len(text)))
            before = re.search(_GLUE + r"\Z", text[max(done, found.start() - 200) : found.start()])
            glued = (before.group() if before else "", behind.group() if behind else "")
            shown = self.whole(word) if word else ""
            out += [text[done : found.start() - len(glued[0])], self._glued(glued[0]), found.group(), shown]
            out += [text[end : end + 1], self._glued(glued[1])]
            done = min(end + 1, len(text)) + len(glued[1])
        return "".join([*out, text[done:]])

    def _glued(self, text: str) -> str:
        return self.whole(text) if re.search(r"\w", text) else text

    # -- lines

    def _by_line(self, text: str, signs: str = ":=") -> str:
        """The lines of a small file: what is called like a secret to the end of its line, or what is written below it.

        :param signs: what stands behind such a name; ``=`` in a script makes a word of its own.
        """
        if not _is_several(text):
            return text
        out: list[str] = []
        deeper = -1
        for line in _LINES.findall(text):
            indent = len(line) - len(line.lstrip(" \t#"))
            body = line[indent:].rstrip("\r\n\x85\u2028\u2029")
            if deeper >= 0 and (not body or indent > deeper):
                out.append(line[:indent] + self.whole(body) + line[indent + len(body) :] if body else line)
                continue
            found = _ENTRY.fullmatch(line[:indent] + body)
            secret = found is not None and self.is_secret(found["name"]) and found["start"].rstrip()[-1:] in signs
            deeper = indent if secret and found and _OPEN_END.fullmatch(found["value"].strip()) else -1
            ends = line[indent + len(body) :]
            out.append(found["start"] + self.whole(found["value"]) + ends if secret and found and deeper < 0 else line)
        return "".join(out)

    # -- words

    def _in_statements(self, spans: Sequence[Span], depth: int) -> list[tuple[int, int, str]]:
        marks: list[tuple[int, int, str]] = []
        statement: list[Span] = []
        before = ""
        for span in [*spans, Span(0, 0, "\n", "\n", is_word=False)]:
            if span.is_word:
                statement.append(replace(span, redirected="<" in before or ">" in before))
            elif span.raw.strip("<>"):
                marks += self._in_statement(statement, depth)
                statement = []
            before = "" if span.is_word else span.raw
        return marks

    def _in_statement(self, words: Sequence[Span], depth: int) -> Iterator[tuple[int, int, str]]:
        secret = dict(self._secret_words(words))
        for index, word in enumerate(words):
            if index in secret:
                yield word.start + secret[index], word.end, self.whole(word.raw[secret[index] :])
            elif (inside := self._inside(word.raw, depth)) != word.raw:
                yield word.start, word.end, inside
                if words[0].bare == "printf":  # what it fills in may be the secret
                    yield from ((each.start, each.end, self.whole(each.raw)) for each in words[index + 1 :])
                    return

    def _inside(self, raw: str, depth: int) -> str:
        """A script in quotes, or one whose output stands there."""
        quoted = re.fullmatch(
            r"(?P<open>[^\"'`$]*(?:[\"'`]|\$+\())(?P<inside>.*[\s=].*)(?P<close>[\"'`)])", raw, re.DOTALL
        )
        if not quoted:
            return raw
        if depth >= DEEPEST:
            return quoted["open"] + self.whole(quoted["inside"]) + quoted["close"]
        return quoted["open"] + self._statements(quoted["inside"], depth + 1) + quoted["close"]

    def _secret_words(self, words: Sequence[Span]) -> Iterator[tuple[int, int]]:
        """The secrets among the words of a statement: the index of each, and how many characters before it are none."""
        program = next((word.bare.rpartition("/")[2] for word in words), "")
        tool = any(_TOOLS.search(word.bare) for word in words)
        index = 0
        while index < len(words):
            taken = yield from self._at(words, index, program, is_tool=tool)
            index += max(taken, 1)

    def _at(self, words: Sequence[Span], index: int, program: str, *, is_tool: bool) -> "Found":
        """The secrets that the word at this place says are there; how many words are done with."""
        word = words[index]
        bare = word.bare
        name = bare.lstrip("-")
        option = bare.startswith("-") and bool(name)
        if assigned := _ASSIGNED.fullmatch(bare):
            if self.is_secret(assigned["name"]):
                yield index, word.raw.index("=") + 1 if "=" in word.raw else 0
        elif option and is_tool and re.match(r"-a[^-]", bare):
            yield index, word.raw.index("a") + 1
        elif name.lower() == "setuser" or (name.lower() == "user" and (option or index == 0)):
            return (yield from self._rules(words, index))
        elif places.holds_secret(name) and (option or not _CAPITALS.fullmatch(bare)):
            return (yield from self._directive(words, index, name))
        elif option and ((bare == "-a" and program not in _OTHER_A) or self.is_secret(name)):
            yield from _next(words, index, 1)
            return 2
        return 1

    def _directive(self, words: Sequence[Span], index: int, name: str) -> "Found":
        """All behind the name of a directive, up to the next option; the name of a primary before it stays."""
        glued = places.glued_at(name)
        if glued < len(name):
            yield index, words[index].raw.index(name[:glued]) + glued if name[:glued] in words[index].raw else 0
        ends = (at for at in range(index + 2, len(words)) if words[at].bare.startswith("-") or words[at].redirected)
        end = next(ends, len(words))
        first = index + 1
        if name.lower() == "auth-pass" and end - first == 2:
            first += 1
        yield from ((at, 0) for at in range(first, end))
        return max(end - index, 1)

    def _rules(self, words: Sequence[Span], index: int) -> "Found":
        end = next((at for at in range(index + 1, len(words)) if words[at].bare.startswith("--")), len(words))
        found = places.secret_words(["user", *(word.bare for word in words[index + 1 : end])])
        for at, start in found:
            word = words[index + at]
            yield index + at, word.raw.index(word.bare[:start]) + start if word.bare[:start] in word.raw else 0
        return end - index


Marks = Sequence[tuple[int, int, str]]
Found = Generator[tuple[int, int], None, int]
"""The secrets among words, and how many words are done with."""


def _is_several(text: str) -> bool:
    return bool(re.search(r"[\n\r\x85\u2028\u2029].", text.strip(), re.DOTALL))


def _next(words: Sequence[Span], index: int, number: int) -> Iterator[tuple[int, int]]:
    yield from ((at, 0) for at in range(index + 1, min(index + 1 + number, len(words))))


def _replaced(text: str, marks: Marks) -> str:
    """With the marks in the place of what they stand for, and of what is glued to it: only a shell takes ``a;b`` for two words."""
    out, done = [], 0
    for start, end, mark in marks:
        if end <= done:
            continue
        out += [text[done:start], mark]
        done = end
        if places.ends_in_mark(mark) and (glued := _GLUED.match(text, end)):
            done = glued.end()
    return "".join([*out, text[done:]])


def _pieces(written: str) -> list[str]:
    """A value as it may stand elsewhere: without quotes, and the words that variables in it have by default."""
    bare = written.strip()
    if len(bare) > 1 and bare[0] in "\"'" and bare[-1] == bare[0]:
        bare = bare[1:-1]
    parts = re.split(r"\$+\{\w*(?::?[-+?=])?|\$+\w+|\}", bare) if "$" in bare else []
    return [bare, *(part for part in parts if part)]
