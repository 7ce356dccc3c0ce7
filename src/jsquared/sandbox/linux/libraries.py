"""Which files a program or Python needs beside the system's own, so that a root without the rest of the machine can run it."""

import os
import struct
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from jsquared.records.program import library_environment

ELF = b"\x7fELF"
ELF_LIMIT_S = 5.0
_INTERPRETER_HEADER = 3  # PT_INTERP
_64_BIT = 2
_LONGEST_PATH = 4096
PYTHON_PACKAGES = ("jsquared", "hiredis")
"""What a client imports beside the standard library."""


@cache
def libraries_of(program: str) -> tuple[str, ...]:
    """The program, and the shared libraries that its loader finds for it, as absolute paths; nothing of it is run."""
    paths = (words[0] for _, words in _listed(Path(program), ()) if words)
    return (program, *(path for path in paths if path.startswith("/")))


def missing_libraries(program: Path, folders: Sequence[Path]) -> list[str]:
    """Return the names of the shared libraries that a program's loader finds nowhere, these folders included; nothing of it is run."""
    return list(dict.fromkeys(name for name, words in _listed(program, folders) if words[:2] == ["not", "found"]))


def _listed(program: Path, folders: Sequence[Path]) -> list[tuple[str, list[str]]]:
    """The lines of a loader's list (ld.so(8), ``--list``): names, each with the words on where it was found."""
    loader = interpreter_of(program)
    if not loader or not Path(loader).exists():
        return []
    try:
        done = subprocess.run(
            [loader, "--list", str(program)],
            capture_output=True, timeout=ELF_LIMIT_S, check=False, env=library_environment(folders), cwd="/",
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return []  # starting it says what is wrong
    lines = (line.partition("=>") for line in done.stdout.decode(errors="surrogateescape").splitlines())
    return [(name.strip(), found.split()) for name, _, found in lines]


def interpreter_of(program: Path) -> str | None:
    """The loader that an ELF program names in its ``PT_INTERP`` header: empty where it is linked statically, None where it is no program.

    Source: elf(5), 64-bit files in either byte order.
    """
    try:
        with program.open("rb") as file:
            head = file.read(64)
            if head[:4] != ELF:
                return None
            if len(head) < 64 or head[4] != _64_BIT:
                return ""
            order = "<" if head[5] == 1 else ">"
            (table_at,) = struct.unpack_from(order + "Q", head, 32)
            size, count = struct.unpack_from(order + "2H", head, 54)
            file.seek(table_at)
            table = file.read(size * count)
            for at in range(0, len(table) - 39, size or 1):
                kind, _, offset, _, _, length = struct.unpack_from(order + "2I4Q", table, at)
                if kind == _INTERPRETER_HEADER:
                    file.seek(offset)
                    return file.read(min(length, _LONGEST_PATH)).rstrip(b"\0").decode(errors="surrogateescape")
    except (OSError, OverflowError, ValueError):
        return ""  # starting it says what is wrong
    return ""


@cache
def python_files() -> tuple[str, ...]:
    """Return the files that this Python needs to run a client: interpreter, standard library, and the packages that it imports."""
    wanted = [sys.executable, sys.base_prefix, sys.prefix, *map(str, _package_folders())]
    return tuple(path for path in wanted if path not in ("", "/"))


def python_environment() -> dict[str, str]:
    """The variables with which such a Python finds those packages, wherever they lie, and nothing beside them."""
    folders = dict.fromkeys(str(folder.parent) for folder in _package_folders())
    return {"PYTHONPATH": os.pathsep.join(folders), "PYTHONSAFEPATH": "1", "PYTHONNOUSERSITE": "1"}


def _package_folders() -> list[Path]:
    found = [find_spec(name) for name in PYTHON_PACKAGES]
    return [Path(spec.origin).parent for spec in found if spec is not None and spec.origin]
