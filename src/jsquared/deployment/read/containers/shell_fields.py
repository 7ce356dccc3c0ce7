"""From the words of a command as they are written to those that it gets: expanded, and split where they are not quoted."""

import re
from collections.abc import Callable, Sequence

from jsquared.deployment.read.containers.shell_arithmetic import calculate
from jsquared.deployment.read.containers.shell_effort import Effort
from jsquared.deployment.read.containers.shell_expansion import Expansion, Piece
from jsquared.deployment.read.containers.shell_scope import Scope
from jsquared.deployment.read.containers.shell_words import Part, Unreadable, Word, document_parts, operand_parts


class Words:
    """Expands words with the variables of a scope. ``output_of`` runs the commands in ``$(…)``; ``bash`` knows more than others."""

    def __init__(self, scope: Scope, effort: Effort, output_of: Callable[[str], str], *, bash: bool) -> None:
        self.bash = bash
        self.scope = scope
        self.effort = effort
        self.expansion = Expansion(scope, effort, self._operand)
        self.output_of = output_of

    def joined(self, word: Word) -> str:
        """Return a word in one piece, as in an assignment."""
        return " ".join(self.expanded(word, split=False))

    def expanded(self, word: Word, *, split: bool = True) -> list[str]:
        """The words that a word becomes: what stands in quotes is never split.

        :raises Unreadable: something in it is not read here.
        """
        if self.bash and split and (several := braced(word)):
            return [self.effort.write(each) for each in several]
        fields = _Fields(self.scope.separators)
        texts: list[str] = []
        for part in word.parts:
            fields.seen = fields.seen or part.quoted
            for piece in self._pieces(part):
                if piece.items is not None and (split or part.quoted):
                    fields.add_all([self.effort.write(each) for each in piece.items])
                    continue
                text = self.effort.write(piece.text if piece.items is None else " ".join(piece.items))
                texts.append(text)
                fields.add(text, split=split and piece.is_value and not part.quoted)
        self.effort.joints.note("".join(texts), texts)
        return fields.words if fields.seen else []

    def _pieces(self, part: Part) -> list[Piece]:
        if part.kind == "command":
            return [Piece(self._result(part.text), is_value=True)]
        if part.kind == "document":
            return [Piece(self.joined(Word(tuple(document_parts(part.text)))))]
        if part.kind == "text":
            return list(self.expansion.pieces(part.text, quoted=part.quoted))
        return [Piece(part.text)]

    def _operand(self, text: str, quoted: bool) -> list[Piece]:
        """The pieces of what stands in place of a variable: what is in quotes there is not split."""
        parts = operand_parts(text, quoted=quoted)
        return [
            Piece(piece.text, is_value=not part.quoted and part.kind != "literal", items=piece.items)
            for part in parts
            for piece in self._pieces(part)
        ]

    def _result(self, text: str) -> str:
        """Return the text that ``$((…))`` or ``$(…)`` stands for."""
        if text.startswith("(") and text.endswith(")"):
            return str(calculate(self.joined(Word(tuple(document_parts(text[1:-1])))), self.scope))
        return self._apart(lambda: self.output_of(text))

    def _apart(self, expand: Callable[[], str]) -> str:
        self.effort.enter()
        text = expand()
        self.effort.leave()
        return text


class _Fields:
    """The words that a word becomes. ``seen``: it is a word even if it is empty."""

    def __init__(self, separators: str) -> None:
        self.separators = separators
        self.words = [""]
        self.seen = False
        self.parted = False

    def add(self, text: str, *, split: bool) -> None:
        if not split:
            self._begin(text)
            self.words[-1] += text
            self.seen = self.seen or bool(text)
            return
        if self.separators != " \t\n":
            self._add_fields(text)
            return
        if text[:1].isspace():
            self.parted = self.parted or bool(self.words[-1])
        for index, piece in enumerate(text.split()):
            self.parted = self.parted or index > 0
            self._begin(piece)
            self.words[-1] += piece
            self.seen = True
        if text[-1:].isspace():
            self.parted = self.parted or bool(self.words[-1])

    def _add_fields(self, text: str) -> None:
        """Fields between other separators than the usual ones: two that are not blank have an empty field between them."""
        if text[:1].isspace() and text[0] in self.separators:
            self.parted = self.parted or bool(self.words[-1])
        for index, piece in enumerate(split_at(text, self.separators)):
            self.words += [""] if index or self.parted else []
            self.words[-1] += piece
            self.seen, self.parted = True, False
        self.parted = self.parted or text.endswith(tuple(self.separators))

    def add_all(self, texts: Sequence[str]) -> None:
        """Words that stay words, such as ``"$@"``: the first and the last are joined with what stands beside."""
        if not texts and self.words == [""]:
            self.seen = False
        for index, text in enumerate(texts):
            self.words += [""] if index else []
            self.words[-1] += text
            self.seen = True

    def _begin(self, text: str) -> None:
        if self.parted and text:
            self.words.append("")
            self.parted = False


MOST_NUMBERS = 100
"""That braces stand for: scripts count their servers with them."""
_BRACES = re.compile(
    r"(?P<before>[\w./:-]*)\{(?:(?P<first>[1-9][0-9]{0,8}|0)\.\.(?P<last>[1-9][0-9]{0,8}|0)|(?P<items>[\w./:-]*(?:,[\w./:-]*)+))\}(?P<after>[\w./:-]*)"
)


def braced(word: Word) -> list[str]:
    """The words that bash makes of ``a{1..3}`` or ``{a,b}``, which other shells take as it stands; none of another word."""
    found = _BRACES.fullmatch(word.plain) if word.is_keyword else None
    if found is None:
        return []
    items = (found["items"] or "").split(",")
    if found["first"]:
        first, last = int(found["first"]), int(found["last"])
        if abs(last - first) >= MOST_NUMBERS:
            raise Unreadable(f"more than {MOST_NUMBERS} numbers")
        step = 1 if last >= first else -1
        items = [str(number) for number in range(first, last + step, step)]
    return [found["before"] + item + found["after"] for item in items]


def split_at(text: str, separators: str, most: int = 0) -> list[str]:
    """The fields of a text between the characters of IFS, at most so many; the last one then has the rest."""
    blank = "".join(char for char in separators if char.isspace())
    solid = "".join(char for char in separators if not char.isspace())
    text = text.strip(blank) if blank else text
    if not separators or not text or most == 1:
        return [text] if text else []
    blanks, solids = f"[{re.escape(blank)}]" if blank else "(?!)", f"[{re.escape(solid)}]" if solid else "(?!)"
    fields = re.split(f"{blanks}*+{solids}{blanks}*+|{blanks}++", text, maxsplit=max(most - 1, 0))
    if (
        len(fields) == most
        and fields[-1][-1:] in solid
        and not re.search(f"[{re.escape(separators)}]", fields[-1][:-1])
    ):
        fields[-1] = fields[-1][:-1]
    return fields[:-1] if not most and not fields[-1] else fields
