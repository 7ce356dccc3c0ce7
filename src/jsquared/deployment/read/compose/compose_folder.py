"""Which Compose files of a folder are a deployment: one, or one for each machine.

Machines have their files in folders that are called like them (``node1/compose.yaml``), or side by side (``compose-node1.yaml``).
"""

import re
from collections.abc import Sequence
from pathlib import Path

from jsquared.deployment.model.reach import Reach
from jsquared.deployment.read.compose.compose_file import COMPOSE_FILES, OVERRIDES, is_compose
from jsquared.errors import BadInputError

MOST_MACHINES = 64
_YAML = re.compile(r"[^.].*\.ya?ml")
_KIND = re.compile(r"^(docker-)?compose[._-]*|[._-]*(docker-)?compose$")
_SERVERS = re.compile("redis|valkey|sentinel", re.IGNORECASE)


def compose_file_in(folder: Path, reach: Reach) -> str:
    """The Compose file of these servers that ``docker compose`` would take in a folder; empty where there is none."""
    return next((name for name in COMPOSE_FILES if _runs_servers(folder / name, reach)), "")


def machines_in(folder: Path, reach: Reach) -> dict[str, Path]:
    """The Compose files of machines by these: of folders within a folder, else those that lie in it side by side."""
    try:
        names = reach.names(folder)
    except BadInputError:  # too many names, or one may not look
        return {}
    folders = [name for name in names if not name.startswith(".") and reach.is_folder(folder / name)][:MOST_MACHINES]
    found = {name: _found_among(folder / name, COMPOSE_FILES, reach) for name in folders}
    if len(inside := {name: paths[0] for name, paths in found.items() if paths}) > 1:
        return inside
    files = [name for name in names if _YAML.fullmatch(name) and name not in (*COMPOSE_FILES, *OVERRIDES)]
    beside = _found_among(folder, files[:MOST_MACHINES], reach)
    short, whole = ({name(path): path for path in beside} for name in (_short, lambda path: path.stem))
    if len(short) == len(beside) and "" not in short:
        return short
    return whole if len(whole) == len(beside) else {path.name: path for path in beside}


def _short(path: Path) -> str:
    """The name of a machine in that of its file."""
    return _KIND.sub("", path.stem)


def _found_among(folder: Path, names: Sequence[str], reach: Reach) -> list[Path]:
    """Those of these names that are such files; a pipe, a link to elsewhere or a file for other eyes is somebody else's."""
    paths = []
    for path in (folder / name for name in names):
        try:
            paths += [path] if reach.is_file(path) and _runs_servers(path, reach) else []
        except BadInputError:
            continue
    return paths


def _runs_servers(path: Path, reach: Reach) -> bool:
    """True if it is a Compose file that speaks of these servers; a folder may have one for something else."""
    if not reach.has(path):
        return False
    text = reach.text(path)
    return is_compose(text) and bool(_SERVERS.search(text))
