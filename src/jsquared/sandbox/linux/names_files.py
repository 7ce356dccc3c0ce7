"""The files that tell a trial's processes names, in place of the machine's own.

C libraries read ``/etc/hosts``, ``/etc/nsswitch.conf`` and ``/etc/resolv.conf``. Of the machine's hosts file nothing is kept: it may
know the very names that are under test. No name cache daemon of the machine is seen in a process' root.

Names stand in the hosts file as long as no fault is about them. A Sentinel that has lost its links looks up a hundred names a second,
each of which stops it, and a lab with ten trials on two processors answers in ten milliseconds or more: that is enough for TILT, and
the deployment would be blamed for it.
"""

from collections.abc import Mapping
from pathlib import Path

HOSTS, SWITCH, RESOLVER = "/etc/hosts", "/etc/nsswitch.conf", "/etc/resolv.conf"


def contents(server: str) -> dict[str, str]:
    """Each file with what stands in it at first. ``ndots:0`` keeps the machine's own domain out of every lookup.

    :param server: the address that unknown names are asked of; empty while none answers.
    """
    return {
        HOSTS: hosts_text({}),
        SWITCH: "hosts: files dns\n" if server else "hosts: files\n",
        RESOLVER: f"nameserver {server}\noptions ndots:0\n" if server else "",
    }


def hosts_text(names: Mapping[str, str]) -> str:
    """A hosts file that knows these names, with their addresses."""
    return "".join(f"{address} {name.rstrip('.')}\n" for name, address in {"localhost": "127.0.0.1", **names}.items())


def make(folder: Path, server: str = "") -> None:
    """(Over)write the files in a folder, in place: processes that have them open, or mounted, see what is written."""
    for path, text in contents(server).items():
        (folder / Path(path).name).write_text(text, encoding="ascii")


def shown(folder: Path) -> tuple[tuple[str, str], ...]:
    """Pairs of such a file and the path under which processes look for it."""
    return tuple((str(folder / Path(path).name), path) for path in contents(""))


class NameFiles:
    """The files in ``folder`` while names are served; unknown ones are asked of ``server``."""

    def __init__(self, server: str, folder: Path) -> None:
        self._folder = folder
        make(folder, server)

    def know(self, names: Mapping[str, str]) -> None:
        """Let the hosts file know these names, and no others; a lookup meanwhile asks the server."""
        (self._folder / Path(HOSTS).name).write_text(hosts_text(names), encoding="ascii")

    def forget(self) -> None:
        """Know nothing and ask no server; a second call does nothing."""
        make(self._folder)
