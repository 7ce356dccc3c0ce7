"""The distribution's packages, by its own ``apt-get`` as any user: found, downloaded with apt's own checks, and unpacked.

The system's package lists are used where they know the packages; else this user gets lists of his own, beside the fetched tools. Signatures
and checksums are apt's business: every setting that would let it do without is off on our command lines, whatever the system's say.
"""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import unquote

from jsquared.errors import BadInputError, LabError
from jsquared.programs.tool_cache import explain_cache_errors
from jsquared.records.private_files import make_private_folder, write_private
from jsquared.sandbox.linux import syscalls
from jsquared.text import one_line

PROGRAMS = ("apt-get", "dpkg-deb")
LISTS_FRESH_S = 24 * 3600.0
UNPACK_LIMIT_S = 300.0
MOST_OUTPUT_BYTES = 1 << 20
CHECKED = (
    "APT::Get::AllowUnauthenticated=false",
    "Acquire::AllowInsecureRepositories=false",
    "Acquire::AllowWeakRepositories=false",
    "Acquire::AllowDowngradeToInsecureRepositories=false",
)
"""What must not be weakened, see apt-secure(8)."""
QUIET = ("Acquire::Retries=2", "Acquire::Languages=none", "APT::Get::Assume-Yes=true", "Dpkg::Use-Pty=false")
_NO_HOOKS = (
    "#clear APT::Update::Pre-Invoke;\n#clear APT::Update::Post-Invoke;\n#clear APT::Update::Post-Invoke-Success;\n"
)
"""The system's hooks are for the system's lists."""
_URI = re.compile(r"^'(?P<uri>[^']+)' (?P<file>\S+) (?P<bytes>\d+)(?: (?P<hash>\S+))?$", re.MULTILINE)
_PERCENT = re.compile(r"^(?:dl|pm)status:[^:]*:(\d+(?:\.\d+)?):", re.MULTILINE)
_NETWORK = re.compile(r"resolv|connect|timed out|unreachable|Failed to fetch|Clearsigned|proxy", re.IGNORECASE)
_PACKAGE_NAME = re.compile(r"[a-z0-9][a-z0-9+.-]+")

Percent = Callable[[float], None]


@dataclass(frozen=True)
class Available:
    """A package that can be downloaded: its file's name, place, size and checksum by the distribution's signed lists."""

    file: str
    uri: str
    size_bytes: int
    sha256: str

    @property
    def name(self) -> str:
        """The package's name."""
        return self.file.partition("_")[0]

    @property
    def version(self) -> str:
        """Its version, with an epoch."""
        return unquote(self.file.split("_")[1]) if "_" in self.file else ""


@dataclass(frozen=True)
class Control:
    """A package by its own words; ``depends`` are the names of the packages that it asks for first."""

    name: str
    version: str
    architecture: str
    depends: tuple[str, ...]


class Apt:
    """The distribution's apt for one fetch.

    :param folder: this user's, for lists of his own.
    :param in_between: called with a number from 0 to 100 while something is downloaded.
    :raises LabError: this system has none.
    """

    def __init__(self, folder: Path, in_between: Percent = lambda _: None) -> None:
        missing = [name for name in PROGRAMS if shutil.which(name) is None]
        if missing:
            raise LabError(
                f"there is no {' and no '.join(missing)} here: tools are fetched from Debian's and Ubuntu's packages",
                where="jsquared tools get",
                hint="installing them as this system does, and putting them on PATH",
            )
        self._folder = folder
        self._in_between = in_between
        self._own_lists = False
        self._failed: Said | None = None

    def available(self, packages: Sequence[str]) -> list[Available]:
        """Find packages in the system's lists, or else in this user's own, which are fetched where they are missing or a day old.

        :raises BadInputError: the distribution has no such package.
        :raises LabError: its lists cannot be had.
        """
        found = self._lookup(packages)
        if found is None and not self._own_lists:
            self.use_own_lists()
            found = self._lookup(packages)
        if found is None and self._failed:
            raise _no_lists(self._failed)
        if found is None:
            raise BadInputError(
                f"this system's package sources have no {self._unknown(packages)}",
                where="apt-get",
                hint="another tool, or a newer release of Debian or Ubuntu",
            )
        return found

    def use_own_lists(self, *, fresh: bool = False) -> None:
        """From now on look into this user's own lists.

        :param fresh: fetch them even if they are new.
        :raises LabError: they cannot be fetched.
        """
        self._own_lists = True
        lists = self._folder / "state" / "lists"
        mark = self._folder / "updated"
        if not fresh and mark.exists() and 0 <= time.time() - mark.stat().st_mtime < LISTS_FRESH_S:
            return
        with explain_cache_errors(self._folder):
            for folder in (lists / "partial", self._folder / "cache" / "archives" / "partial"):
                make_private_folder(folder, exist_ok=True)
            mark.unlink(missing_ok=True)
        said = self._run("update")
        if said.code:
            raise _no_lists(said)
        # A source that fails is only a warning: whether it matters turns out when a package is looked for.
        self._failed = said if said.problems else None
        if self._failed is None:
            with explain_cache_errors(self._folder):
                write_private(mark, "")

    def download(self, packages: Sequence[str], into: Path) -> None:
        """Download packages, which apt compares with the signed lists.

        :raises LabError: they cannot be downloaded, or are not what the lists say.
        """
        said = self._run("download", *packages, cwd=into)
        if said.code:
            raise LabError(f"cannot download: {said.problem}", where="apt-get download", hint=_hint(said))

    def _lookup(self, packages: Sequence[str]) -> list[Available] | None:
        """Return where packages are, by the lists alone; None where one is not in them."""
        said = self._run("download", "--print-uris", *packages)
        if said.code:
            return None
        rows = _URI.finditer(said.output)
        found = [
            Available(row["file"], row["uri"], int(row["bytes"]), (row["hash"] or "").removeprefix("SHA256:"))
            for row in rows
        ]
        return found if {one.name for one in found} >= set(packages) else None

    def _unknown(self, packages: Sequence[str]) -> str:
        """The first package that the lists do not have."""
        return next((name for name in packages if self._lookup([name]) is None), packages[0])

    def _run(self, *words: str, cwd: Path | None = None) -> "Said":
        options = [
            *CHECKED,
            *QUIET,
            f"Dir::Cache={self._folder / 'cache'}",
            "Dir::Cache::pkgcache=",
            "Dir::Cache::srcpkgcache=",
        ]
        if self._own_lists:
            options.append(f"Dir::State={self._folder / 'state'}")
        with explain_cache_errors(self._folder):
            make_private_folder(self._folder, exist_ok=True)
            settings = self._folder / "no-hooks.conf"
            write_private(settings, _NO_HOOKS)
            argv = ["apt-get", "-q", *(f"--option={option}" for option in options), f"--config-file={settings}"]
            return _run([*argv, *words], cwd or self._folder, self._in_between)


