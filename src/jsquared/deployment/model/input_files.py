"""The gate that every input file passes: nothing else opens what a configuration names or the user gives.

A configuration may be a stranger's, so a path in it may be a pipe that never ends, a device, a link or a file that changes while it is
looked at. Files are opened without following links, waiting or becoming a terminal; the open file is checked, and that file is read.
Which folders may be read at all is decided in :mod:`jsquared.deployment.model.reach`.
"""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from jsquared.errors import BadInputError

LARGEST_BYTES = 1 << 20
LARGEST_MODULE_BYTES = 256 << 20
MOST_LINES = 20_000
LONGEST_LINE = 64 << 10
LONGEST_PLACE = 4200
"""File, line and directive: a path has 4096 bytes at the most."""
NEVER = (Path("/proc"), Path("/dev"), Path("/sys"))
"""What the kernel shows of itself and its devices: no configuration lies there."""

_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC | os.O_NOFOLLOW
_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW
_KINDS = {
    stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device", stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a link",
}  # fmt: skip


def resolved(path: Path) -> Path | None:
    """The path without links and dots, whether there is anything or not; None where no file can have it, or links go round in circles."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return None


def is_never_read(path: Path) -> bool:
    """True if a resolved path is in what the kernel shows of itself."""
    return any(path.is_relative_to(folder) for folder in NEVER)


def readable(text: str, longest: int = 200) -> str:
    """A name from an input as one line that can be written anywhere: control characters and bytes that are no text as ``\\xHH``."""
    data = text.encode("utf-8", "backslashreplace").decode()
    plain = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in data)
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"


def read_bytes(
    path: Path, limit_bytes: int = LARGEST_BYTES, shown: Path | None = None, kind: str = "configuration"
) -> bytes:
    """The whole content of a regular file.

    :param path: resolved: no part of it may be a link.
    :param shown: the path as messages name it, where that is another one.
    :param kind: of which kind of file messages speak.
    :raises BadInputError: it is missing, unreadable, no regular file or too large.
    """
    named = readable(str(shown or path), LONGEST_PLACE)
    try:
        descriptor = _open(path, named, kind)
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(limit_bytes + 1)
            size = max(len(data), os.fstat(descriptor).st_size)
    except OSError as problem:
        raise _unreadable(problem, named, kind) from problem
    if size > limit_bytes:
        raise BadInputError(
            f"{size} bytes are too many for a {kind} (at most {limit_bytes})", where=named, hint="another file"
        )
    return data


def open_checked(path: Path, shown: Path, kind: str) -> BinaryIO:
    """Open a regular file for reading from its beginning, as :func:`read_bytes` does, for what grows while it is read.

    :raises BadInputError: it is missing, unreadable or no regular file.
    """
    named = readable(str(shown), LONGEST_PLACE)
    try:
        return os.fdopen(_open(path, named, kind), "rb")
    except OSError as problem:
        raise _unreadable(problem, named, kind) from problem


def text_of(data: bytes, shown: Path) -> str:
    """Return a file's content as text.

    :raises BadInputError: it is not UTF-8, or has more or longer lines than any configuration.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        where = f"{readable(str(shown), LONGEST_PLACE)}:{line}"
        raise BadInputError(
            "a byte of this line is not UTF-8 text", where=where, hint="saving it as UTF-8"
        ) from problem
    return checked_text(text, shown)


def checked_text(text: str, shown: Path) -> str:
    """Return the text of a file if a configuration can be like that.

    :raises BadInputError: it has a zero byte, or more or longer lines than any configuration.
    """
    named = readable(str(shown), LONGEST_PLACE)
    if "\0" in text:
        # A server that reads lines as C strings drops the rest of such a line, and its end with it: it reads another file than we do
        line = text.count("\n", 0, text.index("\0")) + 1
        raise BadInputError("a zero byte is not text", where=f"{named}:{line}", hint="removing it")
    lines = text.split("\n")
    if len(lines) > MOST_LINES + 1:
        what = f"{len(lines)} lines are too many for a configuration (at most {MOST_LINES})"
        raise BadInputError(what, where=named, hint="another file")
    if max(map(len, lines)) > LONGEST_LINE:
        number = next(number for number, line in enumerate(lines, 1) if len(line) > LONGEST_LINE)
        what = f"a line of more than {LONGEST_LINE} characters is too long for a configuration"
        raise BadInputError(what, where=f"{named}:{number}", hint="another file")
    return text


