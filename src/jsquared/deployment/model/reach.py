"""The files that a deployment may read: its own folder and those the user allowed, links included, with a limit on the whole of it."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Protocol

from jsquared.deployment.model.input_files import (
    LARGEST_BYTES,
    LONGEST_PLACE,
    check_given,
    is_never_read,
    read_bytes,
    readable,
    resolved,
    text_of,
)
from jsquared.errors import BadInputError

MOST_BYTES = 16 << 20
MOST_FILES = 1000
MOST_LINES = 20_000
MOST_NAMES = 2000
MOST_LOOKED_AT = 1_000_000
"""Names that patterns are compared with, in all."""
NAMES_OF_A_FOLDER = 200
"""Looking for a folder takes as long as comparing so many names."""
STANDARD = tuple(
    Path(folder)
    for folder in (
        "/etc/redis", "/etc/valkey", "/usr/lib/redis/modules", "/usr/lib/valkey/modules", "/usr/lib64/redis/modules",
        "/usr/lib64/valkey/modules", "/usr/local/lib/redis/modules",
    )
)  # fmt: skip
"""Folders of Redis and Valkey: all of them may be read where what the user gave lies in one of them."""


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """The command line's part of a configuration: its permissions, and settings that are in none of its files."""

    paths: Sequence[str] = ()
    """``--allow-path``: folders that may be read beside the deployment's own."""
    modules: bool = False
    """``--allow-modules``: whether servers load modules, which run code."""
    env_files: Sequence[str] = ()
    """``--env-file``: files with a Compose file's variables, in the place of ``.env``; later ones count."""
    env: Sequence[str] = ()
    """``--env``: variables of a Compose file, ``NAME`` from the environment of the process or ``NAME=VALUE``."""
    scale: Sequence[str] = ()
    """``--scale``: the number of containers of a Compose file's service, ``SERVICE=N``."""
    profiles: Sequence[str] = ()
    """``--profile``: the profiles whose services are there, ``*`` for all."""
    compose_files: Sequence[str] = ()
    """``--compose-file``: files that are laid over the first, in this order."""
    floating: Sequence[str] = ()
    """``--floating``: addresses that hosts share in turn, ``ADDRESS=RULE`` (:mod:`jsquared.deployment.read.floating`)."""
    hosts: Sequence[str] = ()
    """``--host``: the host that a file is for, ``FILE=NAME`` (:mod:`jsquared.deployment.read.native.mapping`)."""

    def options(self) -> list[str]:
        """The options that say the same again. Values of variables are left out: the environment has them then."""
        pairs = [("--allow-path", path) for path in self.paths]
        pairs += [("--env-file", path) for path in self.env_files]
        pairs += [("--env", variable.partition("=")[0]) for variable in self.env]
        pairs += [("--scale", written) for written in self.scale]
        pairs += [("--profile", name) for name in self.profiles]
        pairs += [("--compose-file", path) for path in self.compose_files]
        pairs += [("--floating", address) for address in self.floating]
        pairs += [("--host", assignment) for assignment in self.hosts]
        words = [word for pair in pairs for word in pair]
        return [*words, "--allow-modules"] if self.modules else words

    @property
    def of_compose(self) -> str:
        """The first option that says something of a Compose file, and of nothing else; empty without one."""
        given = {
            "--env-file": self.env_files,
            "--env": self.env,
            "--scale": self.scale,
            "--profile": self.profiles,
            "--compose-file": self.compose_files,
        }
        return next((option for option, values in given.items() if values), "")


class Unpacked(Protocol):
    """The content of an archive in a folder of its own; ``archive`` is the path that the user gave."""

    folder: Path
    archive: str


