"""The package that a program on this machine came in: the distribution's by ``dpkg``, or one that was fetched."""

import os
import platform
import shutil
import subprocess
from pathlib import Path

import msgspec

from jsquared.programs import tool_cache

LIMIT_S = 10.0
_PATTERN = set("*?[\\")
"""What ``dpkg-query -S`` would take for a pattern."""


class InstalledPackage(msgspec.Struct, frozen=True, kw_only=True):
    """A package with its version, and the release that it is installed on, such as ``debian 12``."""

    name: str
    version: str
    distribution: str


def package_of(path: Path) -> InstalledPackage | None:
    """Return the package that a file came in; None where it is of none, or of a system without ``dpkg``."""
    cached = tool_cache.containing(path)
    if cached and cached.record.packages:
        first = cached.record.packages[0]
        return InstalledPackage(name=first.name, version=first.version, distribution=this_release())
    if not path.is_absolute() or set(str(path)) & _PATTERN:
        return None
    names = {path, path.parent.resolve() / path.name}
    for name in (owner.partition(":")[0] for each in sorted(names) for owner in _dpkg("-S", str(each))):
        [*state, version] = (*_dpkg("-W", "-f", "${db:Status-Status} ${Version}\n", name), "")[0].split(" ", 1)
        if state == ["installed"]:
            return InstalledPackage(name=name, version=version, distribution=this_release())
    return None


def this_release() -> str:
    """Return this machine's distribution and its release, such as ``debian 12``; empty where it does not say."""
    try:
        told = platform.freedesktop_os_release()
    except OSError:
        return ""
    return f"{told.get('ID', '')} {told.get('VERSION_ID', '')}".strip()


def _dpkg(*arguments: str) -> list[str]:
    """Return the lines of an answer of ``dpkg-query``; none where it has no answer, or takes too long."""
    program = shutil.which("dpkg-query")
    if program is None:
        return []
    environment = {"LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)}
    try:
        done = subprocess.run(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=LIMIT_S,
            env=environment,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return done.stdout.splitlines() if done.returncode == 0 else []
