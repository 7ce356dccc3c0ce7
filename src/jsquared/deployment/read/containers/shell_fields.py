"""From the words of a command as they are written to those that it gets: expanded, and split where they are not quoted."""

from collections.abc import Callable, Sequence

from jsquared.deployment.read.containers.shell_arithmetic import calculate
from jsquared.deployment.read.containers.shell_effort import Effort
from jsquared.deployment.read.containers.shell_expansion import Expansion, Piece
from jsquared.deployment.read.containers.shell_scope import Scope
from jsquared.deployment.read.containers.shell_script import parse_script
from jsquared.deployment.read.containers.shell_words import Part, Word


class Words:
    """Expands words with the variables of a scope. ``output_of`` runs the commands in ``$(…)``."""

    def __init__(self, scope: Scope, effort: Effort, output_of: Callable[[str], str]) -> None:
        self.scope = scope
        self.effort = effort
        self.expansion = Expansion(scope, effort)
        self.output_of = output_of

    def joined(self, word: Word) -> str:
        """Return a word in one piece, as in an assignment."""
        return " ".join(self.expanded(word, split=False))

    def expanded(self, word: Word, *, split: bool = True) -> list[str]:
        """The words that a word becomes: what stands in quotes is never split.

        :raises Unreadable: something in it is not read here.
        """
        fields = _Fields()
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
        if part.kind == "document" and _substitutes(part.text):
            return [Piece(self._apart(lambda: self._document(part.text)))]
        return list(self.expansion.pieces(part.text)) if part.kind in ("text", "document") else [Piece(part.text)]

    def _result(self, text: str) -> str:
        """Return the text that ``$((…))`` or ``$(…)`` stands for."""
        if text.startswith("(") and text.endswith(")"):
            return str(calculate(self.expansion.string(text[1:-1]), self.scope))
        return self._apart(lambda: self.output_of(text))

    def _apart(self, expand: Callable[[], str]) -> str:
        self.effort.enter()
        text = expand()
        self.effort.leave()
        return text

    def _document(self, text: str) -> str:
        """A here-document with substitutions: expanded as a text in double quotes is."""
        quoted = text.replace('"', '\\"')
        [step] = parse_script(f'printf %s "{quoted}"')
        return self.joined(step.pipeline[0].words[-1])


class _Fields:
    """The words that a word becomes. ``seen``: it is a word even if it is empty."""

    def __init__(self) -> None:
        self.words = [""]
        self.seen = False
        self.parted = False

    def add(self, text: str, *, split: bool) -> None:
        if not split:
            self._begin(text)
            self.words[-1] += text
            self.seen = self.seen or bool(text)
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


def _substitutes(text: str) -> bool:
    return "$(" in text or "`" in text