@dataclass(frozen=True)
class Said:
    """What apt has said: its exit code, its output, and its errors and warnings, each in a line."""

    code: int
    output: str
    errors: str

    @property
    def problems(self) -> list[str]:
        """Its errors, else its warnings of what could not be fetched."""
        lines = self.errors.splitlines()
        failed = [line for line in lines if line.startswith("W:") and "Failed to fetch" in line]
        return [line for line in lines if line.startswith("E:")] or failed

    @property
    def problem(self) -> str:
        """The first error, in one line."""
        lines = [line.partition(":")[2] for line in self.problems] or self.errors.splitlines()[-1:]
        return one_line(lines[0] if lines else f"it ended with code {self.code}")[:300].rstrip(". ")


def _no_lists(said: Said) -> LabError:
    return LabError(f"the package lists cannot be had: {said.problem}", where="apt-get update", hint=_hint(said))


def unpack(package: Path, into: Path) -> Control:
    """Unpack a package below a folder, and return what it says of itself. None of its scripts is run.

    :raises LabError: it is no package, or cannot be unpacked.
    """
    fields = _dpkg_deb("--field", str(package), "Package", "Version", "Architecture", "Depends", package=package)
    _dpkg_deb("--extract", str(package), str(into), package=package)
    values = dict(line.split(": ", 1) for line in fields.splitlines() if ": " in line and not line.startswith(" "))
    return Control(
        values.get("Package", ""),
        values.get("Version", ""),
        values.get("Architecture", ""),
        _names(values.get("Depends", "")),
    )


def _names(depends: str) -> tuple[str, ...]:
    """The packages of a ``Depends`` field (deb-control(5)): of alternatives the first."""
    first = (alternatives.partition("|")[0] for alternatives in depends.split(","))
    found = (_PACKAGE_NAME.match(one.strip()) for one in first)
    return tuple(match[0] for match in found if match)


def _dpkg_deb(*words: str, package: Path) -> str:
    try:
        done = subprocess.run(
            ["dpkg-deb", *words],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=UNPACK_LIMIT_S, check=False,
            env=_environment(), preexec_fn=syscalls.request_parent_death_signal,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as problem:
        reason = getattr(problem, "strerror", "") or f"dpkg-deb has not ended within {UNPACK_LIMIT_S:g} s"
        raise LabError(f"cannot be unpacked: {reason}", where=unquote(package.name), hint="again") from problem
    if done.returncode:
        said = one_line(done.stderr.decode(errors="replace"))[:300] or f"dpkg-deb ended with code {done.returncode}"
        raise LabError(f"cannot be unpacked: {said}", where=unquote(package.name), hint="freeing disk space, or again")
    return done.stdout.decode(errors="replace")


def _environment() -> dict[str, str]:
    """The user's own, where proxies are, with the words in English."""
    return {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


def _run(argv: Sequence[str], cwd: Path, percent: Percent) -> Said:
    """Run apt to its end; it ends with this process."""
    status_in, status_out = os.pipe()
    with tempfile.TemporaryFile(dir=cwd) as output, tempfile.TemporaryFile(dir=cwd) as errors:
        try:
            process = subprocess.Popen(
                [*argv, f"--option=APT::Status-Fd={status_out}"],
                cwd=cwd, env=_environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
                pass_fds=(status_out,), preexec_fn=syscalls.request_parent_death_signal,  # noqa: PLW1509 -- as above
            )  # fmt: skip
        except OSError as problem:
            os.close(status_in)
            raise LabError(
                f"cannot be run: {problem.strerror}", where=argv[0], hint="another apt-get on PATH"
            ) from problem
        finally:
            os.close(status_out)
        try:
            with os.fdopen(status_in, "rb", buffering=0) as status:
                while chunk := status.read(1 << 16):
                    _tell_percent(chunk, percent)
            code = process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
        return Said(code, *(_beginning(file) for file in (output, errors)))


def _beginning(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(MOST_OUTPUT_BYTES).decode(errors="replace")


def _tell_percent(chunk: bytes, percent: Percent) -> None:
    if found := _PERCENT.findall(chunk.decode(errors="replace")):
        percent(float(found[-1]))


def _hint(said: Said) -> str:
    """What to try when apt fails."""
    if "No space left" in said.errors:
        return "freeing disk space"
    if _NETWORK.search(said.errors):
        return "again, or checking the network and apt's sources and proxy"
    return "checking apt's sources, or sudo apt-get update, then again"
