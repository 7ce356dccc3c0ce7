"""Finds the files of servers in a folder as people have it, and tells data nodes and Sentinels apart by their directives.

A file counts by its lines, whatever it is called: ``6379.conf``, ``cache.conf``. Files that another one includes are parts of it, and what
holds no line of these servers (``sysctl.conf``, a certificate) is not looked at further.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from jsquared.deployment.dialect.dialect import all_directives
from jsquared.deployment.model.directives import Directive, canonical, split_words
from jsquared.deployment.model.input_files import LARGEST_BYTES, readable
from jsquared.deployment.model.reach import Reach
from jsquared.deployment.read.native.conf_files import NativeReader
from jsquared.errors import BadInputError
from jsquared.text import whole_number

DATA_FILES = ("redis.conf", "valkey.conf")
SENTINEL_FILE = "sentinel.conf"
USUAL_FILES = (*DATA_FILES, SENTINEL_FILE)
MOST_SERVERS = 128
DEEPEST_FOLDER = 10
MOST_ENTRIES = 10_000
MOST_INCLUDES = 2000
LARGEST_OTHER_BYTES = 256 << 10
"""Files of other endings than .conf are looked into up to this size."""
_OTHER_ENDINGS = ("", ".cfg", ".cnf", ".config", ".redis", ".sentinel", ".valkey", ".txt", ".ini", ".properties")
# Words of other programs' configurations too, so they say nothing alone.
_COMMON = frozenset(
    "port bind dir user include timeout logfile loglevel daemonize pidfile supervised hz tcp-keepalive databases save "
    "syslog-enabled syslog-ident syslog-facility maxclients".split()
)
_OF_DATA = re.compile(
    r"(replicaof|append.*|save|dbfilename|rdb.*|maxmemory.*|min-replicas-.*|repl-.*|replica-.*|masterauth|masteruser)$"
)
_SENTINEL_PORTS = range(26_000, 27_000)
LEAST_KNOWN = 0.6
"""So large a part of a file's lines must be known, unless its name says that it is a server's."""


@dataclass(frozen=True)
class Candidate:
    """A file that may be a server's. ``words`` are the first words of its lines, by their canonical names."""

    path: Path
    parts: tuple[str, ...]
    words: tuple[str, ...]
    includes: tuple[Path, ...]
    port: int

    @property
    def name(self) -> str:
        """Its path in the folder."""
        return "/".join(self.parts)

    @property
    def is_usual(self) -> bool:
        """True if it is called as in the layout that needs no explanation."""
        return self.parts[-1] in USUAL_FILES

    @property
    def stem(self) -> str:
        """Its name without the ending."""
        return self.parts[-1].rpartition(".")[0] or self.parts[-1]

    @cached_property
    def named_after(self) -> str:
        """The kind of server that its name speaks of, else that its folder speaks of: ``sentinel``, ``data`` or nothing."""
        number = whole_number(re.split(r"[-_.]", self.stem)[0])
        if number in _SENTINEL_PORTS or "sentinel" in self.stem.lower():
            return "sentinel"
        if number is not None and number >= 1024:
            return "data"
        for text in (self.stem.lower(), *(part.lower() for part in self.parts[-2:-1])):
            if "sentinel" in text:
                return "sentinel"
            if re.search(r"redis|valkey", text):
                return "data"
        return ""

    @property
    def is_servers(self) -> bool:
        """True if a server could be started with it."""
        known = [word for word in self.words if word in all_directives() or word == "sentinel"]
        if not self.words:
            return self.is_usual or bool(self.named_after)
        if self.is_usual and (len(self.parts) <= 2 or known):
            return True
        common = {"bind", "include"} & set(known) if self.parts[-1].endswith(".conf") else set()
        telling = set(known) - _COMMON or (len(known) == len(self.words) and (self.port or common))
        return bool(telling) and len(known) >= LEAST_KNOWN * len(self.words)

    def is_sentinel(self, included: "frozenset[str]") -> bool:
        """True if it is a Sentinel's: by its lines with the words of the files that it includes, else by its name."""
        words = {*self.words, *included}
        if "sentinel" in words:
            return True
        if self.parts[-1] == SENTINEL_FILE:
            return True
        if self.parts[-1] in DATA_FILES or any(map(_OF_DATA.match, words)):
            return False
        return self.named_after == "sentinel" or self.port in _SENTINEL_PORTS


