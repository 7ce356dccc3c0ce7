"""A server's process, where it runs on this machine: its umask, its user and its configuration file. Nothing is opened but /proc."""

import re
import socket
from collections.abc import Mapping
from pathlib import Path

from jsquared.audit.evidence import ProcessFacts
from jsquared.deployment.model.addresses import ip_of
from jsquared.text import whole_number

PROC = Path("/proc")
_FIELD = re.compile(r"^(Umask|Uid):\s+(\d+)", re.MULTILINE)


def process_of(address: str, port: int, info: Mapping[str, str], proc: Path = PROC) -> ProcessFacts | None:
    """Return what /proc shows of the server with this address, None where it is on another machine or its process is not visible.

    :param info: its INFO, which names its process and its configuration file.
    """
    pid = whole_number(info.get("process_id", ""))
    if pid is None or not is_own_address(address):
        return None
    folder = proc / str(pid)
    try:
        title = (folder / "cmdline").read_bytes()[:4096].replace(b"\0", b" ").decode("utf-8", "replace")
        status = (folder / "status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    if not re.search(rf":{port}\b", title):  # a container has numbers of its own
        return None
    fields = dict(_FIELD.findall(status))
    conf = info.get("config_file", "")
    return ProcessFacts(
        umask=int(fields["Umask"], 8) if "Umask" in fields else None,
        user_id=int(fields["Uid"]) if "Uid" in fields else None,
        conf_file=Path(conf) if conf.startswith("/") else None,
        program=_program(folder / "exe"),
    )


def _program(link: Path) -> Path | None:
    """The file that a process runs; None where another one, or none, has its name here: replaced since, or inside a container."""
    try:
        path = link.readlink()
        return path if link.samefile(path) else None
    except OSError:
        return None


def is_own_address(address: str) -> bool:
    """True if this machine has an address: only then can a socket be bound to it."""
    ip = ip_of(address)
    if ip is None:
        return False
    family = socket.AF_INET if ip.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True
