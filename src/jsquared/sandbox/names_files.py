"""The files that tell a trial's processes whom to ask for names, in place of the machine's own, seen from the trial's mounts only.

C libraries read ``/etc/hosts``, ``/etc/nsswitch.conf`` and ``/etc/resolv.conf``. Of the machine's hosts file nothing is kept: it may
know the very names that are under test. A name cache daemon of the machine is hidden, since it would be asked first.
"""

import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from jsquared.errors import SandboxError
from jsquared.sandbox import syscalls

HOSTS, SWITCH, RESOLVER = Path("/etc/hosts"), Path("/etc/nsswitch.conf"), Path("/etc/resolv.conf")
CACHE_DAEMON = Path("/run/nscd")


def contents(server: str) -> dict[Path, str]:
    """Each file with what stands in it during the trial. ``ndots:0`` keeps the machine's own domain out of every lookup."""
    return {
        HOSTS: "127.0.0.1 localhost\n",
        SWITCH: "hosts: files dns\n",
        RESOLVER: f"nameserver {server}\noptions ndots:0\n",
    }


def point_to(server: str, folder: Path) -> Callable[[], None]:
    """Mount these files, made in ``folder``, over the machine's; gives back what takes the mounts away again.

    :raises SandboxError: the machine has no such file to cover, or the kernel refuses.
    """
    folder.mkdir(exist_ok=True)
    covered: list[Path] = []
    undo = partial(_uncover, covered)
    for path, text in contents(server).items():
        if not path.exists():
            if path == SWITCH:
                continue  # then files and dns are what libraries ask anyway
            undo()
            raise SandboxError("is missing, so names cannot be resolved in a trial", where=str(path), try_="making it")
        own = folder / path.name
        own.write_text(text, encoding="ascii")
        _cover(str(own), path, None, syscalls.MS_BIND, undo)
        covered.append(path)
    if CACHE_DAEMON.is_dir():
        _cover("none", CACHE_DAEMON, "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV, undo)
        covered.append(CACHE_DAEMON)
    return undo


def _cover(source: str, target: Path, kind: str | None, flags: int, undo: Callable[[], None]) -> None:
    try:
        syscalls.mount(source, str(target), kind, flags)
    except OSError as problem:
        undo()
        raise SandboxError(
            f"cannot be replaced in the trial: {problem.strerror}", where=str(target), try_="addresses instead of names"
        ) from problem


def _uncover(covered: list[Path]) -> None:
    while covered:
        with contextlib.suppress(OSError):
            syscalls.detach(str(covered.pop()))
