"""Reading the user's files: every refusal is one line that names the file."""

import difflib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from jsquared.errors import BadInputError

LARGEST_BYTES = 1 << 20


def read_text(path: Path) -> str:
    """The text of a regular file of at most 1 MiB, UTF-8.

    :raises BadInputError: it is missing, unreadable, no regular file, too large or not UTF-8.
    """
    try:
        if not path.is_file():
            what = "is no regular file" if path.exists() else "no such file"
            raise BadInputError(what, where=str(path), try_="the path of a configuration file")
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise BadInputError(
                f"{size} bytes are too many for a configuration (at most {LARGEST_BYTES})",
                where=str(path),
                try_="another file",
            )
        return path.read_bytes().decode("utf-8-sig")
    except OSError as problem:
        raise BadInputError(f"unreadable: {problem.strerror}", where=str(path), try_="a file you may read") from problem
    except UnicodeDecodeError as problem:
        raise BadInputError(
            f"not UTF-8 text (byte {problem.start})", where=str(path), try_="saving it as UTF-8"
        ) from problem


def find_beside(written: str, folders: Sequence[Path]) -> Path | None:
    """The file that a configuration calls ``written``: in these folders by its path, its bare name or with its folder's, then as written.

    The folders come first because a path like ``/etc/redis/users.acl`` means the user's server, not this machine. For the same reason
    what this machine has there, but not for this user's eyes, counts as not there.
    """
    name = PurePosixPath(written)
    inside = [folder / name for folder in folders if not name.is_absolute()]
    bare = [folder / part for part in (name.name, PurePosixPath(*name.parts[-2:])) for folder in folders]
    found = next((candidate for candidate in [*inside, *bare] if is_there(candidate)), None)
    as_written = Path(written)
    if found is None and name.is_absolute() and is_there(as_written) and os.access(as_written, os.R_OK):
        return as_written
    return found


def is_there(path: Path) -> bool:
    """Whether there is such a file or folder, as far as this user may look."""
    try:
        return path.exists()
    except OSError:  # such as a folder that may not be entered, or a name that is too long
        return False


def did_you_mean(word: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """A suggestion for a word that is not known: the nearest one that is, else ``otherwise``."""
    near = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return near[0] if near else otherwise