@dataclass
class _Totals:
    """The content read so far: a file requested again is not read again, so it cannot have changed in between."""

    size_bytes: int = 0
    lines: int = 0
    looked_at: int = 0
    names: dict[Path, list[str]] = field(default_factory=dict)
    files: dict[Path, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Reach:
    """The folders that may be read, resolved, the deployment's own first; ``given`` are single files or folders that the user named.

    Without folders nothing is within reach.
    """

    folders: tuple[Path, ...] = ()
    modules: bool = False
    given: tuple[Path, ...] = ()
    unpacked: "Unpacked | None" = field(default=None, compare=False, repr=False)
    """The folder of an archive, which is there as long as this is."""
    _totals: _Totals = field(default_factory=_Totals, compare=False, repr=False)

    @classmethod
    def of(cls, folder: Path, allowed: Allowed | None = None) -> "Reach":
        """Return the reach of a deployment in this folder.

        :raises BadInputError: an allowed path is no folder, or one that is never read.
        """
        allowed = allowed or Allowed()
        own = resolved(folder)
        if own == Path("/"):
            raise BadInputError(
                "the whole machine is not a deployment", where="/", hint="a folder with nothing else in it"
            )
        folders = [own] if own is not None and not is_never_read(own) else []
        folders += [_allowed_folder(path) for path in allowed.paths]
        if own is not None and any(own.is_relative_to(standard) for standard in STANDARD):
            folders += STANDARD
        return cls(tuple(dict.fromkeys(folders)), allowed.modules)

    def and_given(self, path: Path) -> "Reach":
        """The same with a file or folder that the user named; one below the folders stays as it is there, links and all."""
        lexical, whole = Path(os.path.abspath(path)), resolved(path)  # noqa: PTH100 -- without following links
        if (
            whole is None
            or is_never_read(whole)
            or _is_led_astray(path)
            or any(lexical.is_relative_to(folder) for folder in self.folders)
        ):
            return self
        return replace(self, given=(*self.given, whole))

    def resolve(self, path: Path) -> Path | None:
        """The path without links, None where that is out of reach, or no path at all."""
        whole = resolved(path)
        if whole is None or is_never_read(whole):
            return None
        return whole if any(whole.is_relative_to(folder) for folder in (*self.folders, *self.given)) else None

    def has(self, path: Path) -> bool:
        """True if there is such a file or folder within reach, as far as this user may look."""
        whole = self.resolve(path)
        try:
            return whole is not None and whole.exists()
        except OSError:  # such as a folder that may not be entered, or a name that is too long
            return False

    @property
    def visible(self) -> tuple[str, ...]:
        """The folders that a sandbox must not hide from the lab, which copies files from them; those with a path that is text."""
        paths = (str(path) for path in (*self.folders, *self.given))
        return tuple(path for path in paths if readable(path, len(path)) == path)

    def leads_out(self, path: Path) -> bool:
        """True if a path is out of reach, whatever is there."""
        return self.resolve(path) is None

    def is_file(self, path: Path) -> bool:
        """True if it is there, within reach and a regular file."""
        whole = self.resolve(path)
        return whole is not None and self.has(path) and whole.is_file()

    def is_folder(self, path: Path) -> bool:
        """True if it is there, within reach and a folder."""
        whole = self.resolve(path)
        return whole is not None and self.has(path) and whole.is_dir()

    def names(self, folder: Path) -> list[str]:
        """The names in a folder within reach, sorted; those that are no text are left out.

        :raises BadInputError: out of reach, unreadable, or too many.
        """
        whole = self._within(folder)
        known = self._totals.names
        if whole not in known:
            known[whole] = _names_in(whole, folder)
        return known[whole]

    def count_names(self, names: int, where: Path) -> None:
        """Add to the names that patterns are compared with.

        :raises BadInputError: too many.
        """
        self._totals.looked_at += names
        if self._totals.looked_at > MOST_LOOKED_AT:
            what = "the patterns of its includes look at too many folders and files"
            raise BadInputError(what, where=readable(str(where), LONGEST_PLACE), hint="fewer patterns")

    def data(self, path: Path, limit_bytes: int = LARGEST_BYTES) -> bytes:
        """Return the content of a regular file within reach; the same on every call.

        :raises BadInputError: out of reach, missing, unreadable, no regular file, too large, or too much altogether.
        """
        whole = self._within(path)
        totals = self._totals
        if whole not in totals.files:
            data = read_bytes(whole, limit_bytes, shown=path)
            totals.size_bytes += len(data)
            if totals.size_bytes > MOST_BYTES or len(totals.files) >= MOST_FILES:
                what = f"the deployment's files are too many or too large (at most {MOST_FILES}, {MOST_BYTES} bytes)"
                raise BadInputError(what, where=readable(str(path), LONGEST_PLACE), hint="a smaller deployment")
            totals.files[whole] = data
        return totals.files[whole]

    def texts_read(self) -> list[str]:
        """Return everything read so far, as text."""
        return [data.decode("utf-8", "replace") for data in self._totals.files.values()]

    def text(self, path: Path) -> str:
        """The text of a regular file within reach, UTF-8 of at most 1 MiB.

        :raises BadInputError: as :meth:`data`, or it is no text.
        """
        return text_of(self.data(path), path)

    def count_lines(self, lines: int, where: str) -> None:
        """Add to the lines that the deployment has altogether, those of files that are read several times too.

        :raises BadInputError: too many.
        """
        self._totals.lines += lines
        if self._totals.lines > MOST_LINES:
            what = f"more than {MOST_LINES} lines of configuration in all"
            raise BadInputError(what, where=readable(where), hint="fewer lines or includes")

    def find_beside(self, written: str, folders: Sequence[Path]) -> Path | None:
        """The file that a configuration calls ``written``: in these folders by its path, bare name or with its folder's, then as written.

        The folders come first because a path like ``/etc/redis/users.acl`` means the user's server, not this machine. For the same reason
        what this machine has there, but not for this user's eyes, counts as not there. What is out of reach is not there either.
        """
        found = next((one for one in _candidates(written, folders, self._root) if self.has(one)), None)
        as_written = Path(written)
        if found is None and as_written.is_absolute() and self.has(as_written) and os.access(as_written, os.R_OK):
            return as_written
        return found

    @property
    def _root(self) -> Path | None:
        return self.folders[0] if self.folders else None

    def name_of(self, path: Path) -> str:
        """Return a file's name in the copies of the input: relative to the deployment, else ``allowed/<number>/…``; never with dots."""
        root = self._root or Path("/")
        lexical = Path(os.path.abspath(path))  # noqa: PTH100 -- without following links
        if lexical.is_relative_to(root):
            return readable(lexical.relative_to(root).as_posix())
        whole = resolved(path) or lexical
        for number, folder in enumerate((*self.folders, *self.given)):
            if whole.is_relative_to(folder):
                inside = whole.relative_to(folder).as_posix() if whole != folder else whole.name
                return readable(inside if number == 0 else f"allowed/{number}/{inside}")
        return readable(f"elsewhere/{whole.name}")

    def shown(self, path: Path) -> str:
        """Return a path for people: that of a file of an archive begins with the archive's."""
        if self.unpacked is None or not path.is_relative_to(self.unpacked.folder):
            return str(path)
        return "/".join((self.unpacked.archive, *path.relative_to(self.unpacked.folder).parts))

    def advice(self, path: Path) -> str:
        """How to let a file be read that is out of reach."""
        whole = resolved(path)
        if whole is None or is_never_read(whole):
            return "a copy of it in the deployment's folder"
        return f"a copy of it in the deployment's folder, or {allowing(whole.parent)}"

    def _within(self, path: Path) -> Path:
        whole = self.resolve(path)
        if whole is None:
            what = "lies outside the folders that may be read" if resolved(path) else "no such file"
            raise BadInputError(what, where=readable(str(path), LONGEST_PLACE), hint=self.advice(path))
        return whole


def _names_in(whole: Path, folder: Path) -> list[str]:
    names: list[str] = []
    try:
        with os.scandir(whole) as entries:
            for entry in entries:
                names.append(entry.name)
                if len(names) > MOST_NAMES:
                    what, where = f"more than {MOST_NAMES} files", readable(str(folder), LONGEST_PLACE)
                    raise BadInputError(what, where=where, hint="a folder with fewer")
    except OSError as problem:
        what = f"unreadable: {problem.strerror}"
        where = readable(str(folder), LONGEST_PLACE)
        raise BadInputError(what, where=where, hint="a folder you may read") from problem
    return sorted(name for name in names if readable(name) == name)


def _is_led_astray(path: Path) -> bool:
    try:
        check_given(path)
    except BadInputError:
        return True
    return False


def _candidates(written: str, folders: Sequence[Path], root: Path | None) -> Iterator[Path]:
    name = PurePosixPath(written)
    if not name.is_absolute():
        yield from (folder / name for folder in folders)
    elif folders and root:  # a copy of the machine's own tree: n1/etc/redis/redis.conf names n1/etc/ssl/redis.crt
        near = resolved(folders[0]) or folders[0]
        yield from (above / written.lstrip("/") for above in (near, *near.parents) if above.is_relative_to(root))
    for part in (name.name, PurePosixPath(*name.parts[-2:])):
        yield from (folder / part for folder in folders)


def allowing(folder: Path) -> str:
    """How to let a folder be read, unless that is a home or has homes in it: then what is meant needs its own folder."""
    if is_too_wide(folder):
        return "a separate folder for it, named with --allow-path"
    return f"--allow-path {readable(str(folder), LONGEST_PLACE)}"


def is_too_wide(folder: Path) -> bool:
    """True if opening a folder should never be advised: the whole machine, a home, what homes lie in."""
    try:
        own = [Path.home()]
    except RuntimeError:  # the user has none
        own = []
    homes = [*own, *filter(None, map(resolved, own)), Path("/root")]
    places = {folder, resolved(folder) or folder}
    return any(
        place.parent in (Path("/home"), Path("/Users")) or any(home.is_relative_to(place) for home in homes)
        for place in places
    ) or bool(places & {Path("/home"), Path("/Users")})


def _allowed_folder(path: str) -> Path:
    check_given(Path(path))
    folder = resolved(Path(path))
    if folder is None or not folder.is_dir():
        raise BadInputError(f"'{readable(path)}' is not a folder", where="--allow-path", hint="an existing folder")
    if is_never_read(folder) or folder == Path("/"):
        raise BadInputError(
            f"{readable(path)} is never read", where="--allow-path", hint="a folder with configurations"
        )
    return folder


def outside(what: str, path: Path, reach: Reach, consequence: str) -> str:
    """The sentence of a verdict about something that was not read because it is out of reach."""
    return f"{what} lies outside the folders that may be read, so {consequence} (to allow it: {reach.advice(path)})."
