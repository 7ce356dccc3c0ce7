"""What a program and a Python need beside the system's files is found without running anything."""

import subprocess
import sys
from pathlib import Path

import pytest

from jsquared.sandbox.linux import libraries
from jsquared.sandbox.linux.libraries import interpreter_of, libraries_of, python_environment, python_files


def test_a_program_needs_itself_and_its_libraries() -> None:
    """The C library is among what the loader finds for a program."""
    found = libraries_of("/bin/cat")
    assert found[0] == "/bin/cat"
    assert any("libc.so" in path for path in found[1:])


def test_a_script_needs_itself(tmp_path: Path) -> None:
    """What is no program has no loader."""
    script = tmp_path / "engine"
    script.write_text("#!/bin/sh\n")
    assert interpreter_of(script) is None
    assert libraries_of(str(script)) == (str(script),)


def test_what_is_missing_is_said_by_starting_it(tmp_path: Path) -> None:
    """No error comes from a look at a program that is not there, or that is a folder."""
    assert libraries_of(str(tmp_path / "missing")) == (str(tmp_path / "missing"),)
    assert interpreter_of(tmp_path) == ""


def test_a_loader_that_fails_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the loader cannot be asked, the program alone is shown."""

    def fails(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("loader", 1)

    monkeypatch.setattr(libraries.subprocess, "run", fails)
    assert libraries_of.__wrapped__("/bin/cat") == ("/bin/cat",)


def test_damaged_programs_are_no_error(tmp_path: Path) -> None:
    """Headers that lead nowhere name no loader."""
    program = tmp_path / "program"
    program.write_bytes(b"\x7fELF\x02\x01" + b"\xff" * 200)
    assert interpreter_of(program) == ""


def test_a_python_of_its_own_runs_a_client() -> None:
    """With these variables alone a client's modules are found, wherever they lie."""
    assert sys.executable in python_files()
    assert "/" not in python_files()
    code = "import hiredis, jsquared.workload.client"
    done = subprocess.run([sys.executable, "-c", code], env=python_environment(), cwd="/", check=False, timeout=60)
    assert done.returncode == 0
