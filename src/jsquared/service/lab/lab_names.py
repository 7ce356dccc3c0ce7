"""The labs that this user has up, by name: a private folder with a socket for each.

``$XDG_RUNTIME_DIR/jsquared/labs``, by default ``~/.cache/jsquared/labs``. A socket that nobody listens on any more belongs to a lab that
was killed, and its folder is taken away by whoever finds it.
"""

import contextlib
import fcntl
import os
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jsquared.errors import BadInputError, LabError
from jsquared.records.private_files import cache_folder, is_ours_alone, make_private_folder
from jsquared.records.run_directory import explain_write_errors
from jsquared.records.unix_sockets import listening_at
from jsquared.service.lab.lab_client import Connect, at_path
from jsquared.text import did_you_mean

USUAL_NAME = "lab"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_SOCKET = "socket"
BACKLOG = 64


def labs_folder() -> Path:
    """The folder of this user's labs; it may not exist."""
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    base = Path(given) / "jsquared" if Path(given).is_absolute() and Path(given).is_dir() else cache_folder()
    return base / "labs"


def check_name(name: str) -> None:
    """Refuse a name that could be anything else.

    :raises BadInputError: it is not 1 to 40 letters, digits and hyphens.
    """
    if not _NAME.fullmatch(name):
        raise BadInputError(
            f"'{name[:80]}' is not a name for a lab", where="--name", hint="lower-case letters, digits and hyphens"
        )


def names_of_labs() -> list[str]:
    """The names of the labs that are up; what killed ones have left behind is taken away.

    :raises LabError: the folder is somebody else's.
    """
    root = labs_folder()
    if not root.is_dir():
        return []
    _require_ours(root)
    with _locked(root):
        found = sorted(one.name for one in root.iterdir() if one.is_dir() and _NAME.fullmatch(one.name))
        return [name for name in found if _is_up_or_removed(root / name)]


def connect_to(name: str = "") -> Connect:
    """Connections to a lab that is up.

    :param name: empty: the only one that there is.
    :raises BadInputError: there is none of that name, or none at all, or several.
    """
    if name:
        check_name(name)
    known = names_of_labs()
    if not known:
        raise BadInputError("no lab is up", where=f"lab '{name}'" if name else "jsquared lab", hint="jsquared lab up")
    if name and name not in known:
        hint = did_you_mean(name, known, otherwise=", ".join(known))
        raise BadInputError("no lab of that name is up", where=f"lab '{name}'", hint=hint)
    if not name and len(known) > 1:
        raise BadInputError(f"{len(known)} labs are up", where="jsquared lab", hint=f"--name {known[0]}")
    return at_path(labs_folder() / (name or known[0]) / _SOCKET)


def listen_as(name: str) -> socket.socket:
    """Claim a name, and return the socket that the lab is reached at.

    :raises BadInputError: it is not a name, or a lab of that name is up.
    :raises RecordError: the folder cannot be written.
    """
    check_name(name)
    root = labs_folder()
    with explain_write_errors(root):
        make_private_folder(root, exist_ok=True)
    _require_ours(root)
    own = root / name
    with explain_write_errors(own), _locked(root):
        if _is_up_or_removed(own):
            hint = f"jsquared lab down --name {name}, or another --name"
            raise BadInputError("is up already", where=f"lab '{name}'", hint=hint)
        make_private_folder(own)
        try:
            return listening_at(own / _SOCKET, BACKLOG)
        except OSError:
            shutil.rmtree(own, ignore_errors=True)
            raise


def forget(name: str) -> None:
    """Take away what is left of a lab that has ended; nothing where it has not."""
    root = labs_folder()
    with contextlib.suppress(OSError), _locked(root):
        _is_up_or_removed(root / name)


def _is_up_or_removed(own: Path) -> bool:
    """True if somebody listens at a lab's socket; where nobody does, its folder is removed."""
    if not os.path.lexists(own):
        return False
    try:
        at_path(own / _SOCKET)().close()
    except OSError:
        shutil.rmtree(own, ignore_errors=True)
        return False
    return True


def _require_ours(root: Path) -> None:
    if not is_ours_alone(root):
        raise LabError("others may write there", where=str(root), hint=f"chmod 700 {root}")


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """One at a time: between a new folder and its socket, a lab looks as if it were dead."""
    held = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)