@dataclass
class Finder:
    """Looks through a folder within reach.

    ``seen`` are the paths of all files there, and ``passed_over`` those that look like a server's and are not used, with the reason.
    """

    root: Path
    reach: Reach
    seen: list[str] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    _known: dict[Path, Candidate] = field(default_factory=dict)
    _links: list[tuple[Path, tuple[str, ...]]] = field(default_factory=list)
    _walked: set[Path | None] = field(default_factory=set)
    _parts: dict[Path, dict[Path, Candidate]] = field(default_factory=dict)
    _entries: int = 0
    _includes: int = 0

    def servers(self) -> list[tuple[Candidate, bool]]:
        """The files of servers, each with whether it is a Sentinel's.

        :raises BadInputError: too many files, one that is unreadable, or a link that leads out where a server's file should be.
        """
        walked = list(self._walk(self.root, ()))
        while self._links:  # last, so that a link to what lies in the folder anyway does not name it
            path, parts = self._links.pop(0)
            walked += [] if self.reach.resolve(path) in self._walked else self._walk(path, parts)
        self.seen += [one.name for one in walked if not one.is_servers]
        found = [one for one in walked if one.is_servers]
        if len(found) > MOST_SERVERS:
            what = f"{len(found)} files of servers are too many"
            raise BadInputError(what, where=readable(self.reach.shown(self.root)), hint=f"at most {MOST_SERVERS}")
        found = [one for one in found if not self._is_part(one, found)]
        roles = [(one, self._is_sentinel(one)) for one in found]
        return [role for role in roles if not self._gives_way(*role, roles)]

    def look_at(self, path: Path) -> tuple[Candidate, bool]:
        """A file that the user names as a server's, with whether it is a Sentinel's."""
        candidate = self._candidate(path, path.relative_to(self.root).parts)
        return candidate, self._is_sentinel(candidate)

    def _walk(self, folder: Path, parts: tuple[str, ...]) -> Iterator[Candidate]:
        names = self.reach.names(folder)
        self._walked.add(self.reach.resolve(folder))
        self._entries += len(names)
        if self._entries > MOST_ENTRIES or len(parts) > DEEPEST_FOLDER:
            what = f"more than {MOST_ENTRIES} files, or folders nested more than {DEEPEST_FOLDER} deep"
            raise BadInputError(what, where=readable(str(self.root)), hint="a folder with the configuration alone")
        usual = {name for name in names if name in USUAL_FILES}
        for name in names:
            if name.startswith("."):
                continue
            path, below = folder / name, (*parts, name)
            if name not in USUAL_FILES and self.reach.is_folder(path):
                if path.is_symlink():
                    self._links.append((path, below))
                else:
                    yield from self._walk(path, below)
            elif self._is_looked_into(path, name, bool(usual)):
                yield self._candidate(path, below)
            else:
                self.seen.append("/".join(below))
                self._check_link(path)

    def _check_link(self, path: Path) -> None:
        """Refuse a link to a host's folder elsewhere, which would be missing without a word."""
        if self.reach.leads_out(path) and any(os.path.exists(path / name) for name in USUAL_FILES):  # noqa: PTH110
            self.reach.data(path / next(name for name in USUAL_FILES if os.path.exists(path / name)))  # noqa: PTH110

    def _is_looked_into(self, path: Path, name: str, beside_usual: bool) -> bool:
        if name in USUAL_FILES:
            return True
        if name.endswith(".conf"):
            return not beside_usual or self.reach.is_file(path)
        ending = path.suffix.lower() if path.stem else ""
        numbers = ending[1:].isdecimal() or "-" in ending  # an address, or the date of a copy
        if (ending not in _OTHER_ENDINGS and not numbers) or not self.reach.is_file(path):
            return False
        return path.stat().st_size <= LARGEST_OTHER_BYTES and not _is_copy(name)

    def _candidate(self, path: Path, parts: tuple[str, ...]) -> Candidate:
        whole = self.reach.resolve(path) or path
        if whole not in self._known:
            text = self.reach.data(path, LARGEST_BYTES).decode("utf-8", "replace").removeprefix("\ufeff")
            lines = [line for raw in text.split("\n") if (line := raw.strip()) and not line.startswith("#")]
            words = tuple(canonical(line.split(None, 1)[0][:100].strip("\"'")) for line in lines)
            self._known[whole] = Candidate(path, parts, words, tuple(self._included(path, lines)), _port(lines))
        return self._known[whole]

    def _included(self, path: Path, lines: list[str]) -> Iterator[Path]:
        reader = NativeReader(self.root, self.reach)
        for line in lines:
            if line[:7].lower() != "include":
                continue
            self._includes += 1
            if self._includes > MOST_INCLUDES:
                what = f"more than {MOST_INCLUDES} lines that include files"
                raise BadInputError(what, where=readable(self.reach.shown(path)), hint="fewer includes")
            words = split_words(line)
            if words and words[0].lower() == "include":
                try:
                    yield from reader.included(Directive(words, reader.source(path), None, line), path)
                except BadInputError:  # which is told when the file is read, if it is a server's
                    continue

    def _all_included(self, one: Candidate) -> dict[Path, Candidate]:
        """The files that it includes, those that they include too."""
        if one.path in self._parts:
            return self._parts[one.path]
        found = self._parts[one.path] = {}
        waiting = list(one.includes)
        while waiting:
            path = waiting.pop()
            whole = self.reach.resolve(path)
            if whole is None or whole in found or not self.reach.is_file(path):
                continue
            found[whole] = self._candidate(path, path.parts[-1:])
            waiting += found[whole].includes
        return found

    def _is_part(self, one: Candidate, found: list[Candidate]) -> bool:
        """True if another server's file includes this one, and not the other way round."""
        own = self.reach.resolve(one.path)
        includers = [other for other in found if other is not one and own in self._all_included(other)]
        return any(self.reach.resolve(other.path) not in self._all_included(one) for other in includers)

    def _is_sentinel(self, one: Candidate) -> bool:
        return one.is_sentinel(frozenset(word for part in self._all_included(one).values() for word in part.words))

    def _gives_way(self, one: Candidate, is_sentinel: bool, roles: list[tuple[Candidate, bool]]) -> bool:
        """True if a file without the usual ending lies beside one with it, for the same kind of server."""
        if one.parts[-1].endswith(".conf"):
            return False
        beside = (other for other, also in roles if also == is_sentinel and other.parts[:-1] == one.parts[:-1])
        better = next((other for other in beside if other.parts[-1].endswith(".conf")), None)
        if better:
            self.passed_over.append(f"{one.name} ({better.parts[-1]} beside it is read)")
        return better is not None


def _is_copy(name: str) -> bool:
    """True if a name is that of a copy that editors, package managers or people keep beside a file."""
    return bool(re.search(r"\.conf[.-]|~$|\.(bak|old|orig|save|sample|example|dist|disabled)\b", name))


def _port(lines: list[str]) -> int:
    found = [line.split() for line in lines if line[:4].lower() == "port"]
    return next((whole_number(words[1]) or 0 for words in reversed(found) if len(words) == 2), 0)
