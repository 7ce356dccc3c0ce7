"""Which Compose files of a folder are a deployment: one, or one for each machine.

Machines have their files in folders that are called like them (``node1/compose.yaml``), or side by side (``compose-node1.yaml``).
"""

import re
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
    inside = {name: folder / name / file for name in folders if (file := compose_file_in(folder / name, reach))}
    if len(inside) > 1:
        return inside
    files = [name for name in names if _YAML.fullmatch(name) and name not in (*COMPOSE_FILES, *OVERRIDES)]
    beside = [folder / name for name in files[:MOST_MACHINES] if _runs_servers(folder / name, reach)]
    short = {_KIND.sub("", path.stem): path for path in beside}
    return short if len(short) == len(beside) and "" not in short else {path.stem: path for path in beside}


def _runs_servers(path: Path, reach: Reach) -> bool:
    """True if it is a Compose file that speaks of these servers; a folder may have one for something else."""
    if not reach.has(path):
        return False
    text = reach.text(path)
    return is_compose(text) and bool(_SERVERS.search(text))
