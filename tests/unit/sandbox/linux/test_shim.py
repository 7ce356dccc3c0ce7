"""The shim moves the clocks and slows the disk of the one process that has it, and says why where it cannot be had."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jsquared.errors import SandboxError
from jsquared.records import private_files
from jsquared.sandbox.facets import DiskCalls
from jsquared.sandbox.linux import shim
from jsquared.sandbox.linux.shim import Control, environment, library, takes_preloads, try_shim

HOUR_NS = 3_600_000_000_000
PROCESS = """
import os, sys, time
file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
out, into = os.pipe()
for line in sys.stdin:
    if line == "disk\\n":
        os.write(file, b"x"); os.write(into, b"x"); os.fsync(file); os.fdatasync(file)
    print(time.time_ns(), time.monotonic_ns(), int(time.time()), flush=True)
"""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is compiled into the user's own cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    library.cache_clear()
    yield
    library.cache_clear()


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Control]:
    """A page."""
    with Control(tmp_path / "page") as page:
        yield page


class Preloaded:
    """A process with the shim, which says what time it is when asked."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-S", "-E", "-c", PROCESS, str(folder / "file")],
            env=environment(folder / "page", os.environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ahead_ns(self, request: str = "time", truth: Callable[[], int] | None = None) -> tuple[int, int]:
        """How far its wall clock and its monotonic clock are ahead of this process'."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(request + "\n")
        self.process.stdin.flush()
        wall, monotonic, _ = map(int, self.process.stdout.readline().split())
        return wall - shim.time.time_ns(), monotonic - shim.time.monotonic_ns()


@pytest.fixture
def preloaded(tmp_path: Path, control: Control) -> Iterator[Preloaded]:
    """The process, ended afterwards."""
    child = Preloaded(tmp_path)
    yield child
    child.process.communicate()
    assert child.process.returncode == 0


def near(found: int, expected: int, within: int = 5_000_000_000) -> bool:
    """Whether two times are the same but for a slow machine."""
    return abs(found - expected) < within


@pytest.mark.compiler
def test_a_step_moves_the_wall_clock_alone(preloaded: Preloaded, control: Control) -> None:
    """An hour ahead, an hour behind, and right again; the monotonic clock does not notice."""
    for step_ms, expected in ((3_600_000, HOUR_NS), (-3_600_000, -HOUR_NS)):
        control.step_clock(step_ms)
        wall, monotonic = preloaded.ahead_ns()
        assert near(wall, expected)
        assert near(monotonic, 0)
    control.right_wall_clock()
    assert near(preloaded.ahead_ns()[0], 0)


@pytest.mark.compiler
def test_a_skew_moves_both_clocks(preloaded: Preloaded, control: Control, wait_until: Callable[..., None]) -> None:
    """Both gain as long as it lasts; then the wall clock is right again and the monotonic one never goes back."""
    control.skew_clocks(1_000_000_000)  # a thousand seconds in each
    wait_until(lambda: min(preloaded.ahead_ns()) > 10_000_000_000, what="a gain of ten seconds")
    control.right_wall_clock()
    wall, gained = preloaded.ahead_ns()
    assert near(wall, 0)
    assert gained > 10_000_000_000
    assert near(preloaded.ahead_ns()[1], gained, within=2_000_000_000)


@pytest.mark.compiler
def test_disk_calls_are_delayed_and_counted(preloaded: Preloaded, control: Control) -> None:
    """Fsync, fdatasync and write to a file take longer and are counted; a write to a pipe is neither."""
    preloaded.ahead_ns("disk")
    assert control.disk_calls() == DiskCalls()
    control.delay(fsync_ms=30, write_ms=20)
    preloaded.ahead_ns("disk")
    slow = control.disk_calls()
    assert (slow.fsyncs, slow.writes) == (2, 1)
    assert slow.mean_ms("fsync") >= 30
    assert slow.mean_ms("write") >= 20
    control.delay()
    preloaded.ahead_ns("disk")
    later = control.disk_calls().since(slow)
    assert (later.count("fsync"), later.count("write")) == (2, 1)
    assert later.describe("fsync").startswith("2 fsync calls took ")


@pytest.mark.compiler
def test_other_variables_stay(tmp_path: Path) -> None:
    """The shim comes beside the variables that are given."""
    found = environment(tmp_path / "page", {"TZ": "UTC"})
    assert found["LD_PRELOAD"] == str(library())
    assert (found["TZ"], found["JSQUARED_SHIM"]) == ("UTC", str(tmp_path / "page"))


@pytest.mark.compiler
def test_it_is_compiled_once_into_a_folder_of_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time no compiler is needed; nobody else can read or write the folder."""
    first = library()
    assert first.parent == tmp_path / "cache" / "jsquared"
    assert first.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in first.parent.iterdir()] == [first.name]
    library.cache_clear()
    monkeypatch.setattr(shim.shutil, "which", lambda _: None)
    assert library() == first
    try_shim()


