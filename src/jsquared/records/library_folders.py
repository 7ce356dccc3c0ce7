"""Folders with a program's own shared libraries. Standard library only: a sandbox knows of them too, and needs nothing else."""

import os
from collections.abc import Iterable
from pathlib import Path


def library_environment(folders: Iterable[str | Path]) -> dict[str, str]:
    """The variable that lets a program's loader look into these folders first (ld.so(8)); none where there are no folders."""
    path = os.pathsep.join(map(str, folders))
    return {"LD_LIBRARY_PATH": path} if path else {}
