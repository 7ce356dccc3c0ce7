"""The file with a team's settings: found from the working folder upwards, no further than the root of its repository.

In each folder it is ``jsquared.toml``, or the table ``[tool.jsquared]`` of ``pyproject.toml``. Outside of a repository only the working
folder is looked at: in what lies above it, such as /tmp, anybody may have put a file.
"""

import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsquared.deployment.model.input_files import LONGEST_PLACE, read_given, readable
from jsquared.errors import BadInputError
from jsquared.settings.entry import Entry, SettingsSource
from jsquared.settings.toml_lines import lines_of

OWN_NAME, SHARED_NAME = "jsquared.toml", "pyproject.toml"
SECTION = ("tool", "jsquared")
_ROOT_MARK = ".git"
MOST_FOLDERS = 100
"""A working folder that lies deeper is in no repository."""


@dataclass(frozen=True)
class _Found:
    path: Path
    data: dict[str, Any]
    text: str
    section: tuple[str, ...]


def read_settings_file(working: Path) -> Entry | None:
    """Return the settings that hold in a folder, as the table that the file is; None where there are none.

    :raises BadInputError: the file cannot be read, or is not TOML.
    """
    for folder, root in _folders(working):
        found = _in_folder(folder, working)
        if found is not None:
            return Entry(found.data, found.section, "", _source(found, folder, root, working))
    return None


def _source(found: _Found, folder: Path, root: Path, working: Path) -> SettingsSource:
    return SettingsSource(
        shown=_shown(found.path, working),
        lines=lines_of(found.text),
        folder=folder,
        root=root,
        working=working,
        recorded=_shown(found.path, root),
    )


def suite_names(working: Path) -> list[str]:
    """Return the names of the suites in a folder's settings, unchecked; none where anything is wrong with them."""
    try:
        entry = read_settings_file(working)
        suites = entry.value.get("suites") if entry and isinstance(entry.value, dict) else None
    except (BadInputError, OSError):
        return []
    return list(suites) if isinstance(suites, dict) else []


def _folders(working: Path) -> Iterator[tuple[Path, Path]]:
    """The folders to look at, each with the root of the repository."""
    above = [working, *working.parents][:MOST_FOLDERS]
    root = next((folder for folder in above if os.path.lexists(folder / _ROOT_MARK)), working)
    for folder in above:
        yield folder, root
        if folder == root:
            return


def _in_folder(folder: Path, working: Path) -> _Found | None:
    own, shared = folder / OWN_NAME, folder / SHARED_NAME
    has_own = os.path.lexists(own)
    try:
        found = _section_of(shared, working) if os.path.lexists(shared) else None
    except BadInputError:
        if not has_own:
            raise
        found = None
    if not has_own:
        return found
    if found is not None:
        raise BadInputError(
            f"settings stand both in {OWN_NAME} and in [{'.'.join(SECTION)}] of {SHARED_NAME}",
            where=_shown(folder, working),
            hint="one of the two",
        )
    text = read_given(own)
    return _Found(own, _parsed(text, _shown(own, working)), text, ())


def _section_of(file: Path, working: Path) -> _Found | None:
    """The settings in a file that is also about other programs; None where it has none."""
    text = read_given(file)
    if SECTION[1] not in text:  # whatever else is wrong with it is not ours to say
        return None
    data = _parsed(text, _shown(file, working)).get(SECTION[0], {})
    if not isinstance(data, dict) or SECTION[1] not in data:
        return None
    return _Found(file, data[SECTION[1]], text, SECTION)


def _parsed(text: str, shown: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise BadInputError(
            f"is not TOML: {problem}", where=shown, hint="key = value, and texts in quotes"
        ) from problem
    except (RecursionError, ValueError) as problem:  # such as a number of thousands of digits
        raise BadInputError(
            "has values that nothing here needs", where=shown, hint="fewer brackets or digits"
        ) from problem


def _shown(path: Path, working: Path) -> str:
    return readable(os.path.relpath(path, working), LONGEST_PLACE)