def test_without_a_compiler_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason and a package that helps."""
    monkeypatch.setattr(shim.shutil, "which", lambda _: None)
    with pytest.raises(SandboxError, match=r"no C compiler.*apt-get install gcc"):
        library()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo note; echo shim.c: fatal error: time.h >&2; exit 1", "fatal error: time.h"),
        ("exit 1", "it says nothing"),
        ("echo odd >&2; exit 1", "odd"),
        ("exit 0", "No such file"),
    ],
)
def test_a_failing_compiler_is_quoted(script: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line that tells most of what it says, and nothing is left in the cache."""
    compiler = tmp_path / "cc"
    compiler.write_text(f"#!/bin/sh\n{script}\n")
    compiler.chmod(0o755)
    monkeypatch.setattr(shim.shutil, "which", lambda _: str(compiler))
    with pytest.raises(SandboxError, match=words):
        library()
    assert list((tmp_path / "cache" / "jsquared").iterdir()) == []


def test_a_folder_that_others_may_write_to_is_not_used(tmp_path: Path) -> None:
    """What lies there would be loaded into servers."""
    folder = tmp_path / "cache" / "jsquared"
    folder.mkdir(parents=True)
    folder.chmod(0o770)
    with pytest.raises(SandboxError, match=r"others may write to .*XDG_CACHE_HOME"):
        library()


def test_a_cache_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A file is in the way."""
    (tmp_path / "cache").write_text("")
    with pytest.raises(SandboxError, match="no cache folder"):
        library()


def test_a_user_without_a_home_has_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative folder is never used, wherever it comes from."""
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setattr(shim.os.path, "expanduser", lambda path: path)
    with pytest.raises(SandboxError, match="this user has no home"):
        library()


def test_the_users_own_cache_is_the_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a variable it is ``.cache`` at home."""
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert private_files.cache_folder() == tmp_path / ".cache" / "jsquared"


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("#!/bin/sh\necho nan\n", "its clock is nan s ahead"),
        ("#!/bin/sh\necho 17; echo cannot be preloaded >&2\n", "cannot be preloaded"),
        ("#!/bin/sh\necho later\n", "cannot be run"),
    ],
)
def test_a_shim_without_effect_is_found_out(
    program: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that says the wrong time, or none, shows that the shim does not work here."""
    python = tmp_path / "python"
    python.write_text(program)
    python.chmod(0o755)
    monkeypatch.setattr(shim, "environment", lambda page, given: dict(given))
    monkeypatch.setattr(shim.sys, "executable", str(python))
    with pytest.raises(SandboxError, match=words):
        try_shim()


def elf(*kinds: int, word: int = 2, order: int = 1) -> bytes:
    """The beginning of a program with these program headers."""
    endian = "little" if order == 1 else "big"
    head = bytearray(64)
    head[:6] = bytes([0x7F, *b"ELF", word, order])
    head[32:40] = (64).to_bytes(8, endian)
    head[54:56] = (56).to_bytes(2, endian)
    head[56:58] = len(kinds).to_bytes(2, endian)
    names_a_loader = (
        bytes(4) + (1).to_bytes(8, endian) + bytes(16) + (3).to_bytes(8, endian) + bytes(16)
    )  # "ELF" of the head
    return bytes(head) + b"".join(kind.to_bytes(4, endian) + names_a_loader for kind in kinds)


@pytest.mark.parametrize(
    ("content", "takes"),
    [
        (b"#!/bin/sh\nexec redis-server\n", True),
        (b"", True),
        (elf(6, 3, 1), True),
        (elf(6, 3, order=2), True),
        (elf(1, 1), False),
        (elf(), False),
        (elf(3, word=1), False),
        (elf(3)[:40], False),
    ],
)
def test_a_static_program_takes_no_preloads(content: bytes, takes: bool, tmp_path: Path) -> None:
    """Only a program that names its interpreter does, or one that is no program but starts one."""
    program = tmp_path / "program"
    program.write_bytes(content)
    assert takes_preloads(program) is takes


def test_a_page_that_a_server_has_cut_short_is_said(tmp_path: Path) -> None:
    """The lab is not ended by it, as it would be by a map of the file, and says what happened."""
    with Control(tmp_path / "page") as control:
        os.truncate(tmp_path / "page", 0)
        with pytest.raises(SandboxError, match="has cut short the page"):
            control.disk_calls()
