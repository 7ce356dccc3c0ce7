"""redis.conf and sentinel.conf as text: comments, quotes and ``include``, expanded in place as the server does."""

import glob
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from jsquared.errors import BadInputError
from jsquared.topology.directives import Directive, Source, split_words
from jsquared.topology.files import find_beside, read_text

MOST_FILES = 200


@dataclass
class NativeReader:
    """Reads the native files of one deployment folder and keeps the text of each in ``texts`` (name to text)."""

    root: Path
    texts: dict[str, str] = field(default_factory=dict)
    _read: int = 0

    def read(self, path: Path) -> tuple[Directive, ...]:
        """All directives of a file with its includes expanded.

        :raises BadInputError: a file is unreadable, an include missing or circular, quotes unbalanced.
        """
        return tuple(self._file(path, ()))

    def _file(self, path: Path, above: tuple[Path, ...]) -> list[Directive]:
        source = Source(self._name(path), str(path))
        text = read_text(path)
        self.texts[source.name] = text
        directives: list[Directive] = []
        for directive in parse_text(text, source):
            if directive.key == "include":
                directives += self._include(directive, path, (*above, path.resolve()))
            else:
                directives.append(directive)
        return directives

    def _name(self, path: Path) -> str:
        """The file's name relative to the deployment; files elsewhere keep their whole path under ``included``."""
        if path.is_relative_to(self.root):
            return path.relative_to(self.root).as_posix()
        return "included" + path.resolve().as_posix()

    def _include(self, directive: Directive, path: Path, above: tuple[Path, ...]) -> list[Directive]:
        found: list[Directive] = []
        for included in self._included(directive, path):
            self._read += 1
            if included.resolve() in above:
                raise directive.bad(f"{included} includes itself", "removing this include")
            if self._read > MOST_FILES:
                raise directive.bad(f"more than {MOST_FILES} included files", "fewer includes")
            found += self._file(included, above)
        return found

    def _included(self, directive: Directive, path: Path) -> list[Path]:
        if len(directive.arguments) != 1:
            raise directive.bad("include takes one path", 'include "the path"')
        (written,) = directive.arguments
        if glob.has_magic(written):
            return self._matching(written, path)
        found = find_beside(written, (path.parent, self.root))
        if found is None:
            raise directive.bad(f"{written} does not exist", f"putting it into {path.parent}")
        return [found]

    def _matching(self, pattern: str, path: Path) -> list[Path]:
        """The files of a pattern, as it is or, where that is a path of the user's server, below the folder of the same name here."""
        below = str(PurePosixPath(*PurePosixPath(pattern).parts[-2:]))
        places = [(below, path.parent), (below, self.root)] if pattern.startswith("/") else []
        for wanted, folder in [*places, (pattern, path.parent)]:
            # pathlib's own glob takes no pattern that begins with "/"
            if found := sorted(glob.glob(wanted, root_dir=folder)):  # noqa: PTH207
                return [folder / match for match in found]
        return []


def parse_text(text: str, source: Source) -> list[Directive]:
    """The directives of a text; comments and blank lines are left out, ``include`` stays as it is.

    :raises BadInputError: unbalanced quotes, with the line.
    """
    directives = []
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip(" \t\r")
        if not line or line.startswith("#"):
            continue
        words = split_words(line)
        if words is None:
            raise BadInputError(
                "unbalanced quotes", where=f"{source.path}:{number}", try_="closing the quote before a space"
            )
        if words:
            directives.append(Directive(words, source, number, line))
    return directives
