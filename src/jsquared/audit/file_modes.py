"""The modes of files that servers read, as they lie on this machine. Nothing is opened."""

import os
import stat
from pathlib import Path

from jsquared.deployment.model.directives import Directive
from jsquared.deployment.model.references import find_file
from jsquared.deployment.model.spec import Deployment, Node
from jsquared.records.secret_places import secret_words


def mode_of(path: Path) -> int | None:
    """The permission bits of a file, None where they cannot be read. A link's target counts."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except (OSError, ValueError):
        return None


def owner_of(path: Path) -> int | None:
    """The user id of a file's owner, None where it cannot be read."""
    try:
        return path.stat().st_uid
    except (OSError, ValueError):
        return None


def readable_by_others(mode: int) -> bool:
    """True if every user of the machine may read it."""
    return bool(mode & stat.S_IROTH)


def writable_by_others(mode: int) -> bool:
    """True if its group, or every user, may write it."""
    return bool(mode & (stat.S_IWGRP | stat.S_IWOTH))


def holds_secrets(line: Directive) -> bool:
    """True if a line has a password, or the hash of one."""
    return any(True for _ in secret_words(line.words))


def conf_files_of(node: Node, deployment: Deployment) -> list[tuple[Path, bool]]:
    """Return the native files of a node, each with whether it holds secrets; none for those of an archive, whose modes are lost."""
    if deployment.reach.unpacked is not None:
        return []
    files: dict[Path, bool] = {}
    for line in node.directives:
        if not line.path:  # which lines of native files alone lack
            path = Path(os.path.abspath(line.source.path))  # noqa: PTH100 -- links stay as the user named them
            files[path] = files.get(path, False) or holds_secrets(line)
    acl_file = node.find("aclfile")
    if acl_file and files and acl_file.arguments and (found := find_file(acl_file, node, deployment)):
        files[found] = True
    return [
        (path, has_secrets) for path, has_secrets in files.items() if path.exists()
    ]  # others are made in containers