def check_given(path: Path) -> None:
    """Refuse a path of the command line that a link below the working folder leads astray: who wrote the files there may have made it.

    A link may lead to what lies below its own folder. An absolute path to somewhere else is the user's own word, links and all.

    :raises BadInputError: a part of it is a link that leads out of its folder.
    """
    try:
        working = Path.cwd()
    except OSError:  # it is gone
        return
    start = next((base for base in _working_folders(working) if path.is_absolute() and path.is_relative_to(base)), None)
    if path.is_absolute() and start is None:
        return
    at = working
    for part in (path.relative_to(start) if start else path).parts:
        folder, at = at, at / part
        whole = resolved(at)
        if whole is None:
            return  # there is no such file, which others say
        if part != ".." and not whole.is_relative_to(folder):
            what = f"{readable(part)} is a link that leads out of its folder"
            target = readable(str(resolved(path) or whole), LONGEST_PLACE)
            kind = "folder" if Path(target).is_dir() else "file"
            raise BadInputError(what, where=readable(str(path), LONGEST_PLACE), hint=f"the {kind} itself, {target}")
        at = whole


def _working_folders(working: Path) -> list[Path]:
    """The working folder as the system and as the shell calls it; none where everything lies below it."""
    called = Path(os.environ.get("PWD", ""))
    folders = [working, called] if called.is_absolute() and resolved(called) == working else [working]
    return [] if working == Path("/") else folders


def read_given(path: Path) -> str:
    """The text of a file that the user named on the command line, UTF-8 of at most 1 MiB.

    The user named a place and not whatever a link there leads to, which may be somebody else's doing: a link out of its folder is refused.

    :raises BadInputError: it is missing, unreadable, no regular file, too large, not UTF-8, or a link that leads elsewhere.
    """
    check_given(path)
    whole, folder = resolved(path), resolved(path.parent)
    if whole is None or folder is None:
        raise BadInputError(
            "no such file", where=readable(str(path), LONGEST_PLACE), hint="the path of a configuration file"
        )
    if is_never_read(whole):
        raise BadInputError(
            "is not a regular file", where=readable(str(path), LONGEST_PLACE), hint="the path of a configuration file"
        )
    if not whole.is_relative_to(folder):
        what = "is a link that leads out of its folder"
        raise BadInputError(what, where=readable(str(path), LONGEST_PLACE), hint="the path of the file itself")
    return text_of(read_bytes(whole, shown=path), path)


def _open(path: Path, named: str, kind: str) -> int:
    """A descriptor of a regular file, opened one folder after the other, so that no link is followed that came in between."""
    *folders, name = path.parts[1:] or ("",)
    at = os.open("/", _FOLDER)
    try:
        for part in folders:
            at, outer = os.open(part, _FOLDER, dir_fd=at), at
            os.close(outer)
        # Opening may do something to a device
        _check_regular(os.stat(name or ".", dir_fd=at, follow_symlinks=False), named, kind)
        descriptor = os.open(name, _READ, dir_fd=at)
    finally:
        os.close(at)
    try:
        _check_regular(os.fstat(descriptor), named, kind)
    except BadInputError:
        os.close(descriptor)
        raise
    return descriptor


def _check_regular(found: os.stat_result, named: str, kind: str) -> None:
    if not stat.S_ISREG(found.st_mode):
        what = _KINDS.get(stat.S_IFMT(found.st_mode), "something else")
        raise BadInputError(f"is not a regular file but {what}", where=named, hint=f"the path of a {kind} file")


def _unreadable(problem: OSError, named: str, kind: str) -> BadInputError:
    if problem.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
        return BadInputError("no such file", where=named, hint=f"the path of a {kind} file")
    return BadInputError(f"unreadable: {problem.strerror}", where=named, hint="a file you may read")
