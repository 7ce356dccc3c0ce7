"""Which files a program or Python needs beside the system's own, so that a root without the rest of the machine can run it."""

import os
import re
import struct
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from jsquared.records.library_folders import library_environment

ELF = b"\x7fELF"
ELF_LIMIT_S = 5.0
_INTERPRETER_HEADER = 3  # PT_INTERP
_64_BIT = 2
_LONGEST_PATH = 4096
# glibc's dl-load.c, and musl's dynlink.c
_NOT_THERE = re.compile(
    r"loading shared librar(?:ies:|y) ([^\s:]+): (?:cannot open shared object file|No such file)", re.IGNORECASE
)
PYTHON_PACKAGES = ("jsquared", "hiredis")
"""What a client imports beside the standard library."""


@cache
def libraries_of(program: str) -> tuple[str, ...]:
    """The program, and the shared libraries that its loader finds for it, as absolute paths; nothing of it is run."""
    listed, _ = _list(Path(program), ())
    words = [line.partition("=>")[2].split() for line in listed.splitlines()]
    return (program, *(found[0] for found in words if found and found[0].startswith("/")))


def missing_library(program: Path, folders: Sequence[Path]) -> str:
    """Return the first shared library that a program's loader finds nowhere, these folders included; nothing of it is run.

    :return: its name, or nothing where the loader finds all.
    """
    _, refused = _list(program, folders)
    found = _NOT_THERE.search(refused)
    return found[1] if found else ""


def _list(program: Path, folders: Sequence[Path]) -> tuple[str, str]:
    """A loader's list (ld.so(8), ``--list``), and why it has none; nothing where there is no loader."""
    loader = interpreter_of(program)
    if not loader or not Path(loader).exists():
        return "", ""
    try:
        done = subprocess.run(
            [loader, "--list", str(program)],
            capture_output=True, timeout=ELF_LIMIT_S, check=False, env=library_environment(folders), cwd="/",
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return "", ""  # starting it says what is wrong
    return done.stdout.decode(errors="surrogateescape"), done.stderr.decode(errors="surrogateescape")


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
