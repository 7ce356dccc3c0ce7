"""Reading in a child what may end the process that reads it."""

import subprocess
import sys

import pytest

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
        ("os.abort()", "a-run: unreadable: reading its files ends with SIGABRT. Try: another run folder; this one is damaged"),
        ("while True: pass", "a-run: unreadable: reading its files ends with SIGXCPU. Try: another run folder; this one is damaged"),
        ("raise ValueError", "survived"),
        ("raise SystemExit(3)", "survived"),
    ],
)  # fmt: skip
def test_only_an_end_by_a_signal_is_no_survival(read: str, said: str) -> None:
    """Errors are for the parent to meet itself; a child that does not end is ended, and none of them says a word."""
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(read)], capture_output=True, text=True, timeout=60, check=True
    )
    assert (ended.stdout, ended.stderr) == (f"{said}\n", "")
