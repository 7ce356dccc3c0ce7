"""A program that runs beside this process, on this machine and outside any sandbox, and ends with it."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from jsquared.errors import LabError
from jsquared.programs import tool_cache
from jsquared.programs.find import Program
from jsquared.records.private_files import open_private

END_LIMIT_S = 5.0
SHARE = Path("/usr/share")
DOCUMENTATION = frozenset({"doc", "man", "lintian", "bug", "bash-completion"})
"""Folders below it that no program needs."""
PASSED_ON = (
    "PATH",
    "HOME",
    "LANG",
    "TZ",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)
"""What it is given of this process' environment: nothing that may be a secret but what reaches a proxy."""


@contextmanager
def running(
    program: Program, arguments: Sequence[str], log: Path, inherits: Sequence[int] = ()
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a program for as long as the block lasts; its output goes to a file of its own.

    The kernel ends it if this process is killed, where the system has setpriv.

    :param inherits: descriptors that it has too, under the same numbers.
    :raises LabError: it cannot be started.
    """
    guard = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
    with_files = _with_its_files(program.path)
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ} | program.environment
    with open_private(log) as output:
        try:
            process = subprocess.Popen(
                [*with_files, *guard, str(program.path), *arguments],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment, cwd=log.parent,
                pass_fds=inherits,
                process_group=0,  # Ctrl-C is for this process, which ends it in its own order
            )  # fmt: skip
        except OSError as problem:
            raise LabError(f"cannot be started ({problem.strerror})", where=str(program.path)) from problem
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(END_LIMIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _with_its_files(program: Path) -> list[str]:
    """Return what lets a fetched program find its package's files below ``/usr/share``, where they are not installed.

    Debian's Alertmanager reads its templates from there and nowhere else. A mount namespace of its own lays the fetched files over the
    system's; no privilege is needed where the kernel lets users make namespaces.
    """
    tool = tool_cache.containing(program)
    share = tool.folder / tool_cache.ROOT / "usr" / "share" if tool else None
    if share is None or not share.is_dir() or all((SHARE / each.name).exists() for each in _needed_below(share)):
        return []
    lay = 'mount -t overlay overlay -o "lowerdir=$1:$2" "$2" && shift 2 && exec "$@"'
    return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", lay, "sh", str(share), str(SHARE)]


def _needed_below(share: Path) -> Iterator[Path]:
    return (each for each in share.iterdir() if each.name not in DOCUMENTATION)


def free_port(address: str = "127.0.0.1") -> int:
    """Return a port that nobody listens at now."""
    with socket.create_server((address, 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
