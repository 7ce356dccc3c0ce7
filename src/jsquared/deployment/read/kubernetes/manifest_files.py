"""The Kubernetes manifests among the files of a folder: ``helm template --output-dir`` makes folders of them."""

import re
from pathlib import Path

from jsquared.deployment.model.input_files import LONGEST_PLACE, readable
from jsquared.deployment.model.reach import Reach
from jsquared.deployment.read.kubernetes.manifests import is_manifests
from jsquared.errors import BadInputError

MOST_FILES = 200
DEEPEST = 5
_YAML = re.compile(r".+\.(ya?ml|json)")
_NATIVE = re.compile(r"(redis|valkey|sentinel)\.conf")


def manifests_in(folder: Path, reach: Reach) -> list[Path]:
    """The manifests below a folder, sorted; none where it has a redis.conf or a sentinel.conf, which is a folder of native files.

    :raises BadInputError: there are too many, or one beside others cannot be read.
    """
    found: list[Path] = []
    waiting = [(folder, 0)]
    while waiting and len(found) + len(waiting) <= MOST_FILES:
        at, depth = waiting.pop()
        for name in _names(at, reach):
            path = at / name
            if _NATIVE.fullmatch(name):
                return []
            if reach.is_folder(path):
                waiting += [(path, depth + 1)] if depth < DEEPEST and not name.startswith(".") else []
            elif _YAML.fullmatch(name) and reach.is_file(path):
                found.append(path)
    return _checked(sorted(found), folder, reach, too_many=bool(waiting))


def _names(folder: Path, reach: Reach) -> list[str]:
    try:
        return reach.names(folder)
    except BadInputError:  # too many names, or one may not look: no folder that tools print manifests into
        return []


def _checked(found: list[Path], folder: Path, reach: Reach, *, too_many: bool) -> list[Path]:
    """The files that are manifests; what cannot be read is an error only among these."""
    manifests: list[Path] = []
    problem: BadInputError | None = None
    for path in found[:MOST_FILES]:
        try:
            manifests += [path] if is_manifests(reach.text(path)) else []
        except BadInputError as error:
            problem = problem or error
    if manifests and problem is not None:
        raise problem
    if manifests and (too_many or len(found) > MOST_FILES):
        what = f"more than {MOST_FILES} manifests and folders"
        raise BadInputError(what, where=readable(str(folder), LONGEST_PLACE), hint="a folder with one release")
    return manifests
