"""Reading in a child what may end the process that reads it."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.records import contents, operations

PROGRAM = """
import os
from pathlib import Path
from jsquared.errors import BadInputError
from jsquared.records import survival
survival.LONGEST_CPU_S = 1
def read():
    print("of the child")
    {}
try:
    survival.require_survival(read, Path("a-run"))
    print("survived")
except BadInputError as problem:
    print(problem)
"""


@pytest.mark.parametrize(
    ("read", "said"),
    [
        ("os.abort()", "a-run: unreadable: reading its files ended with SIGABRT. Try: another run folder; this one is damaged"),
        ("while True: pass", "a-run: unreadable: reading its files ended with SIGXCPU. Try: another run folder; this one is damaged"),
        ("raise ValueError", "survived"),
        ("raise SystemExit(3)", "survived"),
    ],
)  # fmt: skip
def test_only_an_end_by_a_signal_is_no_survival(read: str, said: str) -> None:
    """Errors are for the parent to meet itself; a child that does not end is ended, and none of them says a word."""
    assert ran(read) == f"{said}\n"


@pytest.mark.parametrize("read", ["bytearray(8 << 30)", "import pyarrow as pa; pa.allocate_buffer(8 << 30)"])
def test_memory_has_a_limit(read: str) -> None:
    """Python's and Arrow's, above what the process has at its start."""
    said = "a-run: unreadable: reading its files takes more than 6,144 MiB of memory. Try: another run folder; this one is damaged\n"
    assert ran(read) == said


def test_arrow_s_lack_of_memory_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an error of Arrow's too, which would make the file one that is merely unreadable."""
    import pyarrow as pa  # noqa: PLC0415

    def lack(*_: object) -> None:
        raise pa.ArrowMemoryError("malloc of size 64 failed")

    for module, read in ((operations, operations.read_parquet), (contents, contents.read_contents)):
        monkeypatch.setattr(module, "CheckedFile", lack)
        with pytest.raises(MemoryError):
            read(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_child_ends_with_its_parent(
    tmp_path: Path, wait_until: Callable[..., None], number: signal.Signals
) -> None:
    """However that ends: it would go on for minutes, with nobody who waits for it."""
    told = tmp_path / "child"
    waits = f"open({str(told)!r}, 'w').write(str(os.getpid()) + '.'); import time; time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", PROGRAM.format(waits)], stderr=subprocess.DEVNULL) as parent:
        wait_until(lambda: told.exists() and told.read_text().endswith("."))
        parent.send_signal(number)
    child = int(told.read_text().rstrip("."))
    wait_until(lambda: not Path(f"/proc/{child}").exists())


def test_lower_limits_of_the_user_s_are_kept() -> None:
    """They may not be raised, and the child reads all the same."""
    lower = "import resource; resource.setrlimit(resource.RLIMIT_CPU, (50, 50)); resource.setrlimit(resource.RLIMIT_DATA, (1 << 30,) * 2)\n"
    assert "SIGABRT" in ran("os.abort()", lower)


def ran(read: str, before: str = "") -> str:
    """What the program says that reads so in a child; nothing on stderr."""
    program = before + PROGRAM.format(read)
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stderr == ""
    return ended.stdout
