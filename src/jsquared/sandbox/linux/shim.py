"""The shim: a few lines of C, preloaded into one server, through which the lab sets that server's clock and slows its disk.

``shim.c`` is compiled with the machine's own C compiler when it is first needed, into the user's cache folder, under the hash of its text:
nothing binary is shipped, and nothing is compiled twice. Lab and server share a page (a :class:`Control`), so a change counts at
the server's next call, without a stop and without a trace of it in the server.

What the server sees: the wall clock (``CLOCK_REALTIME``, ``gettimeofday``, ``time``), from which Redis, Valkey and Sentinel take every
time that they compare or print, has a step and a drift. ``CLOCK_MONOTONIC`` has the drift only: an administrator or NTP moves the one,
a quartz that runs fast moves both. Where an engine reads the processor's counter instead, that stays true.
"""

import hashlib
import mmap
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Self

from jsquared.errors import SandboxError
from jsquared.records.private_files import cache_folder, is_ours_alone
from jsquared.sandbox.facets import DiskCalls
from jsquared.sandbox.linux.libraries import interpreter_of

SOURCE = Path(__file__).with_name("shim.c")
VARIABLE = "JSQUARED_SHIM"
COMPILERS = ("cc", "gcc", "clang")
OPTIONS = ("-O2", "-shared", "-fPIC", "-nostdlib", "-fvisibility=hidden")
LIMIT_S = 30.0
NS_PER_MS = 1_000_000

_PAGE_BYTES = mmap.PAGESIZE
_CURRENT = struct.Struct("@q")
_ADJUSTMENT = struct.Struct("@4q")
_ADJUSTMENTS_AT = _CURRENT.size
_DELAYS = struct.Struct("@3q")
_DELAYS_AT = _ADJUSTMENTS_AT + 2 * _ADJUSTMENT.size
_COUNTS = struct.Struct("@4q")
_COUNTS_AT = _DELAYS_AT + _DELAYS.size


class Control:
    """The page that one server and the lab share. A restarted server finds it as it is."""

    def __init__(self, page: Path | int) -> None:
        """Open the page at a path, which is made where there is none, or take over a descriptor of one."""
        # Read and written, not mapped: a server that cuts the file short would end whoever has it mapped, by SIGBUS.
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._page = page if isinstance(page, int) else os.open(page, flags, 0o600)
        if os.fstat(self._page).st_size < _PAGE_BYTES:
            os.ftruncate(self._page, _PAGE_BYTES)

    def _read(self, form: struct.Struct, at: int) -> tuple[int, ...]:
        data = os.pread(self._page, form.size, at)
        if len(data) < form.size:
            raise SandboxError("a server has cut short the page by which its clock is set", where="shim")
        return form.unpack(data)

    def _write(self, form: struct.Struct, at: int, *values: int) -> None:
        os.pwrite(self._page, form.pack(*values), at)

    def step_clock(self, step_ms: float) -> None:
        """Set the wall clock so many milliseconds ahead of the true one (behind, where negative)."""
        _, drift_ns, since_ns, rate = self._adjustment()
        self._adjust(int(step_ms * NS_PER_MS), drift_ns, since_ns, rate)

    def skew_clocks(self, rate_ppm: int) -> None:
        """Let both clocks gain so many microseconds a second from now on; what they have gained so far stays."""
        step_ns, *_ = self._adjustment()
        self._adjust(step_ns, self._drift_ns(), time.monotonic_ns(), rate_ppm)

    def right_wall_clock(self) -> None:
        """Both clocks run as the true ones and the wall clock is right; the monotonic one, which never goes back, keeps its gain."""
        drift_ns = self._drift_ns()
        self._adjust(-drift_ns, drift_ns, time.monotonic_ns(), 0)

    def delay(self, *, fsync_ms: float = 0.0, write_ms: float = 0.0) -> None:
        """Let each fsync and each write to a regular file take so much longer; from the first time on the server counts them."""
        self._write(_DELAYS, _DELAYS_AT, 1, int(fsync_ms * NS_PER_MS), int(write_ms * NS_PER_MS))

    def disk_calls(self) -> DiskCalls:
        """Return the calls that the server itself counted."""
        fsyncs, fsync_ns, writes, write_ns = self._read(_COUNTS, _COUNTS_AT)
        return DiskCalls(fsyncs, fsync_ns / NS_PER_MS, writes, write_ns / NS_PER_MS)

    def _current(self) -> int:
        return self._read(_CURRENT, 0)[0] & 1

    def _adjustment(self) -> tuple[int, int, int, int]:
        step_ns, drift_ns, since_ns, rate_ppm = self._read(
            _ADJUSTMENT, _ADJUSTMENTS_AT + self._current() * _ADJUSTMENT.size
        )
        return step_ns, drift_ns, since_ns, rate_ppm

    def _drift_ns(self) -> int:
        _, drift_ns, since_ns, rate_ppm = self._adjustment()
        return drift_ns + (time.monotonic_ns() - since_ns) * rate_ppm // 1_000_000

    def _adjust(self, *adjustment: int) -> None:
        other = 1 - self._current()
        self._write(_ADJUSTMENT, _ADJUSTMENTS_AT + other * _ADJUSTMENT.size, *adjustment)
        self._write(_CURRENT, 0, other)

    def close(self) -> None:
        """Let go of the page; the server keeps it."""
        os.close(self._page)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def environment(page: Path, given: Mapping[str, str]) -> dict[str, str]:
    """The variables of a server that is to have the shim, beside those given.

    :raises SandboxError: it cannot be compiled here.
    """
    return {**given, "LD_PRELOAD": str(library()), VARIABLE: str(page)}


