"""A Compose file or manifests that are no whole deployment, in a folder whose native files may be the one that is meant."""

from collections.abc import Sequence
from pathlib import Path

from jsquared.deployment.model.reach import Reach
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.assemble import NotWholeError
from jsquared.deployment.read.native.folder import MOST_SEEN, read_folder
from jsquared.deployment.read.native.hosts import host_option
from jsquared.errors import BadInputError
from jsquared.text import counted, listed


def with_native_files(problem: NotWholeError, folder: Path, reach: Reach) -> BadInputError:
    """Return the error that also says which native files lie in the folder, and the option that has them read in place of what was."""
    try:
        native = read_folder(folder, reach)
        options = [host_option(native.data[0].source.name, native.data[0].host)]
        what = f"{problem.what}; beside it are the native files of {_servers(native)}, which are not read"
        hint = f"{options[0]} to read those in its place"
    except BadInputError as unclear:
        if not unclear.hint.startswith("--host "):
            return problem
        what, hint = f"{problem.what}; of the native files beside it, {unclear.what}", unclear.hint
    return BadInputError(what, where=problem.where, hint=", or ".join(filter(None, (hint, problem.hint))))


def _servers(native: Deployment) -> str:
    names = list(dict.fromkeys(node.source.name for node in native.nodes))
    counts = (counted(len(native.data), "data node"), counted(len(native.sentinels), "Sentinel"))
    return f"{listed(counts)} ({_shortened(names)})"


def _shortened(names: Sequence[str]) -> str:
    rest = [f"{len(names) - MOST_SEEN} more"] if len(names) > MOST_SEEN else []
    return listed([*names[:MOST_SEEN], *rest])
