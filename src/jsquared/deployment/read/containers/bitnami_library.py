"""The functions that start scripts take from the libraries in Bitnami's images (``. /opt/bitnami/scripts/libos.sh``).

Source: ``liblog.sh``, ``libvalidations.sh``, ``libos.sh`` and ``libfile.sh`` of bitnami/containers. ``retry_while`` runs the rest of its
words, which is up to the shell.
"""

import re
from collections.abc import Callable, Sequence

from jsquared.deployment.read.containers.shell_container import Container, Output
from jsquared.deployment.read.containers.shell_sed import replace_in_file

_LIBRARY = re.compile(r"/opt/bitnami/scripts/lib[a-z]{1,40}\.sh")


def is_library(path: str) -> bool:
    """True if a path is that of one of the libraries."""
    return _LIBRARY.fullmatch(path) is not None


def _nothing(_container: Container, _words: Sequence[str]) -> Output:
    return True, ""  # it writes to the standard error


def _is_yes(_container: Container, words: Sequence[str]) -> Output:
    return words[1].lower() in ("1", "yes", "true") if len(words) > 1 else False, ""


def _is_no(_container: Container, words: Sequence[str]) -> Output:
    return words[1].lower() in ("0", "no", "false") if len(words) > 1 else False, ""


def _is_empty(_container: Container, words: Sequence[str]) -> Output:
    return not "".join(words[1:2]), ""


FUNCTIONS: dict[str, Callable[[Container, Sequence[str]], Output]] = {
    "info": _nothing, "debug": _nothing, "warn": _nothing, "error": _nothing, "log": _nothing, "is_boolean_yes": _is_yes,
    "is_boolean_no": _is_no, "is_empty_value": _is_empty, "retry_while": _nothing, "replace_in_file": replace_in_file,
    "ensure_dir_exists": _nothing,
}  # fmt: skip