@cache
def library() -> Path:
    """The compiled shim, from the cache or the compiler.

    :raises SandboxError: there is no compiler, it fails, or there is no safe folder to keep the result in.
    """
    digest = hashlib.sha256(SOURCE.read_bytes() + " ".join((*OPTIONS, os.uname().machine)).encode()).hexdigest()
    path = safe_cache_folder() / f"shim-{digest[:20]}.so"
    if not path.exists():
        _compile(path)
    return path


def safe_cache_folder() -> Path:
    """The cache folder, made where it is not there. What lies in it is loaded into servers, so no one else may write to it.

    :raises SandboxError: it cannot be made, or it is somebody else's.
    """
    folder = cache_folder()
    advice = "XDG_CACHE_HOME=FOLDER, a folder of your own that you may write to"
    if not folder.is_absolute():
        raise SandboxError("the clock shim has no cache folder: this user has no home", hint=advice)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        usable = is_ours_alone(folder)
    except OSError as problem:
        raise SandboxError(f"the clock shim has no cache folder: {problem}", hint=advice) from problem
    if not usable:
        raise SandboxError(f"others may write to {folder}, so nothing is loaded from there", hint=advice)
    return folder


def _compile(path: Path) -> None:
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None:
        raise SandboxError("there is no C compiler for the clock shim", hint="apt-get install gcc libc6-dev, or clang")
    try:
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            made = Path(folder, path.name)
            done = subprocess.run(
                [compiler, *OPTIONS, "-o", str(made), str(SOURCE)],
                capture_output=True, text=True, timeout=LIMIT_S, check=False,
            )  # fmt: skip
            if done.returncode:
                raise SandboxError(
                    f"{compiler} cannot compile the clock shim: {_reason(done.stderr)}",
                    hint="apt-get install libc6-dev",
                )
            made.replace(path)  # in one step: trials that begin together may all compile it
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise SandboxError(f"the clock shim cannot be compiled: {problem}", hint="another C compiler") from problem


def _reason(words: str) -> str:
    """The line of a compiler's output that says what is wrong."""
    lines = words.strip().splitlines() or ["it says nothing"]
    return next((line for line in lines if "error" in line), lines[-1])


def try_shim() -> None:
    """Set the clock of a process of our own by an hour, and let it say what time it is.

    :raises SandboxError: there is no shim, or it has no effect here.
    """
    page = os.memfd_create("clock")  # a file would stay where this process is killed meanwhile
    with Control(page) as control:
        control.step_clock(3_600_000)
        try:
            done = subprocess.run(
                [sys.executable, "-S", "-E", "-c", "import time; print(time.time())"],
                env=environment(Path(f"/proc/self/fd/{page}"), os.environ), pass_fds=(page,),
                capture_output=True, text=True, timeout=LIMIT_S, check=False,
            )  # fmt: skip
            ahead_s = float(done.stdout or "nan") - time.time()
        except (OSError, ValueError, subprocess.TimeoutExpired) as problem:
            raise SandboxError(
                f"a process with the clock shim cannot be run: {problem}", hint="another machine"
            ) from problem
    if not 3500 < ahead_s < 3700:  # also where it is no number
        reason = done.stderr.strip().rpartition("\n")[2] or f"its clock is {ahead_s:.0f} s ahead instead of 3600 s"
        raise SandboxError(
            f"a process with the clock shim does not take its time: {reason}",
            hint="a cache folder without noexec (XDG_CACHE_HOME)",
        )


def takes_preloads(program: Path) -> bool:
    """True if the loader of a program honours LD_PRELOAD: it is no ELF file (a script starts one), or names an interpreter.

    A program that is linked statically has no ``PT_INTERP`` header and ignores it (elf(5)).
    """
    return interpreter_of(program) != ""
