"""redis.conf and sentinel.conf as text: comments, quotes and ``include``, expanded in place as the server does."""

import fnmatch
import glob
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from jsquared.deployment.model.directives import Directive, Source, join_words, split_words
from jsquared.deployment.model.input_files import checked_text, readable
from jsquared.deployment.model.reach import NAMES_OF_A_FOLDER, Reach, outside
from jsquared.errors import BadInputError

MOST_FILES = 200
DEEPEST_INCLUDE = 32
MOST_PATTERN_PARTS = 16
_UNREADABLE = re.compile("[\udc80-\udcff]")  # bytes that are not UTF-8, as Python keeps them in a text


@dataclass
class NativeReader:
    """Reads the native files of one deployment folder and keeps the text of each in ``texts`` (name to text).

    ``notes`` say what was not read because it is out of reach.
    """

    root: Path
    reach: Reach
    texts: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    _read: int = 0

    def read(self, path: Path) -> tuple[Directive, ...]:
        """All directives of a file with its includes expanded.

        :raises BadInputError: a file is unreadable, an include missing or circular, quotes unbalanced.
        """
        return tuple(self._file(path, ()))

    def source(self, path: Path) -> Source:
        """A file as it is named in the copies of the input and in messages."""
        shown = self.reach.shown(path)
        return Source(self.reach.name_of(path), str(path), shown if shown != str(path) else "")

    def _file(self, path: Path, above: tuple[Path, ...]) -> list[Directive]:
        source = self.source(path)
        text = native_text(self.reach.data(path), path)
        self.texts[source.name] = text
        parsed = parse_text(text, source)
        self.reach.count_lines(len(parsed), source.place)
        directives: list[Directive] = []
        for directive in parsed:
            if directive.key == "include":
                directives += self._include(directive, path, (*above, path.resolve()))
            else:
                directives.append(directive)
        return directives

    def _include(self, directive: Directive, path: Path, above: tuple[Path, ...]) -> list[Directive]:
        found: list[Directive] = []
        for included in self.included(directive, path):
            self._read += 1
            if included.resolve() in above:
                raise directive.bad(f"{readable(str(included))} includes itself", "removing this include")
            if self._read > MOST_FILES:
                raise directive.bad(f"more than {MOST_FILES} included files", "fewer includes")
            if len(above) > DEEPEST_INCLUDE:
                raise directive.bad(f"more than {DEEPEST_INCLUDE} files include each other", "fewer includes")
            found += self._file(included, above)
        return found

    def included(self, directive: Directive, path: Path) -> list[Path]:
        """The files that a line in this file includes.

        :raises BadInputError: there is no such file, or too many.
        """
        if len(directive.arguments) != 1:
            raise directive.bad("include takes one path", 'include "the path"')
        (written,) = directive.arguments
        if glob.has_magic(written):
            return self._matching(directive, written, path)
        found = self.reach.find_beside(written, (path.parent, self.root))
        if found is None:
            as_written = path.parent / written
            if self.reach.leads_out(as_written):
                what = f"{readable(written)} lies outside the folders that may be read"
                raise directive.bad(what, self.reach.advice(as_written))
            raise directive.bad(f"{readable(written)} does not exist", f"putting it into {readable(str(path.parent))}")
        return [found]

    def _matching(self, directive: Directive, pattern: str, path: Path) -> list[Path]:
        """The files of a pattern, as it is or, where that is a path of the user's server, below the folder of the same name here."""
        below = str(PurePosixPath(*PurePosixPath(pattern).parts[-2:]))
        places = [(below, path.parent), (below, self.root)] if pattern.startswith("/") else []
        for wanted, folder in [*places, (pattern, path.parent)]:
            if found := matching(self.reach, folder / wanted):
                if len(found) > MOST_FILES:
                    raise directive.bad(f"more than {MOST_FILES} included files", "fewer includes")
                return [match for match in found if not self._is_outside(match, directive)]
        self._is_outside(without_wildcards(path.parent / pattern) / "*", directive)
        return []

    def _is_outside(self, match: Path, directive: Directive) -> bool:
        """True if a match may not be read, which is noted."""
        is_outside = self.reach.leads_out(match)
        if is_outside:
            what = f"Included files: {readable(str(match))}, of {directive.where},"
            self.notes.append(outside(what, match, self.reach, "it is not part of this"))
        return is_outside


def without_wildcards(pattern: Path) -> Path:
    """The folders before the first one with a wildcard."""
    parts = pattern.parts
    first = next(index for index, part in enumerate(parts) if glob.has_magic(part))
    return Path(*parts[:first])


def matching(reach: Reach, pattern: Path) -> list[Path]:
    """The files and folders that a pattern matches, sorted; only folders within reach are looked into, and where a link leads out of them
    the link itself is a match.

    Wildcards match within one folder and no names that begin with a dot, as in glob(3).
    """
    found = [without_wildcards(pattern)]
    rest = pattern.parts[len(found[0].parts) :]
    if reach.leads_out(found[0]):
        return []
    for part in rest[:MOST_PATTERN_PARTS]:
        found = [match for folder in found[:MOST_FILES] for match in _one_level(reach, folder, part)]
    return sorted(found) if len(rest) <= MOST_PATTERN_PARTS else []


def _one_level(reach: Reach, folder: Path, part: str) -> Iterator[Path]:
    reach.count_names(NAMES_OF_A_FOLDER, folder)
    if reach.leads_out(folder):
        yield folder
    elif not glob.has_magic(part):
        if reach.has(folder / part) or reach.leads_out(folder / part):
            yield folder / part
    elif reach.is_folder(folder) and part.count("*") <= MOST_PATTERN_PARTS:
        names = reach.names(folder)
        reach.count_names(len(names), folder)
        for name in names:
            shown = not name.startswith(".") or part.startswith(".")
            if shown and fnmatch.fnmatchcase(name, part):
                yield folder / name


def native_text(data: bytes, shown: Path) -> str:
    r"""Return the text of a redis.conf or sentinel.conf, in which bytes that are not UTF-8 are written as ``\xHH``.

    Servers read bytes of any encoding (``loadServerConfig`` in config.c), and a word in double quotes with ``\xHH`` is the same one to them
    (``sdssplitargs`` in sds.c). So the text can be written anywhere, and means what was written.

    :raises BadInputError: no configuration can be like that, such as a file with zero bytes.
    """
    text = checked_text(data.decode("utf-8-sig", "surrogateescape"), shown)
    return text if text.isascii() or not _UNREADABLE.search(text) else "\n".join(map(_readable_line, text.split("\n")))


def _as_hex(found: re.Match[str]) -> str:
    (byte,) = found[0].encode("utf-8", "surrogateescape")
    return f"\\x{byte:02x}"


def _readable_line(line: str) -> str:
    if not _UNREADABLE.search(line):
        return line
    words = None if line.lstrip(" \t\r").startswith("#") else split_words(line)
    return _UNREADABLE.sub(_as_hex, line) if words is None else join_words(words)


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
                "unbalanced quotes", where=f"{source.place}:{number}", hint="closing the quote before a space"
            )
        if words:
            directives.append(Directive(words, source, number, line))
    return directives
