"""Reading back the configuration as it may be shown, from a run folder that may be someone else's."""

import contextlib
import itertools
import os
from pathlib import Path

from jsquared.errors import BadInputError
from jsquared.records.plan_check import is_file_name
from jsquared.records.reading import read_bounded

LARGEST_SHOWN_BYTES = 2 << 20
"""Of a file: what a configuration may be read from has at most half of that."""
MOST_SHOWN_BYTES = 32 << 20
MOST_SHOWN_FILES = 10_000


def read_shown(config: Path) -> dict[str, str]:
    """The texts of ``shown`` below this folder, by name.

    Left out is what is missing, unreadable, too large or no text, what is not a regular file, and all of it behind a link.
    """
    folder = config / "shown"
    texts: dict[str, str] = {}
    left = MOST_SHOWN_BYTES
    for name in _names(config, folder):
        with contextlib.suppress(BadInputError, UnicodeDecodeError):
            data = read_bounded(folder / name, min(left, LARGEST_SHOWN_BYTES))
            left -= len(data)
            texts[name] = data.decode("utf-8")
    return texts


def _names(config: Path, folder: Path) -> list[str]:
    if config.is_symlink() or folder.is_symlink():
        return []
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in itertools.islice(entries, MOST_SHOWN_FILES)]
    except OSError:
        return []
    return sorted(filter(is_file_name, names))
