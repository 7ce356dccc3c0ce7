"""The files that tell a trial's processes names, in place of the machine's own, seen from the trial's mounts only.

C libraries read ``/etc/hosts``, ``/etc/nsswitch.conf`` and ``/etc/resolv.conf``. Of the machine's hosts file nothing is kept: it may
know the very names that are under test. A name cache daemon of the machine is hidden, since it would be asked first.

Names stand in the hosts file as long as no fault is about them. A Sentinel that has lost its links looks up a hundred names a second,
each of which stops it, and a lab with ten trials on two processors answers in ten milliseconds or more: that is enough for TILT, and
the deployment would be blamed for it.
"""

import contextlib
from collections.abc import Mapping
from pathlib import Path

from jsquared.errors import SandboxError
from jsquared.sandbox import syscalls

HOSTS, SWITCH, RESOLVER = Path("/etc/hosts"), Path("/etc/nsswitch.conf"), Path("/etc/resolv.conf")
CACHE_DAEMON = Path("/run/nscd")


def contents(server: str) -> dict[Path, str]:
    """Each file with what stands in it at first. ``ndots:0`` keeps the machine's own domain out of every lookup."""
    return {
        HOSTS: hosts_text({}),
        SWITCH: "hosts: files dns\n",
        RESOLVER: f"nameserver {server}\noptions ndots:0\n",
    }


def hosts_text(names: Mapping[str, str]) -> str:
    """A hosts file that knows these names, with their addresses."""
    return "".join(f"{address} {name.rstrip('.')}\n" for name, address in {"localhost": "127.0.0.1", **names}.items())


class NameFiles:
    """The trial's own files, made in ``folder`` and mounted over the machine's; unknown names are asked of ``server``.

    :raises SandboxError: the machine has no such file to cover, or the kernel refuses.
    """

    def __init__(self, server: str, folder: Path) -> None:
        self._folder = folder
        self._covered: list[Path] = []
        folder.mkdir(exist_ok=True)
        for path, text in contents(server).items():
            if not path.exists():
                if path == SWITCH:
                    continue  # then files and dns are what libraries ask anyway
                self.uncover()
                raise SandboxError(
                    "is missing, so names cannot be resolved in a trial", where=str(path), try_="making it"
                )
            own = folder / path.name
            own.write_text(text, encoding="ascii")
            self._cover(str(own), path, None, syscalls.MS_BIND)
        if CACHE_DAEMON.is_dir():
            self._cover("none", CACHE_DAEMON, "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV)

    def know(self, names: Mapping[str, str]) -> None:
        """Let the hosts file know these names, and no others; a lookup meanwhile asks the server."""
        (self._folder / HOSTS.name).write_text(hosts_text(names), encoding="ascii")

    def _cover(self, source: str, target: Path, kind: str | None, flags: int) -> None:
        try:
            syscalls.mount(source, str(target), kind, flags)
        except OSError as problem:
            self.uncover()
            raise SandboxError(
                f"cannot be replaced in the trial: {problem.strerror}",
                where=str(target),
                try_="addresses instead of names",
            ) from problem
        self._covered.append(target)

    def uncover(self) -> None:
        """Take the mounts away again; a second call does nothing."""
        while self._covered:
            with contextlib.suppress(OSError):
                syscalls.detach(str(self._covered.pop()))
