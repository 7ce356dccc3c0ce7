"""The user's files as a run folder keeps them: under numbers of ours, since a name from an input must never be a path to write to.

``manifest.json`` says which name each number stands for. Everything is made again, below an open folder, and no link is followed.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

SUFFIXES = (".conf", ".acl", ".yaml", ".yml", ".sh", ".env", ".json")
MANIFEST = "manifest.json"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def write_input_copies(config: Path, texts: Mapping[str, str]) -> None:
    """Write the texts (names for people to text) as ``input/001.conf`` … below this folder, with a manifest; nothing where there are none.

    :raises OSError: something cannot be written, or is there already.
    """
    if not texts:
        return
    (config / "input").mkdir(mode=0o700)
    folder = os.open(config / "input", os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        names = {f"{number:03d}{_suffix(name)}": name for number, name in enumerate(texts, 1)}
        for file, name in names.items():
            _write(file, texts[name], folder)
        _write(MANIFEST, json.dumps(names, indent=2) + "\n", folder)
    finally:
        os.close(folder)


def _suffix(name: str) -> str:
    suffix = PurePosixPath(name).suffix
    return suffix if suffix in SUFFIXES else ".txt"


def _write(name: str, text: str, folder: int) -> None:
    with os.fdopen(os.open(name, _NEW, 0o600, dir_fd=folder), "w", encoding="utf-8") as file:
        file.write(text)
